/** Arms as suites need them: servers that all see the same load. */
import { load, type Load } from '../load.ts';
import type { Arm } from '../measure/compare.ts';
import type { ServerCommand } from '../measure/server.ts';
import { runTrial, type Trial } from '../measure/trial.ts';
import type { Settings } from './suite.ts';

/** One server under one load. The server's name is the arm's. */
export function arm(server: ServerCommand, plan: Load, settings: Settings): Arm<Trial> {
  const client = load(plan, settings);
  return { name: server.name, run: () => runTrial({ server, client }) };
}

/** Servers under the same load. */
export function arms(
  servers: readonly ServerCommand[],
  plan: Load,
  settings: Settings,
): readonly Arm<Trial>[] {
  return servers.map((server) => arm(server, plan, settings));
}
