/** Arms of the HTTP suites: a server, asked by wrk. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { HttpPlan } from './http-plan.ts';
import { programClient } from './load.ts';
import type { ClientCommand } from './measure/client.ts';
import type { Arm } from './measure/compare.ts';
import type { ServerCommand } from './measure/server.ts';
import { runTrial, type Trial } from './measure/trial.ts';
import { peerProgram } from './peers.ts';
import { programOf } from './servers.ts';
import type { Settings } from './suites/suite.ts';

const CONNECTIONS = 64;

export interface HttpWork {
  readonly path: string;
  /** Default 1. */
  readonly pipeline?: number;
  /** Default 0: a GET. */
  readonly bodyBytes?: number;
}

/** Why the HTTP suites cannot run; undefined where they can. */
export function wrkMissing(): string | undefined {
  if (!existsSync(peerProgram('node-http'))) return 'The peers are in the checkout only.';
  return spawnSync('wrk', ['-v']).error === undefined ? undefined : 'There is no wrk here.';
}

export function arm(server: ServerCommand, work: HttpWork, settings: Settings): Arm<Trial> {
  const client = wrk(work, settings);
  return { name: server.name, run: () => runTrial({ server, client }) };
}

/** wrk takes whole seconds. */
export function wrk(
  { bodyBytes = 0, path, pipeline = 1 }: HttpWork,
  settings: Settings,
): ClientCommand {
  const plan: HttpPlan = {
    path,
    connections: CONNECTIONS,
    pipeline,
    bodyBytes,
    warmUpSeconds: Math.ceil(settings.warmUpSeconds),
    seconds: Math.ceil(settings.seconds),
  };
  const takesMs = (plan.warmUpSeconds + plan.seconds) * 1000;
  return programClient(programOf('wrk-client'), plan, takesMs);
}
