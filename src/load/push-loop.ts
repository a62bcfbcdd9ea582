/** Nothing is sent: what comes is counted, from when the warm-up is over until the time or the count is. */
import { nowMs, runAt } from './clock.ts';
import type { Loop, LoopHost } from './loop.ts';
import { shareOf } from './plan.ts';

export class PushLoop implements Loop {
  readonly scheduled = 0;
  readonly waiting = 0;
  readonly #host: LoopHost;
  #measureAt = Infinity;
  #measuring = false;
  #over = false;
  /** Measured events still to come. */
  #left: number;

  constructor(host: LoopHost) {
    const { count, threads } = host.plan;
    this.#host = host;
    this.#left = count === undefined ? Infinity : shareOf(count, threads, host.thread);
  }

  start(): void {}

  measure(at: number): void {
    this.#measureAt = at;
    runAt(at, () => this.#begin());
  }

  stop(): void {
    // Where the machine is busy all may have come before the timer.
    if (nowMs() >= this.#measureAt) this.#begin();
    this.#over = true;
  }

  close(): void {
    this.#over = true;
  }

  freed(): void {}

  /** A measured event has come. */
  answered(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#finish();
  }

  refused(): void {}

  #begin(): void {
    if (this.#measuring || this.#over) return;
    this.#measuring = true;
    this.#host.begun(nowMs());
    if (this.#left === 0) this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#host.finished();
  }
}
