/**
 * When requests are due in the open loop. Pure: the schedule is known before the load begins, and nothing that the server
 * does can change it.
 *
 *     unit arrivals x₀ < x₁ < ...  ──profile──▶  times t₀ < t₁ < ...   where the rate, summed up to t, has reached x
 *
 * Uniform arrivals are x = 0, 1, 2, ...; those of a Poisson process are sums of exponential gaps (mean 1) from a seeded
 * generator. In bursts of n, n arrivals have the same x, and the next ones come n times later: the rate stays. Threads share one schedule: each walks all of it, and keeps its own part.
 */
import type { Arrivals, Stage } from './plan.ts';

/** A stretch of time in which the rate goes from one value to another in a straight line. */
interface Stretch {
  readonly fromMs: number;
  readonly durationMs: number;
  /** Arrivals per millisecond, at its beginning and its end. */
  readonly fromRate: number;
  readonly toRate: number;
  /** Arrivals expected before it. */
  readonly before: number;
}

/** How the rate goes over time. */
export class RateProfile {
  readonly #stretches: Stretch[] = [];
  /** Arrivals expected over all of it. */
  readonly total: number;
  #at = 0;

  /** @param stages each with the rate at its end; the first begins at `rateHz` */
  constructor(rateHz: number, stages: readonly Stage[]) {
    let before = 0;
    let fromMs = 0;
    let fromRate = rateHz / 1000;
    for (const { durationMs, rateHz: toHz } of stages) {
      const toRate = toHz / 1000;
      this.#stretches.push({ fromMs, durationMs, fromRate, toRate, before });
      before += ((fromRate + toRate) / 2) * durationMs;
      fromMs += durationMs;
      fromRate = toRate;
    }
    this.total = before;
  }

  /** When the expected number of arrivals reaches `x`; Infinity if it never does. `x` MUST NOT be less than the last time. */
  timeOf(x: number): number {
    if (x >= this.total) return Infinity;
    while (this.#at + 1 < this.#stretches.length && x >= this.#stretches[this.#at + 1].before)
      this.#at += 1;
    const { before, durationMs, fromMs, fromRate, toRate } = this.#stretches[this.#at];
    const rest = x - before;
    if (rest <= 0 && fromRate > 0) return fromMs;
    // rest = fromRate·t + slope·t²/2, solved for t in the form that does not cancel.
    const slope = durationMs === Infinity ? 0 : (toRate - fromRate) / durationMs;
    const root = Math.sqrt(Math.max(0, fromRate * fromRate + 2 * slope * rest));
    const sum = fromRate + root;
    return sum === 0 ? fromMs : fromMs + (2 * rest) / sum;
  }
}

export interface SchedulePlan {
  readonly rateHz?: number | undefined;
  readonly stages?: readonly Stage[] | undefined;
  readonly durationMs: number;
  readonly count?: number | undefined;
  readonly arrivals: Arrivals;
  /** Default 1. */
  readonly burst?: number;
  readonly seed: number;
  readonly threads: number;
}

/** One thread's part of the schedule. */
export class Schedule {
  readonly #profile: RateProfile;
  readonly #gap: (() => number) | undefined;
  readonly #thread: number;
  readonly #threads: number;
  readonly #count: number;
  readonly #burst: number;
  /** The next arrival of all threads: its number and its unit time. */
  #index = 0;
  #x: number;
  /** The number of the arrival that `next()` gave last, over all threads. */
  sequence = -1;

  constructor(plan: SchedulePlan, thread: number) {
    const {
      arrivals,
      burst = 1,
      count = Infinity,
      durationMs,
      rateHz = 0,
      seed,
      stages,
      threads,
    } = plan;
    this.#profile = new RateProfile(rateHz, stages ?? [{ durationMs, rateHz }]);
    this.#gap = arrivals === 'poisson' ? exponential(seed) : undefined;
    this.#thread = thread;
    this.#threads = threads;
    this.#count = count;
    this.#burst = burst;
    this.#x = (this.#gap?.() ?? 0) * burst;
  }

  /** When this thread's next request is due, in milliseconds from the beginning; Infinity after the last. */
  next(): number {
    for (;;) {
      const sequence = this.#index;
      if (sequence >= this.#count) return Infinity;
      const x = this.#x;
      this.#index += 1;
      if (this.#index % this.#burst === 0) {
        this.#x = this.#gap === undefined ? this.#index : x + this.#gap() * this.#burst;
      }
      if (sequence % this.#threads !== this.#thread) {
        if (x >= this.#profile.total) return Infinity;
        continue;
      }
      this.sequence = sequence;
      return this.#profile.timeOf(x);
    }
  }
}

/** Gaps of a Poisson process with one arrival per unit. */
export function exponential(seed: number): () => number {
  const random = randomFrom(seed);
  return () => -Math.log1p(-random());
}

/** Numbers from [0, 1), the same for the same seed on every machine: mulberry32, whose period of 2^32 outlasts a load. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
