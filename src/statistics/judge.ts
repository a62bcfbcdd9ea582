/**
 * Do two sets of runs differ? Four answers, the last of which is often the true one.
 *
 * - a difference (`less`, `more`): the interval of 1 - ALPHA lies on one side of nothing, and the estimate is at least the
 *   effect that matters;
 * - `equivalent`: the interval of 1 - 2 ALPHA lies within ± that effect (two one-sided tests);
 * - `unclear`, with the number of runs that would probably settle it.
 *
 * Everything is done on logarithms, so that twice as fast and half as fast are as far from nothing, and an answer does
 * not depend on which side came first.
 */
import { LEAST_RUNS, shiftOf, type Design } from './shift.ts';
import { criticalT } from './student.ts';

/** Identical servers are called different at most this often, for each figure. */
export const ALPHA = 0.03;
export const DEFAULT_EFFECT = 0.05;

/** Of fewer runs even a large difference is seldom clear. */
const ADVISED_RUNS = 5;
const MOST_MORE_RUNS = 500;
/** The normal quantile of 0.8: the advised number of runs settles it four times in five. */
const POWER_T = 0.84;

export const JUDGEMENTS = ['less', 'more', 'equivalent', 'unclear'] as const;
export type JudgementName = (typeof JUDGEMENTS)[number];

export interface Judgement {
  readonly name: JudgementName;
  /** Of B to A: 1.1 is 10 % more. NaN of too few runs. */
  readonly ratio: number;
  /** Where the ratio is, with probability 1 - ALPHA. */
  readonly low: number;
  readonly high: number;
  /** Of each side, where it is unclear: about so many would settle it. Infinity: more than 500, or never. */
  readonly moreRuns: number;
}

export interface JudgeOptions {
  readonly design: Design;
  /** The least effect that matters: 0.05 is 5 %. Above 0. */
  readonly effect?: number;
  /** B is the side that ran first; counts in `sequential`. */
  readonly bFirst?: boolean;
}

/** Values are above zero, each side in the order of its runs; `paired`: as many of both. */
export function judge(
  a: readonly number[],
  b: readonly number[],
  { bFirst = false, design, effect = DEFAULT_EFFECT }: JudgeOptions,
): Judgement {
  const runs = Math.min(a.length, b.length);
  if (runs < LEAST_RUNS) {
    const [ratio, low, high] = [Number.NaN, Number.NaN, Number.NaN];
    return { name: 'unclear', ratio, low, high, moreRuns: ADVISED_RUNS - runs };
  }
  const [logA, logB] = [a.map(Math.log), b.map(Math.log)];
  const shift = shiftOf[design](logA, logB, ALPHA, bFirst);
  const narrow = shiftOf[design](logA, logB, 2 * ALPHA, bFirst);
  const matters = Math.log1p(effect);
  const ratio = {
    ratio: Math.exp(shift.estimate),
    low: Math.exp(shift.low),
    high: Math.exp(shift.high),
  };
  const settled = (name: JudgementName): Judgement => ({ name, ...ratio, moreRuns: 0 });
  if (narrow.low > -matters && narrow.high < matters) return settled('equivalent');
  if (shift.low > 0 && shift.estimate >= matters) return settled('more');
  if (shift.high < 0 && shift.estimate <= -matters) return settled('less');
  const reach = (shift.high - shift.low) / 2;
  const moreRuns = moreRunsFor(runs, reach, Math.abs(shift.estimate), matters);
  return { name: 'unclear', ...ratio, moreRuns };
}

/**
 * An interval shrinks with the root of the number of runs, and t with its degrees of freedom. What is sought: if the
 * estimate is the truth, an interval that keeps off zero, or one that fits inside the effect that matters.
 */
function moreRunsFor(runs: number, reach: number, estimate: number, matters: number): number {
  const differs = estimate >= matters;
  const room = differs ? estimate : matters - estimate;
  const level = differs ? ALPHA : 2 * ALPHA;
  const deviation = (reach / criticalT(ALPHA, runs - 1)) * Math.sqrt(runs);
  const suffices = (all: number): boolean =>
    ((criticalT(level, all - 1) + POWER_T) * deviation) / Math.sqrt(all) <= room;
  let [tooFew, enough] = [runs, runs + MOST_MORE_RUNS];
  if (!suffices(enough)) return Number.POSITIVE_INFINITY;
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (suffices(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough - runs;
}
