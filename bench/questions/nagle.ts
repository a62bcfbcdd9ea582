/** The best known of all small mistakes: write, write, read. native-notes/nagle.md has what the kernel does there. */
import type { ClientCommand } from '../measure/client.ts';
import { programClient, type Timing } from '../load.ts';
import { ours, programOf } from '../servers.ts';
import { armOf, type Question } from './question.ts';

/** What nagle-client.ts is told. */
export interface NaglePlan extends Timing {
  /** A request in two writes, in two that are corked, or in one. */
  readonly writes: 'two' | 'corked' | 'one';
  /** On the client's side. */
  readonly nagle: boolean;
  readonly answerLines: number;
}

const REQUEST = 'a request in two parts';
const ANSWER = 'an answer in two parts';

/** Who sends in two parts, and what is done about it. Where Nagle is on, it is so on that side alone. */
const CASES = [
  { parts: REQUEST, how: 'Nagle on', writes: 'two', client: true, server: false },
  { parts: REQUEST, how: 'Nagle off', writes: 'two', client: false, server: false },
  { parts: REQUEST, how: 'Nagle on, corked', writes: 'corked', client: true, server: false },
  { parts: REQUEST, how: 'Nagle on, one write', writes: 'one', client: true, server: false },
  { parts: ANSWER, how: 'Nagle on', writes: 'one', client: false, server: true },
  { parts: ANSWER, how: 'Nagle off', writes: 'one', client: false, server: false },
] as const;

export const nagle: Question = {
  name: 'nagle',
  question:
    'What does Nagle’s algorithm cost a request or an answer in two writes, and what does corking do?',
  arms: (plan) =>
    CASES.map(({ parts, how, writes, client, server }) =>
      armOf({ parts, how }, ['parts'], {
        server: ours({
          mode: 'single',
          handler: parts === ANSWER ? programOf('handlers/two-writes') : 'echo',
          protocol: parts === ANSWER ? null : 'line',
          more: server ? ['--nagle'] : [],
          probed: true,
        }),
        client: nagleClient({
          writes,
          nagle: client,
          answerLines: parts === ANSWER ? 2 : 1,
          warmUpMs: plan.warmUpMs,
          durationMs: plan.durationMs,
        }),
      }),
    ),
  decides: 'p50Ms',
  shows: ['p50Ms', 'p99Ms', 'perSecond'],
  note: 'One connection, one request after the other. Where a side writes twice with the algorithm on, its second half waits for an acknowledgement that the other side delays by 40 ms.',
};

function nagleClient(plan: NaglePlan): ClientCommand {
  return programClient(programOf('nagle-client'), plan, plan.warmUpMs + plan.durationMs);
}
