/**
 * Messages that cost 200 µs of CPU: what a second worker brings. Two workers and a client share two cores, so the client
 * is the one in C: what it takes, the workers lack.
 */
import { compilerMissing } from '../baselines/compile.ts';
import { roundsFor } from '../measure/work.ts';
import { runTrial } from '../measure/trial.ts';
import { leanClient } from '../load.ts';
import { ours, programOf, unpinned } from '../servers.ts';
import type { Claim, Suite } from './suite.ts';

const WORK_US = 200;
const PROTOCOL = 'line';
const HANDLER = programOf('handlers/fixed-work');

const SPREAD = [
  { mode: 'sharded', unit: 'thread', atLeast: 1.8 },
  { mode: 'sharded', unit: 'process', atLeast: 1.8 },
  { mode: 'pooled', unit: 'thread', atLeast: 1.8 },
  { mode: 'pooled', unit: 'process', atLeast: 1.8 },
  { mode: 'dispatched', unit: 'thread', atLeast: 1.6 },
];

export const compute: Suite = {
  name: 'compute',
  question: `How much more work do two workers get done, at ${WORK_US} µs a message?`,
  unavailable: compilerMissing,
  arms(settings) {
    const env = { BENCH_ROUNDS: String(roundsFor(WORK_US)) };
    const client = leanClient({ connections: 64, bytes: 64 }, settings);
    const common = { handler: HANDLER, protocol: PROTOCOL };
    return [
      ours({ mode: 'single', ...common }),
      ...SPREAD.map(({ mode, unit }) => ours({ mode, unit, workers: 2, ...common })),
    ].map((command) => {
      const server = { ...unpinned(command), env };
      return { name: server.name, run: () => runTrial({ server, client }) };
    });
  },
  claims: SPREAD.map(({ mode, unit, atLeast }): Claim => ({
    says: `${WORK_US} µs of work a message, ${mode} by ${unit} with 2 workers, over single`,
    figure: 'perSecond',
    of: `${mode} ${unit}`,
    over: ['single'],
    atLeast,
  })),
};
