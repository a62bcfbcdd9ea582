/** The first question of all, and the one that a handler of one's own is run under. */
import { load } from '../load.ts';
import { armOf, type Arm, type Question } from './question.ts';
import { ALL, facetsOf, modeServer, wanted } from './servers.ts';

const CONNECTIONS = 64;
/** More threads than this take longer to start than the warm-up lasts. */
const MOST_BLOCKING = 256;

export const modes: Question = {
  name: 'modes',
  question: 'Which pattern for this handler?',
  arms(plan): Arm[] {
    const { handler, protocol, tellProtocol } = plan;
    const connections = plan.load.connections ?? CONNECTIONS;
    const client = load({ protocol, connections, path: plan.path, more: plan.load }, plan);
    return wanted(plan, ALL)
      .filter(({ mode }) => mode !== 'blocking' || connections <= MOST_BLOCKING)
      .map((one) =>
        armOf(facetsOf(one), [], {
          server: modeServer(
            plan,
            one,
            { handler, protocol: tellProtocol ? protocol : null },
            connections,
          ),
          client,
        }),
      );
  },
  decides: 'perSecond',
  shows: ['perSecond', 'p50Ms', 'p99Ms', 'p999Ms', 'cpuUs', 'loopDelayMs'],
};
