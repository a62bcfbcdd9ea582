/** A topic that loops follow (StartContext.follow), as the main loop has it: it numbers the messages and keeps the last. */
import type { Keep } from '../handler.ts';
import { newEpoch } from '../net/bus.ts';
import { Recent, type Sized } from '../recent.ts';

interface Kept extends Sized {
  readonly packed: Uint8Array;
}

export class Journal {
  readonly epoch = newEpoch();
  readonly #kept: Recent<Kept>;

  constructor({ history, historyLimitBytes }: Required<Keep>) {
    this.#kept = new Recent(history, historyLimitBytes);
  }

  /** Gives its number. `packed` may be a view: it is copied. */
  add(packed: Uint8Array): number {
    this.#kept.add({ packed: Uint8Array.prototype.slice.call(packed), bytes: packed.length });
    return this.#kept.last;
  }

  /** What is kept of the messages behind that number, and the number before the first of them. */
  after(number: number): { readonly before: number; readonly messages: readonly Uint8Array[] } {
    const before = Math.max(number, this.#kept.oldest - 1);
    const messages = this.#kept.after(before) ?? [];
    return { before, messages: messages.map(({ packed }) => packed) };
  }
}
