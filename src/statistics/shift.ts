/**
 * By how much B lies above A, and how well that is known. Three designs:
 *
 * - `paired`: A and B were run in blocks, one of each. A drift of the machine falls on both, and is gone in their
 *   difference.
 * - `mixed`: no pairs, but neither side had a time of its own.
 * - `sequential`: all of one side before all of the other. A drift looks like a difference, so a straight line through
 *   the runs is taken out together with it. That doubles the interval: what interleaving would have saved.
 *
 * Ranks where there are enough runs for them at this level (7 pairs, 4 and 4), since they do not mind an outlier; else t.
 */
import { rankSumCut, signedRankCut } from './ranks.ts';
import { criticalT } from './student.ts';
import { mean, variance } from './summary.ts';

export const DESIGNS = ['paired', 'mixed', 'sequential'] as const;
export type Design = (typeof DESIGNS)[number];

/** Fewer runs of a side say nothing. */
export const LEAST_RUNS = 3;

export interface Shift {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The interval holds the truth with probability 1 - `alpha`. Each side is in the order in which it ran, `paired` block
 * by block; `bFirst`: B is the side that ran first (`sequential`).
 */
export type ShiftOf = (
  a: readonly number[],
  b: readonly number[],
  alpha: number,
  bFirst: boolean,
) => Shift;

export const shiftOf: Readonly<Record<Design, ShiftOf>> = {
  paired(a, b, alpha) {
    const differences = b.map((value, block) => value - a[block]);
    const cut = signedRankCut(differences.length, alpha);
    if (cut > 0) return cutShift(walsh(differences), cut);
    const error = Math.sqrt(variance(differences) / differences.length);
    return around(mean(differences), error * criticalT(alpha, differences.length - 1));
  },
  mixed(a, b, alpha) {
    const cut = rankSumCut(a.length, b.length, alpha);
    if (cut > 0) return cutShift(crossed(a, b), cut);
    const [partA, partB] = [variance(a) / a.length, variance(b) / b.length];
    const sum = partA + partB;
    const degrees = sum ** 2 / (partA ** 2 / (a.length - 1) + partB ** 2 / (b.length - 1)); // Welch
    const reach = sum === 0 ? 0 : Math.sqrt(sum) * criticalT(alpha, degrees);
    return around(mean(b) - mean(a), reach);
  },
  sequential(a, b, alpha, bFirst) {
    const gap = ((a.length + b.length) / 2) * (bFirst ? -1 : 1); // between the sides' middle runs
    const [lineA, lineB] = [lineOf(a), lineOf(b)];
    const spread = lineA.spread + lineB.spread;
    const slope = (lineA.slope * lineA.spread + lineB.slope * lineB.spread) / spread;
    const degrees = a.length + b.length - 3;
    const rest = residue(a, slope) + residue(b, slope);
    const share = 1 / a.length + 1 / b.length + gap ** 2 / spread;
    const error = Math.sqrt((rest / degrees) * share);
    return around(mean(b) - mean(a) - slope * gap, error * criticalT(alpha, degrees));
  },
};

function around(estimate: number, reach: number): Shift {
  return { estimate, low: estimate - reach, high: estimate + reach };
}

/** Hodges and Lehmann's estimate, and the interval that inverts the test. */
function cutShift(differences: Float64Array, cut: number): Shift {
  const sorted = differences.sort();
  const middle = sorted.length >> 1;
  const estimate =
    sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { estimate, low: sorted[cut - 1], high: sorted[sorted.length - cut] };
}

function walsh(values: readonly number[]): Float64Array {
  const out = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (let i = 0; i < values.length; i += 1) {
    for (let j = i; j < values.length; j += 1) out[at++] = (values[i] + values[j]) / 2;
  }
  return out;
}

function crossed(a: readonly number[], b: readonly number[]): Float64Array {
  return Float64Array.from({ length: a.length * b.length }, (_, i) => {
    return b[i % b.length] - a[Math.floor(i / b.length)];
  });
}

/** Least squares over the runs' numbers. `spread`: of the numbers about their middle. */
function lineOf(values: readonly number[]): { slope: number; spread: number } {
  const middle = (values.length - 1) / 2;
  const spread = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = values.reduce((sum, value, i) => sum + (i - middle) * value, 0) / spread;
  return { slope, spread };
}

function residue(values: readonly number[], slope: number): number {
  const line = values.map((value, i) => value - slope * i);
  const middle = mean(line);
  return line.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}
