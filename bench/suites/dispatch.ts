/** Messages that execute on another thread: a batch for each turn, or a task for each message. */
import type { ClientCommand } from '../measure/client.ts';
import { runTrial } from '../measure/trial.ts';
import { baseline, nodeArgs, ours, programOf, unpinned } from '../servers.ts';
import { arms } from './arms.ts';
import type { Settings, Suite } from './suite.ts';

const PISCINA = 'piscina';
const PISCINA_16 = 'piscina, 16 at a time';

export const dispatch: Suite = {
  name: 'dispatch',
  question: 'How many small messages a second through one executor?',
  arms: (settings) => [
    ...arms(
      [
        ours({ mode: 'dispatched', workers: 1, protocol: 'line', name: 'dispatched' }),
        baseline(PISCINA, 'piscina-per-message', { workers: 1 }),
        baseline(PISCINA_16, 'piscina-per-message', { workers: 1, concurrent: 16 }),
      ].map(unpinned), // the reader and the executor need a core each
      { protocol: 'line', connections: 64, bytes: 64, pipeline: 16 },
      settings,
    ),
    { name: 'hand-over', run: () => runTrial({ client: handOver(settings) }) },
  ],
  claims: [
    {
      says: '16 in flight, messages a second, dispatched over a Piscina task for each',
      figure: 'perSecond',
      of: 'dispatched',
      over: [PISCINA, PISCINA_16],
      atLeast: 3,
    },
    {
      says: 'the hand-over alone, to one executor and back, messages a second',
      figure: 'perSecond',
      of: 'hand-over',
      atLeast: 400_000,
      stretch: 1_000_000,
    },
  ],
};

function handOver({ warmUpSeconds, seconds }: Settings): ClientCommand {
  const program = programOf('handover');
  return {
    command: process.execPath,
    args: () => [...nodeArgs, program, String(warmUpSeconds), String(seconds)],
    limitMs: (warmUpSeconds + seconds) * 1000 + 30_000,
  };
}
