/** Messages that cost 200 µs of CPU: what a second worker brings. */
import { ours, unpinned } from '../servers.ts';
import { arms } from './arms.ts';
import type { Claim, Suite } from './suite.ts';

const WORK = { protocol: 'line', handler: 'compute:200' };

const SPREAD = [
  { mode: 'sharded', unit: 'thread', atLeast: 1.8 },
  { mode: 'sharded', unit: 'process', atLeast: 1.8 },
  { mode: 'pooled', unit: 'thread', atLeast: 1.8 },
  { mode: 'pooled', unit: 'process', atLeast: 1.8 },
  { mode: 'dispatched', unit: 'thread', atLeast: 1.6 },
];

export const compute: Suite = {
  name: 'compute',
  question: 'How much more work do two workers get done, at 200 µs a message?',
  arms: (settings) =>
    arms(
      [
        ours({ mode: 'single', ...WORK }),
        ...SPREAD.map(({ mode, unit }) => ours({ mode, unit, workers: 2, ...WORK })),
      ].map(unpinned),
      { protocol: WORK.protocol, connections: 64, bytes: 64 },
      settings,
    ),
  claims: SPREAD.map(({ mode, unit, atLeast }): Claim => ({
    says: `compute:200, ${mode} by ${unit} with 2 workers, over single`,
    figure: 'perSecond',
    of: `${mode} ${unit}`,
    over: ['single'],
    atLeast,
  })),
};
