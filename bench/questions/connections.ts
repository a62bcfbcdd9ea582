/** The same work over more and more connections, each of them busy. */
import { load } from '../load.ts';
import { mostConnections } from '../measure/limits.ts';
import { armOf, type Question } from './question.ts';
import { facetsOf, modeServer, wanted, type ModeAndUnit } from './servers.ts';

const COUNTS = [10, 100, 1000, 10_000];
const MODES: readonly ModeAndUnit[] = [
  { mode: 'single' },
  { mode: 'pooled', unit: 'process' },
  { mode: 'sharded', unit: 'process' },
];
const PROTOCOL = 'line';
/** On a busy machine thousands of them take a while to open. */
const CONNECT_TIMEOUT_MS = 60_000;

export const connections: Question = {
  name: 'connections',
  question: 'How do 10 to 10,000 busy connections change it?',
  arms: (plan) =>
    COUNTS.filter((count) => count <= mostConnections()).flatMap((count) =>
      wanted(plan, MODES).map((one) =>
        armOf(
          { connections: `${count.toLocaleString('en')} connections`, ...facetsOf(one) },
          ['connections'],
          {
            server: modeServer(
              plan,
              one,
              { protocol: PROTOCOL, more: [`--max-connections=${2 * count}`] },
              count,
            ),
            client: load(
              {
                protocol: PROTOCOL,
                connections: count,
                bytes: 64,
                more: { connectTimeoutMs: CONNECT_TIMEOUT_MS },
              },
              plan,
            ),
          },
        ),
      ),
    ),
  decides: 'perSecond',
  shows: ['perSecond', 'p50Ms', 'p99Ms', 'cpuUs', 'residentMiB'],
};
