/**
 * When the warm-up is over: after a time, or when rate and median are steady and every connection is served. Pure but for
 * its memory.
 */
import { percentileUs } from './buckets.ts';
import type { JoinedInterval } from './tally.ts';
import { isSteady } from './steady.ts';

/** An automatic warm-up gives up then, and the result says that it was not steady. */
export const LIMIT_MS = 30_000;
/** It looks at so many intervals at a time (2 s). */
const WINDOW = 8;

export class WarmUp {
  readonly #planned: number | 'auto';
  readonly #rates: number[] = [];
  readonly #medians: number[] = [];
  #from = 0;
  #lastMs = 0;
  #over = false;
  #steady: boolean | null = null;

  constructor(planned: number | 'auto') {
    this.#planned = planned;
  }

  /** @returns when the measurement begins; Infinity where that is not known yet */
  begin(atMs: number): number {
    this.#from = this.#lastMs = atMs;
    return this.#planned === 'auto' ? Infinity : atMs + this.#planned;
  }

  /** @returns true, once: it is over, by this interval */
  add(joined: JoinedInterval): boolean {
    if (this.#over) return false;
    this.#lastMs = joined.toMs;
    this.#rates.push(joined.account.answered / (joined.toMs - joined.fromMs));
    this.#medians.push(percentileUs(joined.latencies.service, 50));
    const rate = isSteady(this.#rates.slice(-WINDOW));
    const middle = isSteady(this.#medians.slice(-WINDOW));
    const settled = rate === undefined || middle === undefined ? null : rate && middle;
    this.#steady = joined.silent > 0 ? false : settled;
    if (this.#planned !== 'auto') return false;
    const enough = this.#rates.length >= WINDOW && this.#steady === true;
    this.#over = enough || this.#lastMs - this.#from >= LIMIT_MS;
    return this.#over;
  }

  summary(): { durationMs: number; steady: boolean | null } {
    const durationMs = this.#planned === 'auto' ? this.#lastMs - this.#from : this.#planned;
    return { durationMs, steady: this.#steady };
  }
}
