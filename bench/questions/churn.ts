/** Connections that come, say one thing and go. */
import { load } from '../load.ts';
import { baseline } from '../servers.ts';
import { armOf, type Question } from './question.ts';
import { ALL, facetsOf, modeServer, wanted } from './servers.ts';

const CONNECTIONS = 64;
const PROTOCOL = 'bytes';
const DEFAULT_WORKERS = 2;

export const churn: Question = {
  name: 'churn',
  question: 'How many new connections a second?',
  arms(plan) {
    const client = load(
      { protocol: PROTOCOL, connections: CONNECTIONS, bytes: 64, churn: true },
      plan,
    );
    const ours = wanted(plan, ALL)
      .filter(({ mode }) => mode !== 'dispatched' && mode !== 'blocking')
      .map((one) =>
        armOf(facetsOf(one), [], { server: modeServer(plan, one, {}, CONNECTIONS), client }),
      );
    const workers = plan.workers ?? DEFAULT_WORKERS;
    const others = (['rr', 'none'] as const).map((policy) =>
      armOf({ mode: 'node:cluster', unit: policy === 'rr' ? 'round robin' : 'none' }, [], {
        server: baseline(`cluster ${policy}`, 'cluster', { policy, workers }),
        client,
      }),
    );
    return [...ours, ...others];
  },
  decides: 'perSecond',
  shows: ['perSecond', 'p50Ms', 'p99Ms', 'cpuUs', 'switches'],
  note: 'A message is a connection here: opened, one echo of 64 bytes, closed.',
};
