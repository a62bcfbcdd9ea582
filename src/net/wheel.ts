/**
 * One timer for all deadlines of a loop. Activity only stamps a connection with the current tick; when its bucket comes
 * round, the stamp decides whether it is due or moves on.
 *
 *     tick ─▶ buckets: [..][..][conn conn][..]      due = stamp + ticks of its timeout
 */
import type { Clock } from './clock.ts';

const BUCKETS = 512;

export interface WheelEntry {
  /** Tick of the last activity. */
  stamp: number;
  /** Where it lies: -1 when it does not. */
  bucket: number;
  index: number;
  /** Ticks after `stamp` at which it is due (or was: they may be negative); 0 for never. */
  timeoutTicks(): number;
  /** MUST remove the entry or leave it with a later deadline. */
  onDue(): void;
}

export class Wheel {
  tick = 0;
  readonly tickMs: number;
  #buckets: WheelEntry[][] = Array.from({ length: BUCKETS }, () => []);
  #size = 0;
  #clock: Clock;
  #startedMs = 0;
  #stop: (() => void) | undefined = undefined;

  /** `tickMs`: the precision of every deadline. */
  constructor(clock: Clock, tickMs: number) {
    this.#clock = clock;
    this.tickMs = tickMs;
  }

  get size(): number {
    return this.#size;
  }

  /** Ticks that cover `ms`, rounded up, at least 1; 0 for 0 (never). */
  ticks(ms: number): number {
    return ms === 0 ? 0 : Math.max(1, Math.ceil(ms / this.tickMs));
  }

  add(entry: WheelEntry): void {
    if (this.#stop === undefined) {
      this.#startedMs = this.#clock.nowMs() - this.tick * this.tickMs;
      this.#stop = this.#clock.every(this.tickMs, () => this.#advance());
    }
    entry.stamp = this.tick;
    this.#place(entry);
    this.#size += 1;
  }

  /** Its timeout has changed: due from now on by the new one. */
  restart(entry: WheelEntry): void {
    if (entry.bucket < 0) return;
    this.#unlink(entry);
    entry.stamp = this.tick;
    this.#place(entry);
  }

  remove(entry: WheelEntry): void {
    if (entry.bucket < 0) return;
    this.#unlink(entry);
    this.#size -= 1;
    if (this.#size === 0) {
      this.#stop?.();
      this.#stop = undefined;
    }
  }

  /** A loop that was busy catches up: every bucket that was passed over is looked at. */
  #advance(): void {
    const now = Math.floor((this.#clock.nowMs() - this.#startedMs) / this.tickMs);
    const first = Math.max(this.tick + 1, now - BUCKETS + 1);
    this.tick = Math.max(this.tick, now);
    for (let tick = first; tick <= now; tick += 1) {
      for (const entry of this.#buckets[tick % BUCKETS].slice()) {
        if (entry.bucket !== tick % BUCKETS) continue; // ended by another entry's onDue()
        const ticks = entry.timeoutTicks();
        if (ticks !== 0 && entry.stamp + ticks <= this.tick) entry.onDue();
        if (entry.bucket === tick % BUCKETS) {
          this.#unlink(entry);
          this.#place(entry);
        }
      }
    }
  }

  #place(entry: WheelEntry): void {
    const ticks = entry.timeoutTicks();
    const ahead = ticks === 0 ? BUCKETS - 1 : entry.stamp + ticks - this.tick;
    const bucket = (this.tick + Math.min(Math.max(ahead, 1), BUCKETS - 1)) % BUCKETS;
    entry.bucket = bucket;
    entry.index = this.#buckets[bucket].push(entry) - 1;
  }

  #unlink(entry: WheelEntry): void {
    const bucket = this.#buckets[entry.bucket];
    const last = bucket.pop()!;
    if (last !== entry) {
      bucket[entry.index] = last;
      last.index = entry.index;
    }
    entry.bucket = -1;
  }
}
