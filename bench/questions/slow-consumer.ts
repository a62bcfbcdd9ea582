/** Clients that ask and never read: what they cost the server, and those who do read. */
import { load } from '../load.ts';
import { programOf } from '../servers.ts';
import { armOf, type Question } from './question.ts';
import { ALL, facetsOf, modeServer, timingOf, wanted } from './servers.ts';

const READERS = { connections: 16, rateHz: 1000 };
const SLEEPERS = 20;
const [WITHOUT, WITH] = ['all read', `${SLEEPERS} do not read`];

export const slowConsumer: Question = {
  name: 'slow-consumer',
  question: 'What do clients that do not read cost the server, and those that do?',
  arms: (plan) =>
    [WITHOUT, WITH].flatMap((clients) =>
      wanted(plan, ALL).map((one) =>
        armOf({ clients, ...facetsOf(one) }, ['clients'], {
          server: modeServer(
            plan,
            one,
            { handler: programOf('handlers/large'), protocol: null },
            READERS.connections + SLEEPERS,
          ),
          client: load(
            {
              protocol: 'line',
              ...READERS,
              bytes: 16,
              ...(clients === WITH && { beside: { program: 'slow-consumers', args: [SLEEPERS] } }),
            },
            timingOf(plan, one, READERS),
          ),
        }),
      ),
    ),
  decides: 'p99Ms',
  shows: ['p50Ms', 'p99Ms', 'p999Ms', 'residentMiB'],
  note: `Latency of those that read (${READERS.rateHz}/s over ${READERS.connections} connections, from when each was due); the others ask for 64 KiB a thousand times each.`,
};
