/** One message in a hundred keeps its loop for 20 ms: whose latency suffers? The fast ones are measured, on a schedule. */
import { load } from '../load.ts';
import { programOf } from '../servers.ts';
import { armOf, type Question } from './question.ts';
import { ALL, facetsOf, modeServer, timingOf, wanted } from './servers.ts';

const FAST = { connections: 16, rateHz: 1000 };
const SLOW = { connections: 4, rateHz: 10 };

export const mixed: Question = {
  name: 'mixed',
  question: 'Where 1 % of the messages take 20 ms of CPU, whose latency suffers?',
  arms: (plan) =>
    wanted(plan, ALL).map((one) =>
      armOf(facetsOf(one), [], {
        server: modeServer(
          plan,
          one,
          { handler: programOf('handlers/mixed'), protocol: null },
          FAST.connections + SLOW.connections,
        ),
        client: load(
          {
            protocol: 'line',
            ...FAST,
            bytes: 16,
            beside: { program: 'slow-messages', args: [SLOW.connections, SLOW.rateHz] },
          },
          timingOf(plan, one, FAST),
        ),
      }),
    ),
  decides: 'p99Ms',
  shows: ['p50Ms', 'p99Ms', 'p999Ms', 'cpuUs', 'longestLoopDelayMs'],
  note: `Latency of the fast messages (${FAST.rateHz}/s over ${FAST.connections} connections, from when each was due); the slow ones come at ${SLOW.rateHz}/s over ${SLOW.connections} connections of their own.`,
};
