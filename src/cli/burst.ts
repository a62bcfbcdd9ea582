/**
 * Which of many like events are told in full: the first of each kind, then how many came in each second, until a
 * second passes without any. A handler that throws at every message must not drown the log, or slow the server by it.
 * Pure: who calls `tick` once per second owns the clock.
 */

/** Kinds that are remembered; those beyond it are only counted. */
const MOST_KINDS = 8;
/** How many of a second are looked at: to know an error's kind its stack is formatted, which takes microseconds. */
const MOST_LOOKS = 100;

export class Burst {
  #kinds = new Set<string>();
  #since = 0;
  #counted = 0;

  /** True: tell it in full. */
  take(kindOf: () => string): boolean {
    this.#since += 1;
    if (this.#since <= MOST_LOOKS && this.#kinds.size < MOST_KINDS) {
      const kind = kindOf();
      if (!this.#kinds.has(kind)) {
        this.#kinds.add(kind);
        return true;
      }
    }
    this.#counted += 1;
    return false;
  }

  /** So many that nobody looks at. */
  count(events: number): void {
    this.#since += events;
    this.#counted += events;
  }

  /** A second is over. `counted`: how many were not told; `quiet`: there was nothing at all, and all is forgotten. */
  tick(): { counted: number; quiet: boolean } {
    const verdict = { counted: this.#counted, quiet: this.#since === 0 };
    this.#since = 0;
    this.#counted = 0;
    if (verdict.quiet) this.#kinds.clear();
    return verdict;
  }
}
