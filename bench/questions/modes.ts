/** The first question of all, and the one that a handler of one's own is run under. */
import { load } from '../load.ts';
import { roundsFor } from '../measure/work.ts';
import { programOf, type OurOptions } from '../servers.ts';
import { armOf, type Arm, type Question } from './question.ts';
import { ALL, facetsOf, modeServer, timingOf, wanted } from './servers.ts';

const CONNECTIONS = 64;
/** More threads than this take longer to start than the warm-up lasts. */
const MOST_BLOCKING = 256;

/** `compute` measures anew in every server how much work a microsecond is; arms that are compared do the same work. */
const COMPUTE = /^compute:(.+)$/;

function fixedWork(rounds: number): Pick<OurOptions, 'handler' | 'env'> {
  return { handler: programOf('handlers/fixed-work'), env: { BENCH_ROUNDS: String(rounds) } };
}

export const modes: Question = {
  name: 'modes',
  question: 'Which pattern for this handler?',
  prepare({ handler }): Record<string, number> {
    const us = COMPUTE.exec(handler)?.[1];
    return us === undefined ? {} : { rounds: roundsFor(Number(us)) };
  },
  arms(plan): Arm[] {
    const { handler, protocol, tellProtocol } = plan;
    const served =
      plan.prepared.rounds === undefined ? { handler } : fixedWork(plan.prepared.rounds);
    const connections = plan.load.connections ?? CONNECTIONS;
    const asked = { protocol, connections, path: plan.path, more: plan.load };
    return wanted(plan, ALL)
      .filter(({ mode }) => mode !== 'blocking' || connections <= MOST_BLOCKING)
      .map((one) =>
        armOf(facetsOf(one), [], {
          server: modeServer(
            plan,
            one,
            { ...served, protocol: tellProtocol ? protocol : null },
            connections,
          ),
          client: load(asked, timingOf(plan, one, { connections, rateHz: plan.load.rateHz })),
        }),
      );
  },
  decides: 'perSecond',
  shows: ['perSecond', 'p50Ms', 'p99Ms', 'p999Ms', 'cpuUs', 'longestLoopDelayMs'],
};
