/** How evenly work spreads over workers: the kernel's hash, its race, and a balancer of ours. */
import { availableParallelism } from 'node:os';
import { load } from '../load.ts';
import { armOf, type Question } from './question.ts';
import { modeServer, wanted, type ModeAndUnit } from './servers.ts';

interface Spread extends ModeAndUnit {
  readonly balance?: string;
}

const OPTIONS: readonly Spread[] = [
  { mode: 'pooled', unit: 'process', balance: 'round-robin' },
  { mode: 'pooled', unit: 'process', balance: 'least-connections' },
  { mode: 'pooled', unit: 'process', balance: 'power-of-two' },
  { mode: 'pooled', unit: 'process', balance: 'source-hash' },
  { mode: 'shared', unit: 'process' },
  { mode: 'sharded', unit: 'process' },
];

const ARRIVALS = [
  { clients: 'few long connections', connections: 8 },
  { clients: 'many short connections', connections: 64, churn: true },
] as const;
const LEAST_WORKERS = 2;

export const balance: Question = {
  name: 'balance',
  question: 'How evenly does work spread over the workers?',
  arms(plan) {
    const workers = Math.max(LEAST_WORKERS, plan.workers ?? availableParallelism());
    return ARRIVALS.flatMap(({ clients, ...how }) =>
      OPTIONS.filter((one) =>
        wanted(plan, [one]).some(({ mode, unit }) => mode === one.mode && unit === one.unit),
      ).map(({ mode, unit = '', balance = '' }) =>
        armOf({ clients, mode, unit, balance }, ['clients'], {
          server: modeServer(
            { ...plan, workers },
            { mode, unit },
            { protocol: 'bytes', more: balance === '' ? [] : [`--balance=${balance}`] },
            how.connections,
          ),
          client: load({ protocol: 'bytes', bytes: 64, ...how }, plan),
        }),
      ),
    );
  },
  decides: 'imbalance',
  shows: ['imbalance', 'perSecond', 'p99Ms'],
  note: 'busiest/mean: what the busiest worker has of the messages, over what each would have were they spread evenly; 1 is even.',
};
