/**
 * Holds an instrument against servers whose latency is known: how far off is each percentile, and is the truth within
 * the bounds that the instrument states of itself?
 *
 *     truth = what the server did, from its own log (reference/replay.ts)
 *           + the way there and back, which any client sees (reference/probe.ts)
 *
 * Neither comes from the instrument. The bounds are wrong where the two cannot meet (reference/truth.ts).
 */
import { PERCENTILES, type PercentileName } from './histogram.ts';
import type { ReferenceLog } from './reference/log.ts';
import { replayed } from './reference/replay.ts';
import { probePath, startReference } from './reference/start.ts';
import type { Script } from './reference/script.ts';
import { judgeBounds, truthAt, type Judgement, type Witnesses } from './reference/truth.ts';
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
  readonly percentile: PercentileName;
  /** Until the server wrote the answer, by its own log. */
  readonly serverUs: number;
  /** There and back, by the probe: the median. */
  readonly pathUs: number;
  /** Both. */
  readonly truthUs: number;
  /** Where the truth can be: the two are known as distributions, not request by request. */
  readonly truthLeastUs: number;
  readonly truthMostUs: number;
  readonly reportedUs: number;
  /** Reported less truth. */
  readonly errorUs: number;
  /** What the instrument said of its own error. */
  readonly leastUs: number;
  readonly mostUs: number;
  readonly judgement: Judgement;
}

export interface CalibrationCase {
  readonly script: Script;
  readonly rows: readonly CalibrationRow[];
  readonly answered: number;
  readonly lagP99Us: number;
  /** Requests that others may have disturbed, since they had the server's core or the client's: 0 to 1. */
  readonly disturbedShare: number;
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
  /** Default: CASES. */
  readonly scripts?: readonly Script[];
  readonly onCase?: (script: Script) => void;
  /** What is held against the truth. Default: `runLoad`. */
  readonly instrument?: Instrument;
}

/** It carries the plan out and says what it saw. */
export type Instrument = (plan: LoadPlan, options: RunOptions) => Promise<LoadResult>;

/** Takes 7 s for each case by default; 2000 requests/s. */
export async function calibrate(options: CalibrateOptions = {}): Promise<Calibration> {
  const { rateHz = RATE_HZ, durationMs = DURATION_MS, arrivals = 'uniform', seed = 1 } = options;
  const shape = { rateHz, durationMs, arrivals, seed };
  const cases: CalibrationCase[] = [];
  let interrupted = false;
  for (const script of options.scripts ?? CASES) {
    options.onCase?.(script);
    const found = await measureCase(script, shape, options);
    interrupted = found === undefined;
    if (found === undefined) break;
    cases.push(found);
  }
  return { rateHz, durationMs, cases, interrupted };
}

type Shape = Required<Pick<CalibrateOptions, 'rateHz' | 'durationMs' | 'arrivals' | 'seed'>>;

/** Undefined: it was ended early. */
async function measureCase(
  script: Script,
  shape: Shape,
  { instrument = runLoad, ...options }: CalibrateOptions,
): Promise<CalibrationCase | undefined> {
  const pathUs = await probePath();
  const server = await startReference(script);
  const plan: LoadPlan = {
    ...shape,
    target: server.target,
    warmupMs: WARMUP_MS,
    connections: CONNECTIONS,
    threads: 1,
  };
  let result: LoadResult;
  try {
    result = await instrument(plan, options);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const log = await server.stop();
  if (result.interrupted) return undefined;
  const disturbedShare = disturbed(log, result);
  const serverUs = replayed(log, duesOf(plan, result.clockFromMs));
  return {
    script,
    rows: compare(result, { serverUs, pathUs, disturbedShare }),
    answered: result.answered,
    lagP99Us: result.lag?.p99Us ?? 0,
    disturbedShare,
    verdict: result.verdict,
  };
}

/** A thread that waits for a core finds late what comes meanwhile, and sends or answers late what is due meanwhile. */
function disturbed({ waitedMs }: ReferenceLog, { client, durationMs }: LoadResult): number {
  return durationMs === 0 ? 0 : Math.min(1, (2 * (waitedMs + client.waitedMs)) / durationMs);
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

export function compare(
  { response, verdict }: Pick<LoadResult, 'response' | 'verdict'>,
  witnesses: Witnesses,
): CalibrationRow[] {
  const noisy = verdict.name === 'NOISY_MACHINE';
  return PERCENTILES.map(([percentile, share]) => {
    const truth = truthAt(witnesses, share);
    const { pathUs, serverUs } = truth;
    const reportedUs = response[`${percentile}Us`];
    const stated = response.bounds[percentile];
    return {
      percentile,
      serverUs,
      pathUs,
      truthUs: serverUs + pathUs,
      truthLeastUs: truth.range.leastUs,
      truthMostUs: truth.range.mostUs,
      reportedUs,
      errorUs: reportedUs - serverUs - pathUs,
      leastUs: stated.leastUs,
      mostUs: stated.mostUs,
      judgement: judgeBounds(stated, truth, noisy),
    };
  });
}
