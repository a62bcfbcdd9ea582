/** Messages that cost CPU: from what an echo costs to a millisecond. */
import { load } from '../load.ts';
import { roundsFor } from '../measure/work.ts';
import { programOf } from '../servers.ts';
import { armOf, type Question } from './question.ts';
import { facetsOf, modeServer, wanted, type ModeAndUnit } from './servers.ts';

const COSTS_US = [5, 20, 100, 1000];
const MODES: readonly ModeAndUnit[] = [
  { mode: 'single' },
  { mode: 'pooled', unit: 'process' },
  { mode: 'dispatched', unit: 'thread' },
  { mode: 'sharded', unit: 'process' },
];
const CONNECTIONS = 64;
const PROTOCOL = 'line';

const keyOf = (us: number): string => `rounds${us}Us`;
const costOf = (us: number): string => `${us} µs a message`;

export const compute: Question = {
  name: 'compute',
  question: 'At how much CPU a message is one loop not enough any more?',
  prepare: () => Object.fromEntries(COSTS_US.map((us) => [keyOf(us), roundsFor(us)])),
  arms: (plan) =>
    COSTS_US.flatMap((us) =>
      wanted(plan, MODES).map((one) =>
        armOf({ cost: costOf(us), ...facetsOf(one) }, ['cost'], {
          server: modeServer(
            plan,
            one,
            {
              handler: programOf('handlers/fixed-work'),
              protocol: PROTOCOL,
              env: { BENCH_ROUNDS: String(plan.prepared[keyOf(us)]) },
            },
            CONNECTIONS,
          ),
          client: load({ protocol: PROTOCOL, connections: CONNECTIONS, bytes: 64 }, plan),
        }),
      ),
    ),
  decides: 'perSecond',
  shows: ['perSecond', 'p50Ms', 'p99Ms', 'cpuUs'],
  conclude({ groups, sure }) {
    if (!sure) return [];
    const standing = ({ ranks }: (typeof groups)[number]): string | undefined =>
      ranks.find(({ option }) => option === 'single')?.standing;
    const first = groups.find((group) => standing(group) === 'behind');
    if (first !== undefined) {
      return [`From ${first.group} on, of those measured, more loops than one clearly pay.`];
    }
    return groups.some((group) => standing(group) === undefined)
      ? []
      : ['At none of these costs do more loops than one clearly pay on this machine.'];
  },
};
