/** What a connection that says nothing takes of the server's memory. The kernel's own part of it is not counted. */
import { tooFewFiles } from '../measure/limits.ts';
import { hasProc } from '../measure/proc.ts';
import { runTrial } from '../measure/trial.ts';
import { idleClient } from '../load.ts';
import { baseline, ours } from '../servers.ts';
import type { Suite } from './suite.ts';

const CONNECTIONS = 10_000;

export const idle: Suite = {
  name: 'idle',
  question: `How much memory do ${CONNECTIONS} idle connections take?`,
  unavailable() {
    if (!hasProc) return 'Memory is read from /proc, which is Linux’s.';
    return tooFewFiles(CONNECTIONS);
  },
  arms: () =>
    [ours({ mode: 'single', name: 'single' }), baseline('plain net', 'plain-net')].map(
      (server) => ({
        name: server.name,
        run: () => runTrial({ server, client: idleClient(CONNECTIONS) }),
      }),
    ),
  claims: [
    {
      says: `${CONNECTIONS} idle connections, memory of each over plain node:net`,
      figure: 'bytesPerConnection',
      of: 'single',
      over: ['plain net'],
      atMost: 1.5,
      stretch: 1,
    },
  ],
};
