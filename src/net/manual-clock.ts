/** A clock that stands still until it is advanced. */
import type { Clock } from './clock.ts';

interface Alarm {
  readonly everyMs: number;
  readonly fn: () => void;
  nextMs: number;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #alarms = new Set<Alarm>();

  nowMs(): number {
    return this.#nowMs;
  }

  every(ms: number, fn: () => void): () => void {
    const alarm = { everyMs: ms, fn, nextMs: this.#nowMs + ms };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  soon(fn: () => void): void {
    process.nextTick(fn);
  }

  /** Lets so much time pass; whatever is due on the way is called in its order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      let next: Alarm | undefined;
      for (const alarm of this.#alarms)
        if (next === undefined || alarm.nextMs < next.nextMs) next = alarm;
      if (next === undefined || next.nextMs > end) break;
      this.#nowMs = next.nextMs;
      next.nextMs += next.everyMs;
      next.fn();
    }
    this.#nowMs = end;
  }
}
