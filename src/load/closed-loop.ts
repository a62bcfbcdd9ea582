/** The closed loop: each connection sends its next request when an answer has come, after the think time if there is one. */
import type { Failure } from './account.ts';
import { nowMs, runAt } from './clock.ts';
import { Fifo } from './fifo.ts';
import type { Loop, LoopHost } from './loop.ts';
import { shareOf } from './plan.ts';
import type { Slot } from './slot.ts';

interface Thought {
  readonly slot: Slot;
  readonly readyAt: number;
}

export class ClosedLoop implements Loop {
  readonly scheduled = 0;
  readonly waiting = 0;
  readonly #host: LoopHost;
  readonly #thinkMs: number;
  readonly #step: number;
  #stopped = true;
  #closed = false;
  #measureAt = Infinity;
  /** Whether what is sent now is measured. */
  #measuring = false;
  /** Measured requests still to be sent. */
  #left: number;
  #sequence: number;
  #warmSequence: number;
  /** Whose answers have come, in the order in which their think times end. */
  readonly #thinking = new Fifo<Thought>();
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(host: LoopHost) {
    const { count, thinkMs, threads } = host.plan;
    this.#host = host;
    this.#thinkMs = thinkMs;
    this.#step = threads;
    this.#left = count === undefined ? Infinity : shareOf(count, threads, host.thread);
    this.#sequence = host.thread;
    this.#warmSequence = -1 - host.thread;
  }

  start(at: number): void {
    runAt(at, () => {
      if (this.#closed) return;
      this.#stopped = this.#measuring && this.#left <= 0;
      if (this.#measureAt <= at) this.#begin();
      for (const slot of this.#host.slots) this.#fill(slot);
    });
  }

  measure(at: number): void {
    this.#measureAt = at;
    runAt(at, () => this.#begin());
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  close(): void {
    this.#closed = true;
    this.stop();
  }

  freed(slot: Slot, _at: number): void {
    if (this.#thinkMs === 0 || slot.answers === 0) this.#fill(slot);
  }

  answered(slot: Slot, at: number): void {
    if (this.#thinkMs === 0 || this.#stopped) return;
    this.#thinking.push({ slot, readyAt: at + this.#thinkMs });
    if (this.#thinking.length === 1) this.#sleep();
  }

  refused(failure: Failure): void {
    if (this.#take() === undefined) return;
    this.#host.failUnsent(nowMs(), failure);
  }

  #begin(): void {
    if (this.#measuring || this.#closed) return;
    this.#measuring = true;
    this.#host.begun(nowMs());
    // A thread with no part of the count has nothing to send.
    if (this.#left === 0) this.#finish();
  }

  #finish(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#host.finished();
  }

  #fill(slot: Slot): void {
    while (slot.room > 0) {
      const sequence = this.#take();
      if (sequence === undefined) break;
      slot.send(sequence, 0, 0);
    }
    slot.flush();
  }

  /** The number of the next request; undefined if there is to be none. */
  #take(): number | undefined {
    if (this.#stopped) return undefined;
    if (!this.#measuring) {
      this.#warmSequence -= this.#step;
      return this.#warmSequence + this.#step;
    }
    this.#left -= 1;
    if (this.#left <= 0) this.#finish();
    this.#sequence += this.#step;
    return this.#sequence - this.#step;
  }

  #sleep(): void {
    this.#timer = setTimeout(
      () => this.#wake(),
      Math.max(0, this.#thinking.peek().readyAt - nowMs()),
    );
  }

  #wake(): void {
    const now = nowMs();
    while (this.#thinking.length > 0 && this.#thinking.peek().readyAt <= now) {
      const { slot } = this.#thinking.shift();
      if (slot.room === 0) continue;
      const sequence = this.#take();
      if (sequence === undefined) return;
      slot.send(sequence, 0, 0);
      slot.flush();
    }
    if (this.#thinking.length > 0) this.#sleep();
  }
}
