/**
 * The unit is a run, never a request: requests of one run are not independent. Like bench/measure/statistics.ts, which
 * has measured how often such an interval covers the truth: 93 % of the time with 5 runs.
 */
const CONFIDENCE = 0.95;
const RESAMPLES = 2000;
/** Of fewer runs an interval says nothing that the dots do not. */
export const LEAST_RUNS = 5;

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The bootstrap interval of the median; undefined of too few. The same values give the same interval. */
export function medianInterval(values: readonly number[]): readonly [number, number] | undefined {
  if (values.length < LEAST_RUNS) return undefined;
  const random = seededRandom(1);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)])),
  ).toSorted((a, b) => a - b);
  const cut = Math.floor((RESAMPLES * (1 - CONFIDENCE)) / 2);
  return [medians[cut], medians[RESAMPLES - 1 - cut]];
}

/** Standard deviation over mean: 0 is an even spread. 0 of nothing. */
export function variation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (!(mean > 0)) return 0;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(square) / mean;
}

/** Uniform in [0, 1) (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
