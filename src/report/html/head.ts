/** Under the answer: how it came out at a glance, whose figures they are, and what must be known of them. */
import { m, nothing, type Markup } from '../svg/markup.ts';
import { LOOPS } from '../loops.ts';
import { answered } from './answer.ts';
import { renderCaveats, renderTable, renderTables } from './blocks.ts';
import { caveatsOf, stateCaveats, type Stated } from './caveats.ts';
import { icon } from './icons.ts';
import { sameMachine, type Report, type Run } from './runs.ts';
import { runsTable, verdictCell, verdictsTable } from './tables.ts';
import { capital, count, rate, us } from './words.ts';

/** One run's figures and verdict, or several runs in a table; then the caveats as sentences. */
export function renderHead({ knees, leftOut, runs }: Report): Markup {
  const named = runs.map((run) => ({ name: run.name, caveats: caveatsOf(run) }));
  const left: Stated[] = leftOut.map(({ file, reason }) => ({
    level: 'note',
    text: `Left out: ${file} ${reason}.`,
  }));
  const [run] = runs;
  if (run === undefined) return renderCaveats(left);
  const several = runs.length > 1;
  // One run's verdict stands in its box.
  const stated = stateCaveats(
    named.map(({ caveats, name }) => ({
      name,
      caveats: several ? caveats : caveats.filter(({ kind }) => kind !== run.result.verdict.name),
    })),
    'summary',
  );
  const machines: Stated[] = sameMachine(runs)
    ? []
    : [
        {
          level: 'bad',
          text: 'The runs had different machines or different Nodes: differences between them may be theirs.',
        },
      ];
  return m`${several ? m`${renderTable(runsTable(runs))}${renderTables([verdictsTable(runs)], 'Why these verdicts')}` : renderSingle(run, knees.length > 0)}
${renderKept(runs)}
${renderCaveats([...machines, ...stated, ...left])}`;
}

function renderSingle(run: Run, atKnee: boolean): Markup {
  const { latency, result } = run;
  const { evidence, name } = result.verdict;
  const words = LOOPS[result.loop];
  const known = latency.count > 0;
  const tile = (label: string, value: string, few = false): Markup =>
    m`<div><dt>${label}</dt><dd${few && m` class="few" title="rests on fewer than ten ${words.unit}s"`}>${value}${few && ' †'}</dd></div>`;
  const few = (key: string): boolean => latency.tooFew.includes(key);
  const box = m`<div class="verdict">${verdictCell(name)}<p>${capital(evidence)}.</p></div>`;
  return m`${atKnee && m`<p class="asked">The load at the knee: ${answered(run)}</p>`}
<dl class="tiles">${tile(words.answered, rate(result.ratePerSecond))}${
    known && [
      tile('p50', us(latency.p50Us), few('p50')),
      tile('p99', us(latency.p99Us), few('p99')),
      tile('p99.9', us(latency.p999Us), few('p999')),
      tile('slowest', us(latency.maxUs)),
    ]
  }${tile(words.failed, count(result.failedTotal))}</dl>
${box}`;
}

function renderKept(runs: readonly Run[]): Markup {
  const items = runs.flatMap(({ name, result }) =>
    result.thresholds.map(({ passed, threshold }) => {
      const sign = passed ? 'good' : 'bad';
      const whose = runs.length > 1 ? `${name}: ` : '';
      return m`<li><span class="sign ${sign}">${icon(sign)}${whose}${threshold} ${passed ? 'was kept' : 'was not kept'}</span></li>`;
    }),
  );
  return items.length === 0 ? nothing : m`<ul class="kept">${items}</ul>`;
}
