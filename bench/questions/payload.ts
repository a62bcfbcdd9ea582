/** From messages that cost nothing to carry to messages that cost nothing else. */
import { load } from '../load.ts';
import { armOf, type Question } from './question.ts';
import { facetsOf, FEW, modeServer, wanted } from './servers.ts';

const SIZES = [
  { size: '64 B', bytes: 64 },
  { size: '1 KiB', bytes: 1024 },
  { size: '16 KiB', bytes: 16 * 1024 },
  { size: '256 KiB', bytes: 256 * 1024 },
];
const CONNECTIONS = 64;
const PROTOCOL = 'length-prefix';

export const payload: Question = {
  name: 'payload',
  question: 'What does the size of a message change?',
  arms: (plan) =>
    SIZES.flatMap(({ size, bytes }) =>
      wanted(plan, FEW).map((one) =>
        armOf({ size, ...facetsOf(one) }, ['size'], {
          server: modeServer(plan, one, { protocol: PROTOCOL }, CONNECTIONS),
          client: load({ protocol: PROTOCOL, connections: CONNECTIONS, bytes }, plan),
        }),
      ),
    ),
  decides: 'perSecond',
  shows: ['perSecond', 'p50Ms', 'p99Ms', 'userUs', 'systemUs'],
};
