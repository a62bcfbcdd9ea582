/** Comparisons as text for a terminal. Pure. */
import type { Design } from '../../statistics/index.ts';
import { formatCount, formatUs } from '../format.ts';
import type { Comparison, FigureComparison, VerdictName } from './compare.ts';
import { FIGURES, type FigureName } from './run.ts';

const DESIGN_WORDS: Readonly<Record<Design, string>> = {
  paired: 'compared in pairs',
  mixed: 'compared as two samples',
  sequential: 'one side after the other',
};

/** What 'B to A' is: not what the two columns before it give. */
const RATIO_WORDS: Readonly<Record<Design, string>> = {
  paired: 'B to A is the middle of the ratios within each pair, not the ratio of the medians.',
  mixed:
    'B to A is the middle of the ratios of every run of B to every run of A, not the ratio of the medians.',
  sequential: 'B to A has a steady drift taken out: it is not the ratio of the medians.',
};

export function formatComparison(comparison: Comparison): string {
  const { a, arm, b, caveats, design, effect, figures } = comparison;
  const head = arm === '' ? '' : `${arm}\n`;
  const rows = figures.map((figure) => rowOf(figure, effect));
  // Of too few runs nothing is compared, in no way.
  const isCompared = figures.some(({ ratio }) => Number.isFinite(ratio));
  const way = isCompared ? `, ${DESIGN_WORDS[design]}` : '';
  const ratios = isCompared ? `A and B are medians over runs. ${RATIO_WORDS[design]}\n` : '';
  return (
    `${head}A: ${a.name} (${runs(a.runs)})\nB: ${b.name} (${runs(b.runs)})${way}\n\n` +
    `${columns([['', 'A', 'B', 'B to A', `${percentOf(1 - comparison.alpha)} interval`, ''], ...rows])}\n${ratios}\n` +
    `${sentence(comparison)}\n${caveats.map((text) => `- ${text}\n`).join('')}`
  );
}

/** The answer in a sentence. */
export function sentence({ alpha, effect, figures }: Comparison): string {
  if (figures.length === 0) return 'There is no figure that all runs have: nothing is compared.';
  const named = (verdict: VerdictName): string =>
    figures
      .filter((figure) => figure.verdict === verdict)
      .map(({ figure }) => FIGURES[figure].title)
      .join(', ');
  const unclear = figures.filter(({ verdict }) => verdict === 'unclear');
  const parts = [
    [named('faster'), 'B is faster by'],
    [named('slower'), 'B is slower by'],
    [named('equivalent'), `equivalent within ${percentOf(effect)} by`],
    [named('unclear'), 'cannot tell by'],
  ]
    .filter(([names]) => names !== '')
    .map(([names, words]) => `${words} ${names}`);
  const text = parts.join('; ');
  const [most] = unclear.toSorted((x, y) => y.moreRuns - x.moreRuns);
  const more =
    most === undefined ? '' : ` To tell by all takes ${moreWords(most.moreRuns)} of each.`;
  return (
    `${text[0].toUpperCase()}${text.slice(1)}.${more}\n` +
    `Each figure by itself calls identical servers different ${percentOf(alpha)} of the time at most.`
  );
}

function rowOf(
  { a, b, figure, high, low, moreRuns, ratio, verdict }: FigureComparison,
  effect: number,
): string[] {
  const words: Readonly<Record<VerdictName, string>> = {
    faster: 'faster',
    slower: 'slower',
    equivalent: `equivalent within ${percentOf(effect)}`,
    unclear: `cannot tell, needs ${moreWords(moreRuns)} of each`,
  };
  const interval = Number.isFinite(low) ? `${change(low)} to ${change(high)}` : '–';
  return [
    FIGURES[figure].title,
    valueOf(figure, a),
    valueOf(figure, b),
    change(ratio),
    interval,
    words[verdict],
  ];
}

function moreWords(count: number): string {
  return Number.isFinite(count)
    ? `about ${count} more run${count === 1 ? '' : 's'}`
    : 'more than 500 more runs';
}

function valueOf(figure: FigureName, value: number): string {
  const { unit } = FIGURES[figure];
  if (unit === 'us') return formatUs(value);
  return unit === '/s' ? `${formatCount(value)}/s` : `${formatCount(Math.round(value))} B`;
}

/** '+8.0 %' */
function change(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–';
  const percent = (ratio - 1) * 100;
  const digits = Math.abs(percent) < 9.95 ? 1 : 0;
  return `${percent < 0 ? '-' : '+'}${Math.abs(percent).toFixed(digits)} %`;
}

function percentOf(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function runs(count: number): string {
  return `${count} run${count === 1 ? '' : 's'}`;
}

/** The first column and the last to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const edge = widths.length - 1;
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column === edge
            ? cell.padEnd(widths[column])
            : cell.padStart(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
