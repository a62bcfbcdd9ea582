/** The knee search with its loads: knee.ts says which rate, runLoad says what became of it. */
import { OptionError } from '../errors.ts';
import { beginKnee, Phase, stepKnee, type KneeLimit, type KneePlan } from './knee.ts';
import type { LoadPlan } from './plan.ts';
import type { LoadResult, Verdict } from './result.ts';
import { runLoad, type RunOptions } from './run.ts';
import { checkThreshold, type Threshold } from './threshold.ts';

/** Of the rate that was wanted, so much must have been answered: else the service level was missed, whatever it says. */
const KEPT_SHARE = 0.98;
const TRIAL_MS = 4000;
const TRIAL_WARMUP_MS = 1000;

const DEFAULTS: KneePlan = { startHz: 1000, leastHz: 10, mostHz: 1_000_000, precision: 0.05 };

export interface KneeTrial {
  readonly rateHz: number;
  readonly met: boolean;
  /** What was not kept, as sentences. */
  readonly missed: readonly string[];
  readonly ratePerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly verdict: Verdict;
}

export interface KneeResult {
  readonly target: string;
  readonly slo: readonly string[];
  /** The highest rate that met it; 0: none did. */
  readonly kneePerSecond: number;
  /** The lowest that missed it; null: none did. */
  readonly missedPerSecond: number | null;
  readonly limit: KneeLimit;
  /** It was ended early. */
  readonly interrupted: boolean;
  /** Why, where nobody asked for it; else null. As of a load. */
  readonly gaveUp: string | null;
  readonly trials: readonly KneeTrial[];
  /** The load at the knee. */
  readonly atKnee: LoadResult | null;
}

export interface KneeOptions extends RunOptions {
  readonly search?: Partial<KneePlan>;
  readonly onTrial?: (trial: KneeTrial) => void;
}

/**
 * Finds the highest rate at which the target keeps every threshold of `slo`. The plan's `rateHz` is the first to be
 * tried (default 1000); each trial takes its `durationMs` (default 4 s) and `warmupMs` (default 1 s).
 *
 * @throws OptionError as runLoad does, and for a plan with stages or a count
 */
export async function findKnee(
  input: LoadPlan,
  slo: readonly Threshold[],
  options: KneeOptions = {},
): Promise<KneeResult> {
  if (slo.length === 0)
    throw new OptionError('A knee search needs a service level, such as p99<5ms.');
  if (input.stages !== undefined || input.count !== undefined) {
    throw new OptionError('A knee search sets the rate itself: leave stages and count out.');
  }
  if (input.publishers !== undefined) {
    throw new OptionError(
      'A knee search counts answers, and a broadcast has none: leave publishers out.',
    );
  }
  const search = { ...DEFAULTS, startHz: input.rateHz ?? DEFAULTS.startHz, ...options.search };
  const trials: KneeTrial[] = [];
  let atKnee: LoadResult | null = null;
  let interrupted = false;
  let gaveUp: string | null = null;
  let state = beginKnee(search);
  while (state.phase !== Phase.DONE) {
    const { rateHz } = state;
    const plan = { durationMs: TRIAL_MS, warmupMs: TRIAL_WARMUP_MS, ...input, rateHz };
    const result = await runLoad(plan, options);
    ({ interrupted, gaveUp } = result);
    if (interrupted) break;
    const trial = judgeTrial(result, rateHz, slo);
    trials.push(trial);
    options.onTrial?.(trial);
    if (trial.met) atKnee = result;
    const { name } = result.verdict;
    state = stepKnee(search, state, {
      met: trial.met,
      noisy: name === 'NOISY_MACHINE',
      clientBound: name === 'CLIENT_BOUND',
    });
  }
  return {
    target: input.target,
    slo: slo.map(({ text }) => text),
    kneePerSecond: state.metHz,
    missedPerSecond: state.missedHz === Infinity ? null : state.missedHz,
    limit: state.limit,
    interrupted,
    gaveUp,
    trials,
    atKnee,
  };
}

function judgeTrial(result: LoadResult, rateHz: number, slo: readonly Threshold[]): KneeTrial {
  const missed = slo
    .map((threshold) => checkThreshold(threshold, result))
    .filter(({ passed }) => !passed)
    .map(({ sentence }) => sentence);
  const kept = (result.answered + result.failedTotal) / Math.max(1, result.scheduled ?? 0);
  if (kept < KEPT_SHARE) missed.push(`only ${(kept * 100).toFixed(1)}% of what was due got done`);
  return {
    rateHz,
    met: missed.length === 0,
    missed,
    ratePerSecond: result.ratePerSecond,
    p50Us: result.response.p50Us,
    p99Us: result.response.p99Us,
    verdict: result.verdict,
  };
}
