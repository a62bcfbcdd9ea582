/** Connections that come, say one thing and go. */
import { baseline, ours } from '../servers.ts';
import { arms } from './arms.ts';
import type { Suite } from './suite.ts';

export const churn: Suite = {
  name: 'churn',
  question: 'How many new connections a second, next to node:cluster?',
  arms: (settings) =>
    arms(
      [
        ours({ mode: 'sharded', unit: 'thread', workers: 2 }),
        ours({ mode: 'sharded', unit: 'process', workers: 2 }),
        baseline('cluster round robin', 'cluster', { policy: 'rr', workers: 2 }),
        baseline('cluster none', 'cluster', { policy: 'none', workers: 2 }),
      ],
      { protocol: 'bytes', connections: 64, bytes: 64, churn: true },
      settings,
    ),
  claims: [
    {
      says: "connections a second, sharded over cluster's round robin",
      figure: 'perSecond',
      of: 'sharded process',
      over: ['cluster round robin'],
      atLeast: 1.3,
      stretch: 2,
    },
    {
      says: 'the same, sharded by thread',
      figure: 'perSecond',
      of: 'sharded thread',
      over: ['cluster round robin'],
      atLeast: 1.3,
      stretch: 2,
    },
  ],
};
