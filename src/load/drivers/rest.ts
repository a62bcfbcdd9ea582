/** What is fed at the moment, and what an unfinished answer keeps of it until more comes. */
import { Buffer } from 'node:buffer';

const INITIAL_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);

export class Rest {
  /** What is to be fed: `[0, end)`, of which `[0, fresh)` was fed before. */
  buffer: Buffer = NOTHING;
  end = 0;
  fresh = 0;
  #kept: Buffer | undefined = undefined;
  #keptEnd = 0;

  /** `[0, end)` of `buffer` came: behind what was kept, if anything was. */
  take(buffer: Buffer, end: number): void {
    this.fresh = this.#keptEnd;
    if (this.#keptEnd === 0) {
      this.buffer = buffer;
      this.end = end;
      return;
    }
    this.buffer = this.#append(buffer, 0, end);
    this.end = this.#keptEnd;
    this.#keptEnd = 0;
  }

  /** Nothing came, and nothing will: what was kept once more. False: nothing was. */
  again(): boolean {
    if (this.#keptEnd === 0) return false;
    this.buffer = this.#kept!;
    this.end = this.fresh = this.#keptEnd;
    this.#keptEnd = 0;
    return true;
  }

  /** Keeps the bytes from `pos` on. */
  keep(pos: number): void {
    if (pos >= this.end) return;
    if (this.buffer === this.#kept) {
      this.#kept.copyWithin(0, pos, this.end);
      this.#keptEnd = this.end - pos;
    } else {
      this.#append(this.buffer, pos, this.end);
    }
    this.end = 0;
  }

  #append(buffer: Buffer, from: number, to: number): Buffer {
    const needed = this.#keptEnd + to - from;
    let kept = this.#kept;
    if (kept === undefined || kept.length < needed) {
      const grown = Buffer.allocUnsafeSlow(
        Math.max(needed, 2 * (kept?.length ?? 0), INITIAL_BYTES),
      );
      kept?.copy(grown, 0, 0, this.#keptEnd);
      this.#kept = kept = grown;
    }
    buffer.copy(kept, this.#keptEnd, from, to);
    this.#keptEnd = needed;
    return kept;
  }
}
