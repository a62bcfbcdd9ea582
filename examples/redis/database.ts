/** Keys, their values, and when they end. */
import type { List } from './list.ts';
import type { MemberSet } from './member-set.ts';
import type { SortedSet } from './sorted-set.ts';

export type Hash = Map<string, string>;
/** What a key holds. A string that is a number, since something was added to it, is kept as one. */
export type Value = string | number | bigint | List | MemberSet | SortedSet | Hash;

/** Expired keys removed in one sweep: what is left waits for the next, or for somebody who asks. */
const MOST_SWEPT = 1000;

export class Database {
  #values = new Map<string, Value>();
  /** In milliseconds since 1970. */
  #deadlines = new Map<string, number>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    if (this.#deadlines.size > 0) this.#expire(key);
    return this.#values.get(key);
  }

  /** A new value, which has no deadline. */
  set(key: string, value: Value): void {
    this.#values.set(key, value);
    if (this.#deadlines.size > 0) this.#deadlines.delete(key);
  }

  /** A changed value, whose deadline stands. */
  update(key: string, value: Value): void {
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (this.#deadlines.size > 0) {
      this.#expire(key);
      this.#deadlines.delete(key);
    }
    return this.#values.delete(key);
  }

  deadline(key: string): number | undefined {
    return this.#deadlines.get(key);
  }

  setDeadline(key: string, atMs: number): void {
    this.#deadlines.set(key, atMs);
  }

  keys(): IterableIterator<string> {
    this.sweep(Infinity);
    return this.#values.keys();
  }

  clear(): void {
    this.#values.clear();
    this.#deadlines.clear();
  }

  /** Removes keys whose time is over. */
  sweep(most = MOST_SWEPT): void {
    if (this.#deadlines.size === 0) return;
    const now = Date.now();
    let left = most;
    for (const [key, atMs] of this.#deadlines) {
      if (atMs > now) continue;
      this.#values.delete(key);
      this.#deadlines.delete(key);
      left -= 1;
      if (left === 0) break;
    }
  }

  #expire(key: string): void {
    const atMs = this.#deadlines.get(key);
    if (atMs === undefined || atMs > Date.now()) return;
    this.#values.delete(key);
    this.#deadlines.delete(key);
  }
}
