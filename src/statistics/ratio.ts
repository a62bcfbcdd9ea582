/** The ratio of two arms that were run in blocks: the same figure wherever it is printed. */
import type { Interval } from './bootstrap.ts';
import { judge } from './judge.ts';
import { median } from './summary.ts';

/**
 * `of` over `over`, block by block, as judge() has it of pairs: the middle of the ratios within each block, which is not
 * the ratio of the medians, and where it lies with probability 1 - ALPHA. Of runs that are too few for an interval, the
 * median of the blocks' ratios alone.
 */
export function pairedRatio(of: readonly number[], over: readonly number[]): Interval {
  const { high, low, ratio } = judge(over, of, { design: 'paired' });
  if (Number.isFinite(ratio)) return { estimate: ratio, low, high };
  const estimate = Math.exp(median(of.map((value, block) => Math.log(value / over[block]))));
  return { estimate, low: Number.NaN, high: Number.NaN };
}
