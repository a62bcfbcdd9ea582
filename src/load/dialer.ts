/** Opens connections: not too many at once, and not too soon after attempts that brought nothing. */
import { State, type Slot } from './slot.ts';

/** Connections of one thread that are being opened at once: the server's backlog is not ours to fill. */
const CONNECTING_LIMIT = 64;
/** Between attempts that bring nothing: doubled each time, from the first to the last. */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 1000;

export class Dialer {
  readonly #waiting: Slot[] = [];
  #connecting = 0;
  /** Attempts still to be over until `dialAll()` resolves. */
  #missing = 0;
  #over = Promise.withResolvers<void>();
  #closed = false;

  /** Resolves when each has been opened or has failed once. */
  dialAll(slots: readonly Slot[]): Promise<void> {
    this.#missing = slots.length;
    for (const slot of slots) this.#connect(slot);
    return this.#over.promise;
  }

  /** Opens it again, at once if its last connection brought an answer. */
  dialAgain(slot: Slot): void {
    const pause = Math.max(pauseMs(slot.fruitless), slot.reconnectMs);
    if (pause === 0) this.#connect(slot);
    else setTimeout(() => this.#connect(slot), pause).unref();
  }

  /** An attempt is over, well or not: the next may begin. */
  settled(): void {
    this.#connecting -= 1;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#connect(next);
    this.#missing -= 1;
    if (this.#missing === 0) this.#over.resolve();
  }

  close(): void {
    this.#closed = true;
  }

  #connect(slot: Slot): void {
    if (this.#closed || slot.state !== State.IDLE) return;
    if (this.#connecting >= CONNECTING_LIMIT) {
      this.#waiting.push(slot);
      return;
    }
    this.#connecting += 1;
    slot.connect();
  }
}

/** Before the next attempt, after so many that brought no answer. */
export function pauseMs(fruitless: number): number {
  return fruitless === 0 ? 0 : Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (fruitless - 1));
}
