/**
 * What a perfect client would have seen at a percentile: what the server did to a request (its log, replayed), and the
 * way there and back (the probe's). Pure.
 *
 * The two are known as distributions, not request by request, so their sum is known within limits. Whatever belongs to
 * what, P(server > a) + P(path > b) bounds P(sum > a + b): a percentile of the sum is at most the sum of two higher
 * percentiles whose tails add up to its own, and at least the server's own with the shortest way.
 *
 * Where others took a core from the server or the client, neither log says what would have been: of every hundred
 * requests so many may be anywhere, which moves a percentile by as many places.
 */
import { percentileOf } from './replay.ts';

export interface Witnesses {
  /** Until the server wrote the answer, of each request: ascending, in microseconds. */
  readonly serverUs: Float64Array;
  /** There and back: ascending, in microseconds. */
  readonly pathUs: Float64Array;
  /** Requests that others may have disturbed: 0 to 1. */
  readonly disturbedShare: number;
}

export interface Range {
  readonly leastUs: number;
  readonly mostUs: number;
}

export interface Truth {
  readonly serverUs: number;
  /** The median. */
  readonly pathUs: number;
  /** Where it can be, had nobody disturbed. */
  readonly range: Range;
  /** Where it can be. */
  readonly disturbed: Range;
}

/** How a percentile's tail is divided between server and path. Each division gives a bound; the least counts. */
const DIVISIONS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1];

export function truthAt(witnesses: Witnesses, percentile: number): Truth {
  const { disturbedShare, pathUs, serverUs } = witnesses;
  const disturbed = disturbedShare * 100;
  return {
    serverUs: percentileOf(serverUs, percentile),
    pathUs: percentileOf(pathUs, 50),
    range: { leastUs: least(witnesses, percentile), mostUs: most(witnesses, percentile) },
    disturbed: {
      leastUs: least(witnesses, Math.max(0, percentile - disturbed)),
      mostUs: percentile + disturbed >= 100 ? Infinity : most(witnesses, percentile + disturbed),
    },
  };
}

function least({ pathUs, serverUs }: Witnesses, percentile: number): number {
  return percentileOf(serverUs, percentile) + percentileOf(pathUs, 0);
}

function most({ pathUs, serverUs }: Witnesses, percentile: number): number {
  const tail = 100 - percentile;
  const sums = DIVISIONS.map(
    (share) =>
      percentileOf(serverUs, 100 - tail * (1 - share)) + percentileOf(pathUs, 100 - tail * share),
  );
  return Math.min(...sums);
}

export type Judgement = (typeof JUDGEMENTS)[number];

/**
 * - within: the truth can be where the instrument says that it is; on a noisy machine, it is.
 * - unclear: it can, for what others have done meanwhile; else it could not.
 * - OUTSIDE: the instrument was wrong about its own error.
 */
export const JUDGEMENTS = ['within', 'unclear', 'OUTSIDE'] as const;

/** @param noisy others were at work in a way that no count of disturbed requests covers */
export function judgeBounds(stated: Range, truth: Truth, noisy: boolean): Judgement {
  const point = truth.serverUs + truth.pathUs;
  const range = noisy ? { leastUs: point, mostUs: point } : truth.range;
  if (meet(stated, range)) return 'within';
  return noisy || meet(stated, truth.disturbed) ? 'unclear' : 'OUTSIDE';
}

function meet(a: Range, b: Range): boolean {
  return a.leastUs <= b.mostUs && b.leastUs <= a.mostUs;
}
