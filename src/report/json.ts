/**
 * One object, on one line. The keys are those of LoadResult (src/load/result.ts), documented there and kept stable; a
 * result that was held against thresholds has `thresholds` too.
 */
import type { Checked } from '../load/threshold.ts';

export function formatJson(result: object, checked?: readonly Checked[]): string {
  const thresholds = checked?.map(({ actual, passed, threshold }) => ({
    threshold: threshold.text,
    passed,
    actual: Number.isNaN(actual) ? null : actual,
  }));
  return `${JSON.stringify(thresholds === undefined ? result : { ...result, thresholds }, rounded)}\n`;
}

/** No more digits than the clock has: nanoseconds. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(3)) : value;
}
