/** A result as text for a terminal: the table, the answer, and what to know of both. Pure. */
import { restsOnFew } from './doubts.ts';
import { median, variation, type Interval } from './measure/statistics.ts';
import { workOf, type Trial } from './measure/trial.ts';
import { LEAST_BLOCKS, type Advice } from './recommend.ts';
import type { ArmOf, BenchPlan, BenchResult } from './result.ts';
import { FIGURES, figuresOf, type FigureName } from './suites/suite.ts';
import { short, table } from './table.ts';

export function showResult(result: BenchResult, folder: string): string {
  const { question, plan, blocks, lost, placement, recommendation, complete, doubts, note } =
    result;
  const again =
    blocks.repeated + blocks.keptDisturbed === 0 ? '' : ` ${sayDisturbed(plan, blocks)}`;
  const lines = [
    question,
    result.asked,
    '',
    tableOf(result),
    '',
    ...recommendation.groups.flatMap((advice) => sayAdvice(advice)),
    ...recommendation.sentences,
    ...(recommendation.sure ? [RATIOS] : []),
    ...(isAnyFew(result) ? [FEW] : []),
    ...doubts,
    ...(note === null ? [] : [note]),
    `${placement}${again}`,
    ...(recommendation.sure ? [] : [sayFew(plan)]),
    ...lost.map(({ arm, reason }) => `Not run: ${arm}: ${firstLine(reason)}`),
    `${complete ? 'Every run' : 'Ended early; what was measured'}: ${folder}`,
    ...(complete ? [`As a page: patterns report ${folder}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

const RATIOS =
  'How many times is the middle of the ratios within each block, as patterns compare has it, not the ratio of the medians.';
const FEW = '† Fewer than ten answers lie beyond this percentile: it says little.';

function isAnyFew({ blocks, shows }: BenchResult): boolean {
  const trials = Object.values(blocks.runs).flat();
  return shows.some((name) => trials.some((trial) => restsOnFew(trial, name)));
}

function sayFew({ blocks, quick }: BenchPlan): string {
  return quick || blocks < LEAST_BLOCKS
    ? `${blocks === 1 ? 'One run' : `${blocks} runs`} of each: intervals need ${LEAST_BLOCKS} (leave --quick out).`
    : 'Some have fewer runs than intervals need.';
}

function sayAdvice({ group, sentences }: Advice): string[] {
  return group === '' ? [...sentences] : [`${group}: ${sentences.join(' ')}`];
}

const SPREAD_HEAD = ['workers', 'messages spread'];

function tableOf({ arms, blocks, decides, shows, recommendation }: BenchResult): string {
  const facets = [...new Set(arms.flatMap((arm) => Object.keys(arm.facets)))];
  const rows = arms
    .map((arm) => ({ arm, runs: blocks.runs[arm.name] ?? [] }))
    .filter(({ runs }) => runs.length > 0);
  const spreads = rows.some(({ runs }) => lastWork(runs).length > 1);
  const intervals = recommendation.blocks >= LEAST_BLOCKS;
  const head = [
    ...facets,
    ...shows.map((name) => FIGURES[name].title),
    ...(intervals ? [`95 % interval of ${FIGURES[decides].unit}`] : []),
    ...(spreads ? SPREAD_HEAD : []),
  ];
  const cells = rows.map(({ arm, runs }) =>
    facets
      .map((facet) => arm.facets[facet] ?? '')
      .concat(shows.map((name) => figureCell(runs, name)))
      .concat(intervals ? sayInterval(intervalOf(recommendation.groups, arm)) : [])
      .concat(spreads ? spreadCells(runs) : []),
  );
  return table(head, cells);
}

/** With † where it rests on too few answers. */
function figureCell(runs: readonly Trial[], name: FigureName): string {
  const few = runs.some((run) => restsOnFew(run, name));
  return `${short(medianOf(runs, name))}${few ? ' †' : ''}`;
}

function sayDisturbed(
  { quick }: BenchPlan,
  { keptDisturbed, repeated }: BenchResult['blocks'],
): string {
  return quick
    ? `A first look makes no run again: ${keptDisturbed} disturbed were kept.`
    : `${repeated} disturbed runs were made again, ${keptDisturbed} kept.`;
}

function medianOf(runs: readonly Trial[], name: FigureName): number {
  return median(figuresOf(runs, name).filter(Number.isFinite));
}

function intervalOf(groups: readonly Advice[], arm: ArmOf): Interval | undefined {
  const advice = groups.find(({ group }) => group === arm.group);
  return advice?.ranks.find(({ option }) => option === arm.option)?.measured;
}

function sayInterval(interval: Interval | undefined): string {
  return interval === undefined ? '–' : `${short(interval.low)} to ${short(interval.high)}`;
}

function lastWork(runs: readonly Trial[]): number[] {
  return workOf(runs.at(-1)?.workers ?? []);
}

/** Of the last run: the least and the most that a worker had of all messages, and the coefficient of variation. */
function spreadCells(runs: readonly Trial[]): [string, string] {
  const work = lastWork(runs);
  const total = work.reduce((sum, count) => sum + count, 0);
  if (total === 0) return ['–', ''];
  if (work.length === 1) return ['1', ''];
  const percent = (part: number): string => `${((100 * part) / total).toFixed(1)} %`;
  return [
    String(work.length),
    `${percent(Math.min(...work))} to ${percent(Math.max(...work))}, CoV ${variation(work).toFixed(2)}`,
  ];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}
