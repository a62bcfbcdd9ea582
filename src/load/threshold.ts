/** `p99<5ms`, `errors<0.1%`, `rate>=20000`: what a result must keep. Pure. */
import { OptionError } from '../errors.ts';
import type { LoadResult } from './result.ts';

const LATENCIES = {
  min: 'minUs',
  mean: 'meanUs',
  p50: 'p50Us',
  p90: 'p90Us',
  p95: 'p95Us',
  p99: 'p99Us',
  'p99.9': 'p999Us',
  p999: 'p999Us',
  max: 'maxUs',
} as const;
type LatencyName = keyof typeof LATENCIES;

const OF = ['response', 'service', 'connect', 'lag'] as const;
const SHARES = ['errors', 'unsent'] as const;
const UNITS = { us: 1, ms: 1000, s: 1_000_000 } as const;
const OPERATORS = {
  '<': (value: number, limit: number) => value < limit,
  '<=': (value: number, limit: number) => value <= limit,
  '>': (value: number, limit: number) => value > limit,
  '>=': (value: number, limit: number) => value >= limit,
} as const;

const FORMS =
  "it must be like 'p99<5ms' (min, mean, p50, p90, p95, p99, p99.9, max; with 'service.' or 'connect.' before it), 'errors<0.1%', 'unsent<1%' or 'rate>20000'";

export interface Threshold {
  /** As it was given, without spaces. */
  readonly text: string;
  readonly of: (typeof OF)[number];
  readonly metric: LatencyName | (typeof SHARES)[number] | 'rate';
  readonly operator: keyof typeof OPERATORS;
  /**
   * Microseconds, a share (0 to 1), a count of errors or unsent requests, or requests per second. Errors are requests that
   * failed, and connections on which the server sent what nothing had asked for.
   */
  readonly limit: number;
  readonly isShare: boolean;
}

export interface Checked {
  readonly threshold: Threshold;
  readonly passed: boolean;
  /** In the unit of the limit. */
  readonly actual: number;
  /** A sentence without its full stop. */
  readonly sentence: string;
}

/** @throws OptionError */
export function parseThreshold(given: string): Threshold {
  const text = given.replaceAll(/\s/g, '');
  const match = /^(?:([a-z]+)\.)?([a-z]+\d*(?:\.\d+)?)(<=|>=|<|>)(\d+(?:\.\d+)?)(us|ms|s|%)?$/.exec(
    text,
  );
  const wrong = new OptionError(`${JSON.stringify(given)} is no threshold; ${FORMS}.`);
  if (match === null) throw wrong;
  const [, of, metric, operator, number, unit] = match;
  const value = Number(number);
  const base = {
    text,
    of: 'response',
    operator: operator as Threshold['operator'],
    isShare: false,
  } as const;
  if (Object.hasOwn(LATENCIES, metric)) {
    if (unit === undefined || unit === '%') throw wrong;
    if (of !== undefined && !OF.includes(of as Threshold['of'])) throw wrong;
    const limit = value * UNITS[unit as keyof typeof UNITS];
    return {
      ...base,
      of: (of ?? 'response') as Threshold['of'],
      metric: metric as LatencyName,
      limit,
    };
  }
  if (of !== undefined) throw wrong;
  if (metric === 'rate' && unit === undefined) return { ...base, metric, limit: value };
  if (!SHARES.includes(metric as 'errors') || (unit !== undefined && unit !== '%')) throw wrong;
  const isShare = unit === '%';
  return { ...base, metric: metric as 'errors', limit: isShare ? value / 100 : value, isShare };
}

/** Where nothing was measured a latency keeps no threshold, and neither does a share of errors. */
export function checkThreshold(threshold: Threshold, result: LoadResult): Checked {
  const { isShare, limit, metric, of, operator, text } = threshold;
  let actual: number;
  let shown: string;
  if (metric === 'rate') {
    actual = result.ratePerSecond;
    shown = `${actual.toFixed(1)}/s`;
  } else if (metric === 'errors' || metric === 'unsent') {
    const errors = result.failedTotal + result.connects.broken;
    const count = metric === 'errors' ? errors : result.unsent;
    const all = metric === 'errors' ? result.sent : (result.scheduled ?? 0);
    if (metric === 'errors' && result.answered + count === 0) return nothingMeasured(threshold);
    const share = count / Math.max(1, all);
    actual = isShare ? share : count;
    shown = isShare ? `${(share * 100).toFixed(3)}%` : String(count);
  } else {
    const summary = result[of];
    if (summary === null || summary.count === 0) {
      return nothingMeasured(threshold);
    }
    actual = summary[LATENCIES[metric]];
    shown = actual < 1000 ? `${actual.toFixed(1)} µs` : `${(actual / 1000).toFixed(3)} ms`;
  }
  const passed = OPERATORS[operator](actual, limit);
  return {
    threshold,
    passed,
    actual,
    sentence: `${text} was ${passed ? '' : 'not '}kept: it was ${shown}`,
  };
}

function nothingMeasured(threshold: Threshold): Checked {
  return {
    threshold,
    passed: false,
    actual: Number.NaN,
    sentence: `${threshold.text} was not kept: nothing was measured`,
  };
}
