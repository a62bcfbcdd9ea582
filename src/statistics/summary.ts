/** One number for several. */

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample: over n - 1. NaN of fewer than two. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** Standard deviation over mean: 0 is an even spread. 0 of nothing. */
export function variation(values: readonly number[]): number {
  const middle = mean(values);
  if (!(middle > 0)) return 0;
  const square = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length;
  return Math.sqrt(square) / middle;
}
