/**
 * Holds the instrument against servers whose latency is known: how far off is each percentile, and is the truth within
 * the bounds that the instrument states of itself?
 */
import { PERCENTILES, type PercentileName } from './histogram.ts';
import { startReference } from './reference/start.ts';
import { percentileOf, replayed } from './reference/replay.ts';
import type { Script } from './reference/script.ts';
import type { LoadPlan } from './plan.ts';
import type { LoadResult, Verdict } from './result.ts';
import { runLoad, type RunOptions } from './run.ts';
import { Schedule } from './schedule.ts';

const RATE_HZ = 2000;
const DURATION_MS = 5000;
const WARMUP_MS = 1000;
/** So many that a stall of half a second does not use them up: the truth knows no such limit. */
const CONNECTIONS = 1000;

export const CASES: readonly Script[] = [
  { kind: 'stall', everyMs: 1000, stallMs: 100 },
  { kind: 'constant', holdMs: 5 },
  { kind: 'bimodal', every: 50, fastMs: 1, slowMs: 20 },
];

export interface CalibrationRow {
  readonly percentile: PercentileName | 'max';
  readonly truthUs: number;
  readonly reportedUs: number;
  /** Reported less truth. */
  readonly errorUs: number;
  /** What the instrument said of its own error. */
  readonly leastUs: number;
  readonly mostUs: number;
  readonly within: boolean;
}

export interface CalibrationCase {
  readonly script: Script;
  readonly rows: readonly CalibrationRow[];
  readonly answered: number;
  readonly lagP99Us: number;
  readonly verdict: Verdict;
}

export interface Calibration {
  readonly rateHz: number;
  readonly durationMs: number;
  readonly cases: readonly CalibrationCase[];
  readonly interrupted: boolean;
}

export interface CalibrateOptions extends RunOptions {
  readonly rateHz?: number;
  readonly durationMs?: number;
  readonly arrivals?: 'uniform' | 'poisson';
  readonly seed?: number;
  readonly onCase?: (script: Script) => void;
}

/** Takes 6 s for each case by default; 2000 requests/s. */
export async function calibrate(options: CalibrateOptions = {}): Promise<Calibration> {
  const { rateHz = RATE_HZ, durationMs = DURATION_MS, arrivals = 'uniform', seed = 1 } = options;
  const cases: CalibrationCase[] = [];
  let interrupted = false;
  for (const script of CASES) {
    options.onCase?.(script);
    const server = await startReference(script);
    const plan: LoadPlan = {
      target: server.target,
      rateHz,
      durationMs,
      arrivals,
      seed,
      warmupMs: WARMUP_MS,
      connections: CONNECTIONS,
      threads: 1,
    };
    let result: LoadResult;
    try {
      result = await runLoad(plan, options);
    } catch (error) {
      await server.stop();
      throw error;
    }
    const log = await server.stop();
    interrupted ||= result.interrupted;
    if (interrupted) break;
    const dueAt = duesOf(plan, result.clockFromMs);
    cases.push({
      script,
      rows: compare(result, replayed(log, dueAt)),
      answered: result.answered,
      lagP99Us: result.lag?.p99Us ?? 0,
      verdict: result.verdict,
    });
  }
  return { rateHz, durationMs, cases, interrupted };
}

/** When each request of a plan was due, by the common clock. */
export function duesOf(plan: LoadPlan, clockFromMs: number): number[] {
  const schedule = new Schedule(
    { arrivals: 'uniform', seed: 1, durationMs: DURATION_MS, ...plan, threads: 1 },
    0,
  );
  const dues: number[] = [];
  for (let due = schedule.next(); due !== Infinity; due = schedule.next())
    dues.push(clockFromMs + due);
  return dues;
}

export function compare({ response }: LoadResult, truth: Float64Array): CalibrationRow[] {
  return PERCENTILES.map(([percentile, share]) => {
    const truthUs = percentileOf(truth, share);
    const reportedUs = response[`${percentile}Us`];
    const { leastUs, mostUs } = response.bounds[percentile];
    const within = leastUs <= truthUs && truthUs <= mostUs;
    return {
      percentile,
      truthUs,
      reportedUs,
      errorUs: reportedUs - truthUs,
      leastUs,
      mostUs,
      within,
    };
  });
}
