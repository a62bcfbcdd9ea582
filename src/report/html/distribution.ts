/** Latencies out of a result's histograms, for drawing. */
import { decodeFromCompressedBase64, JsHistogram } from 'hdr-histogram-js';
import { nines, shareOfNines } from '../svg/scale.ts';

/** Values upwards, and how many answers are not above each. */
export interface Distribution {
  readonly count: number;
  readonly us: readonly number[];
  readonly upTo: readonly number[];
}

/** @throws Error for what is no HDR histogram (V2, compressed, in base64) */
export function decodeHistogram(base64: string): Distribution {
  const histogram = decodeFromCompressedBase64(base64);
  if (!(histogram instanceof JsHistogram)) throw new TypeError('not a histogram of its own kind');
  const us: number[] = [];
  const upTo: number[] = [];
  let count = 0;
  const values = histogram.recordedValuesIterator;
  values.reset();
  while (values.hasNext()) {
    const { countAddedInThisIterationStep, valueIteratedTo } = values.next();
    count += countAddedInThisIterationStep;
    us.push(valueIteratedTo / 1000);
    upTo.push(count);
  }
  return { count, us, upTo };
}

/** All of them as one. */
export function merged(distributions: readonly Distribution[]): Distribution {
  const counts = new Map<number, number>();
  for (const { upTo, us } of distributions) {
    us.forEach((value, i) => {
      counts.set(value, (counts.get(value) ?? 0) + upTo[i] - (upTo[i - 1] ?? 0));
    });
  }
  const us = [...counts.keys()].toSorted((a, b) => a - b);
  let count = 0;
  const upTo = us.map((value) => (count += counts.get(value)!));
  return { count, us, upTo };
}

/** What `share` of all answers are not above, as HdrHistogram has it. 0 of nothing. */
export function valueAt({ count, upTo, us }: Distribution, share: number): number {
  if (count === 0) return 0;
  const rank = Math.min(count, Math.max(1, Math.floor(share * count + 0.5)));
  return us[firstAtLeast(upTo, rank)];
}

export interface CurvePoint {
  readonly share: number;
  readonly us: number;
}

/**
 * The latency by percentile at `steps` places, evenly spaced by nines. It ends with the greatest, `mostUs`, where the
 * last of `count` answers stands: at a share of 1 − 1/count.
 */
export function curveOf(distribution: Distribution, mostUs: number, steps = 240): CurvePoint[] {
  const { count } = distribution;
  if (count === 0) return [];
  const end = Math.log10(Math.max(2, count));
  const points = Array.from({ length: steps }, (_, i) => {
    const share = shareOfNines((end * i) / steps);
    return { share, us: Math.min(mostUs, valueAt(distribution, share)) };
  });
  return [...points, { share: shareOfNines(end), us: mostUs }];
}

/** Where fewer than `beyond` answers lie above: from there on a curve says little. */
export function trustedShare(count: number, beyond = 10): number {
  return count <= beyond ? 0 : 1 - beyond / count;
}

/** A curve in two: what rests on enough answers, and what does not. Both have the point at which they meet. */
export function splitAt(
  points: readonly CurvePoint[],
  share: number,
): [enough: CurvePoint[], few: CurvePoint[]] {
  const cut = points.findIndex((point) => nines(point.share) > nines(share) + 1e-9);
  if (cut === -1) return [[...points], []];
  return [points.slice(0, cut), points.slice(Math.max(0, cut - 1))];
}

/** The index of the first that is not below `least`; `values` go upwards. */
function firstAtLeast(values: readonly number[], least: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
