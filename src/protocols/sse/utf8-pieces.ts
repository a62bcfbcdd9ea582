/** UTF-8 that comes in pieces, cut anywhere. */
import { Buffer } from 'node:buffer';
import { utf8Text } from '../framing/decoder.ts';

const NOTHING = Buffer.alloc(0);

export class Utf8Pieces {
  /** The first bytes of a character whose others are still to come: at most three. */
  #tail: Buffer = NOTHING;

  /** The text of `[from, to)`, and of what was cut before it; undefined where that is no UTF-8. */
  text(buffer: Buffer, from: number, to: number): string | undefined {
    if (this.#tail.length > 0) {
      const joined = Buffer.concat([this.#tail, buffer.subarray(from, to)]);
      this.#tail = NOTHING;
      return this.text(joined, 0, joined.length);
    }
    const end = to - cutBytes(buffer, from, to);
    if (end < to) this.#tail = Buffer.from(buffer.subarray(end, to));
    return utf8Text(buffer, from, end);
  }
}

/** How many bytes at the end belong to a character that is not whole. */
function cutBytes(buffer: Buffer, from: number, to: number): number {
  for (let count = 1; count <= 3 && to - count >= from; count += 1) {
    const byte = buffer[to - count];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > count ? count : 0;
    }
  }
  return 0;
}
