/**
 * How late a stamp may be, and how busy the thread was. Both are read off the turns of the event loop.
 *
 *     ─ check ┐ poll ─ read ─ read ─ check ┐ poll ─ read ─ ...
 *            E2                          E1           ▲ stamp
 *
 * An answer that is read in this turn was not there when the poll before the last one looked, which was after E2 (the end
 * of the turn before the last): so its stamp is late by less than `stamp − E2`. Where the loop slept in between, it was
 * woken by the answer: then only the time since the turn's first read counts.
 */
import { nowMs } from './clock.ts';

/** A gap longer than that between two turns was sleep: polling without waiting takes 2 to 10 us. */
const SLEPT_MS = 0.1;

export class TurnWatch {
  readonly #now: () => number;
  /** Somebody turns the loop without a pause, and calls `endTurn()` each time. */
  #spinning = false;
  #inTurn = false;
  #worked = false;
  #turnFrom = 0;
  /** The ends of the last turn and of the one before. */
  #end1 = 0;
  #end2 = 0;
  /** No answer of this turn was there before. */
  #floor = 0;
  #busyMs = 0;
  #measuring = false;
  readonly #endTurn = (): void => {
    if (!this.#spinning) this.endTurn();
  };

  /** @param now the thread's clock */
  constructor(now: () => number = nowMs) {
    this.#now = now;
  }

  /** The time, at a read. */
  stamp(): number {
    const now = this.#now();
    if (!this.#inTurn) {
      this.#inTurn = true;
      this.#worked = true;
      if (this.#spinning) {
        this.#floor = this.#end2;
      } else {
        this.#turnFrom = now;
        this.#floor = now - this.#end1 > SLEPT_MS ? now : this.#end2;
        setImmediate(this.#endTurn);
      }
    }
    return now;
  }

  /** By how much a stamp of this turn may be late. */
  latenessMs(at: number): number {
    return at - this.#floor;
  }

  /** The time, when a spinning loop turns; the loop spins until `sleep()`. */
  wake(): number {
    const now = this.#now();
    if (!this.#spinning) {
      this.#spinning = true;
      if (!this.#inTurn) this.#turnFrom = now;
    }
    return now;
  }

  /** After `endTurn()`: the next turn may be a while. */
  sleep(): void {
    this.#spinning = false;
  }

  /** Something was sent in this turn: it was not idle. */
  work(): void {
    this.#worked = true;
  }

  /** After everything that a turn does. */
  endTurn(): void {
    const now = this.#now();
    if (this.#worked && this.#measuring) this.#busyMs += now - this.#turnFrom;
    this.#worked = false;
    this.#inTurn = false;
    this.#turnFrom = now;
    this.#end2 = this.#end1;
    this.#end1 = now;
  }

  begin(): void {
    this.#busyMs = 0;
    this.#measuring = true;
  }

  end(): void {
    this.#measuring = false;
  }

  /** Of the turns in which something was done: idle spins do not count. */
  get busyMs(): number {
    return this.#busyMs;
  }
}
