/** The best known of all small mistakes: write, write, read. native-notes/nagle.md has what the kernel does there. */
import type { ClientCommand } from '../measure/client.ts';
import type { Timing } from '../load.ts';
import { nodeArgs, ours, programOf } from '../servers.ts';
import { armOf, type Question } from './question.ts';

const START_AND_END_MS = 30_000;

/** What nagle-client.ts is told. */
export interface NaglePlan extends Timing {
  /** A request in two writes, in two that are corked, or in one. */
  readonly writes: 'two' | 'corked' | 'one';
  /** On the client's side. */
  readonly nagle: boolean;
  readonly answerLines: number;
}

const CASES = [
  { request: 'two writes', answer: 'one write', client: true, server: false },
  { request: 'two writes', answer: 'one write', client: false, server: false },
  { request: 'corked', answer: 'one write', client: true, server: false },
  { request: 'one write', answer: 'one write', client: true, server: false },
  { request: 'one write', answer: 'two writes', client: false, server: true },
  { request: 'one write', answer: 'two writes', client: false, server: false },
] as const;

const WRITES = { 'two writes': 'two', corked: 'corked', 'one write': 'one' } as const;

export const nagle: Question = {
  name: 'nagle',
  question:
    'What does Nagle’s algorithm cost a request or an answer in two writes, and what does corking do?',
  arms: (plan) =>
    CASES.map(({ request, answer, client, server }) => {
      const inTwo = answer === 'two writes';
      const facets = {
        request: `request in ${request === 'corked' ? 'two, corked' : request}`,
        answer: `answer in ${answer}`,
        nagle: sayNagle(client, server),
      };
      return armOf(facets, [], {
        server: ours({
          mode: 'single',
          handler: inTwo ? programOf('handlers/two-writes') : 'echo',
          protocol: inTwo ? null : 'line',
          more: server ? ['--nagle'] : [],
          probed: true,
        }),
        client: nagleClient({
          writes: WRITES[request],
          nagle: client,
          answerLines: inTwo ? 2 : 1,
          warmUpMs: plan.warmUpMs,
          durationMs: plan.durationMs,
        }),
      });
    }),
  decides: 'p50Ms',
  shows: ['p50Ms', 'p99Ms', 'perSecond'],
  note: 'One connection, one request after the other. Where a side writes twice with the algorithm on, its second half waits for an acknowledgement that the other side delays by 40 ms.',
};

function sayNagle(client: boolean, server: boolean): string {
  if (!client && !server) return 'Nagle off';
  return `Nagle on at the ${client ? 'client' : 'server'}`;
}

function nagleClient(plan: NaglePlan): ClientCommand {
  const text = JSON.stringify(plan);
  return {
    command: process.execPath,
    args: ({ host, port }) => [...nodeArgs, programOf('nagle-client'), host, String(port), text],
    limitMs: plan.warmUpMs + plan.durationMs + START_AND_END_MS,
  };
}
