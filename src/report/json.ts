/**
 * One object, on one line. The keys are those of LoadResult (src/load/result.ts), documented there and kept stable; a
 * result that was held against thresholds has `thresholds` too. Where nothing was answered there is no latency: what is 0
 * in a LoadResult is null here, and no threshold of another tool takes it for a fast one.
 */
import type { Checked } from '../load/threshold.ts';

export function formatJson(result: object, checked?: readonly Checked[]): string {
  const thresholds = checked?.map(({ actual, passed, threshold }) => ({
    threshold: threshold.text,
    passed,
    actual: Number.isNaN(actual) ? null : actual,
  }));
  return `${JSON.stringify(thresholds === undefined ? result : { ...result, thresholds }, written)}\n`;
}

/** Of a latency, of an interval and of a knee's trial, all in microseconds. */
const LATENCY = /^(?:min|mean|p\d+|max)Us$/;
/** What was answered, by the key that says so. */
const ANSWERED = ['count', 'answered', 'ratePerSecond'] as const;

/** No more digits than the clock has: nanoseconds. No latency of nothing. */
function written(key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const of = value as Readonly<Record<string, unknown>>;
    const answered = ANSWERED.map((name) => of[name]).find((one) => one !== undefined);
    if (answered === 0) return withoutLatencies(of);
  }
  return rounded(key, value);
}

function withoutLatencies(of: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(of).map(([key, value]): [string, unknown] => {
    if (key === 'bounds') return [key, emptied(value as Record<string, object>)];
    return [key, LATENCY.test(key) ? null : value];
  });
  return Object.fromEntries(entries);
}

function emptied(bounds: Readonly<Record<string, object>>): Record<string, unknown> {
  const none = { leastUs: null, mostUs: null };
  return Object.fromEntries(Object.keys(bounds).map((name) => [name, none]));
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(3)) : value;
}
