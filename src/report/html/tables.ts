/** Tables that are no figure's: the runs at a glance, why their verdicts, where every request went. */
import { m, nothing, type Markup } from '../svg/markup.ts';
import { renderTable, runTag, type Cell, type Table } from './blocks.ts';
import { delivers, wordsOf } from '../loops.ts';
import { icon, type Sign } from './icons.ts';
import type { Run } from './runs.ts';
import { capital, count, failuresInWords, plural, rate, us } from './words.ts';

const VERDICT_SIGNS: Readonly<Record<Run['result']['verdict']['name'], Sign>> = {
  SERVER_BOUND: 'good',
  CLIENT_BOUND: 'bad',
  NOISY_MACHINE: 'bad',
  UNCLEAR: 'warn',
};

export function verdictCell(name: Run['result']['verdict']['name']): Cell['text'] {
  const sign = VERDICT_SIGNS[name];
  return m`<span class="sign ${sign}">${icon(sign)}${name}</span>`;
}

export function runsTable(runs: readonly Run[]): Table {
  const { answered, failed } = wordsOf(runs.map(({ result }) => result.loop));
  return {
    caption: 'The runs at a glance',
    head: ['run', 'asked', answered, 'p50', 'p99', 'p99.9', 'max', failed, 'verdict'],
    rows: runs.map(({ latency, name, result, series }): Cell[] => {
      const few = (key: string): boolean => latency.tooFew.includes(key);
      const known = latency.count > 0;
      return [
        { text: runTag(series, name) },
        {
          text:
            result.loop === 'open'
              ? rate(result.offeredPerSecond ?? 0)
              : plural(result.connections, 'connection'),
        },
        { text: rate(result.ratePerSecond) },
        { text: known ? us(latency.p50Us) : '–', few: known && few('p50') },
        { text: known ? us(latency.p99Us) : '–', few: known && few('p99') },
        { text: known ? us(latency.p999Us) : '–', few: known && few('p999') },
        { text: known ? us(latency.maxUs) : '–' },
        { text: count(result.failedTotal) },
        { text: verdictCell(result.verdict.name) },
      ];
    }),
  };
}

export function verdictsTable(runs: readonly Run[]): Table {
  return {
    caption: 'Whose figures they are, and the evidence',
    head: ['run', 'verdict', 'evidence'],
    rows: runs.map(({ name, result: { verdict } }): Cell[] => [
      { text: name },
      { text: verdictCell(verdict.name) },
      { text: capital(verdict.evidence) },
    ]),
  };
}

/** sent = answered + failed + in flight, of every run. */
function requestsTable(runs: readonly Run[]): Table {
  return {
    caption: 'Sent = answered + failed + in flight at the end',
    head: ['run', 'due', 'never sent', 'sent', 'answered', 'failed', 'in flight', 'failed how'],
    rows: runs.map(({ name, result }): Cell[] => {
      const { answered, failed, failedTotal, inFlight, scheduled, sent, unsent } = result;
      return [
        { text: name },
        { text: scheduled === null ? '–' : count(scheduled) },
        { text: scheduled === null ? '–' : count(unsent) },
        { text: count(sent) },
        { text: count(answered) },
        { text: count(failedTotal) },
        { text: count(inFlight) },
        { text: failuresInWords(failed) || '–' },
      ];
    }),
  };
}

/** published = delivered + missed, of every run. */
function eventsTable(runs: readonly Run[]): Table {
  return {
    caption: 'Published = delivered + missed, counted on each connection',
    head: [
      'run',
      'published',
      'delivered',
      'missed',
      'gaps',
      'came again',
      'without a time',
      'connections opened',
      'lost',
      'resumed',
    ],
    rows: runs.map(({ name, result }) => {
      const { answered, broadcast, connects, failedTotal, push, sent } = result;
      const { gaps = 0, resumed = 0, unstamped = 0 } = push ?? {};
      const { repeated = 0 } = push ?? broadcast ?? {};
      const figures = [sent, answered, failedTotal, gaps, repeated, unstamped];
      return [
        name,
        ...[...figures, connects.opened, connects.lost, resumed].map((figure) => count(figure)),
      ];
    }),
  };
}

/** What went wrong, in the words of the load generator. */
function problemsOf(runs: readonly Run[]): string[] {
  return runs.flatMap(({ name, result }) =>
    result.problems.map(({ count: times, problem }) =>
      runs.length > 1 ? `${name}: ${count(times)} × ${problem}` : `${count(times)} × ${problem}`,
    ),
  );
}

export function renderAccount(runs: readonly Run[]): Markup {
  if (runs.length === 0) return nothing;
  const problems = problemsOf(runs);
  const delivered = runs.filter(({ result }) => delivers(result.loop));
  const others = runs.filter(({ result }) => !delivers(result.loop));
  const { request } = wordsOf(runs.map(({ result }) => result.loop));
  return m`<section id="account"><h2>Where every ${request} went</h2>
${others.length > 0 && renderTable(requestsTable(others))}
${delivered.length > 0 && renderTable(eventsTable(delivered))}
${problems.length > 0 && m`<ul class="problems">${problems.map((problem) => m`<li>${problem}</li>`)}</ul>`}
</section>
`;
}
