/** The load generator itself: what it takes to ask, next to a client in C. */
import { compilerMissing } from '../baselines/compile.ts';
import { leanClient, load } from '../load.ts';
import { runTrial } from '../measure/trial.ts';
import { epollEcho } from '../servers.ts';
import type { Suite } from './suite.ts';

const PLAN = { protocol: 'bytes', connections: 64, bytes: 64 };

export const client: Suite = {
  name: 'client',
  question: 'What does a request cost the load generator, next to a C epoll client?',
  unavailable: compilerMissing,
  arms(settings) {
    const clients = {
      'patterns load': load(PLAN, settings),
      'C client': leanClient(PLAN, settings),
    };
    return Object.entries(clients).map(([name, command]) => ({
      name,
      run: () => runTrial({ server: epollEcho(), client: command }),
    }));
  },
  claims: [
    {
      says: 'a request of the load generator over one of a C epoll client',
      figure: 'clientCpuUs',
      of: 'patterns load',
      over: ['C client'],
      atMost: 1.4,
    },
  ],
};
