/** How to start the load: our own generator, in a process of its own. */
import { fileURLToPath } from 'node:url';
import { compile } from './baselines/compile.ts';
import type { ClientCommand } from './measure/client.ts';
import { nodeArgs } from './servers.ts';
import type { Settings } from './suites/suite.ts';

export interface Load {
  readonly protocol: string;
  readonly connections: number;
  /** Content of a message, without its framing. */
  readonly bytes: number;
  /** Messages in flight on each connection. Default 1. */
  readonly pipeline?: number;
  /** Messages a second on a schedule, from all connections: open loop. Absent: closed loop. */
  readonly rateHz?: number;
  /** Every connection sends one message, waits for its answer and makes place for another. */
  readonly churn?: true;
}

export type ClientPlan = Load & Pick<Settings, 'warmUpSeconds' | 'seconds'>;

const CLIENT = fileURLToPath(new URL('load-client.ts', import.meta.url));

export function load(plan: Load, { warmUpSeconds, seconds }: Settings): ClientCommand {
  const whole: ClientPlan = { ...plan, warmUpSeconds, seconds };
  return {
    command: process.execPath,
    args: ({ host, port }) => [...nodeArgs, CLIENT, host, String(port), JSON.stringify(whole)],
    limitMs: (warmUpSeconds + seconds) * 1000 + 30_000,
  };
}

/** A client in C: lines, closed loop, one message in flight on each connection. Needs a compiler. */
export function leanClient(
  { connections, bytes }: Pick<Load, 'connections' | 'bytes'>,
  { warmUpSeconds, seconds }: Settings,
): ClientCommand {
  const plan = [connections, bytes, seconds * 1000, warmUpSeconds * 1000].map(String);
  return {
    command: compile('echo-client'),
    args: ({ port }) => [String(port), ...plan],
    limitMs: (warmUpSeconds + seconds) * 1000 + 30_000,
  };
}
