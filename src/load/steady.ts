/**
 * Has it settled? Pure. At most 43.5 % of pairs of a virtual machine and a benchmark reach a steady peak at all (Barrett et
 * al., arXiv 1602.00602), so "not steady" is an answer, and is said.
 *
 * A series is steady if its later half is where its earlier half was, and neither wanders: medians within 5 %, and three
 * of four values within 10 % of their median.
 */
export const SHIFT_SHARE = 0.05;
export const SPREAD_SHARE = 0.1;
/** Values that are needed to tell. */
export const LEAST_VALUES = 6;

/** @returns undefined: too few values to tell. */
export function isSteady(series: readonly number[]): boolean | undefined {
  if (series.length < LEAST_VALUES) return undefined;
  const half = series.length >> 1;
  const middle = median(series);
  if (middle === 0) return series.every((value) => value === 0);
  const shift = Math.abs(median(series.slice(0, half)) - median(series.slice(-half))) / middle;
  const near = series.filter((value) => Math.abs(value - middle) <= middle * SPREAD_SHARE).length;
  return shift <= SHIFT_SHARE && near >= series.length * 0.75;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
