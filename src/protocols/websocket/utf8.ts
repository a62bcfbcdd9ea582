/**
 * UTF-8 checked as it arrives, in whatever pieces (RFC 3629; RFC 6455, 8.1): a bad byte is found in the piece that
 * brings it, also within a character that is cut.
 *
 *     [ rest of a cut character | whole characters: native, fast | beginning of a cut one ]
 */
import { isUtf8, type Buffer } from 'node:buffer';

export class Utf8Checker {
  /** Bytes that the character under way still needs, and what the next may be. */
  #needed = 0;
  #least = 0x80;
  #most = 0xbf;

  restart(): void {
    this.#needed = 0;
    this.#least = 0x80;
    this.#most = 0xbf;
  }

  /** No character is cut. */
  get isWhole(): boolean {
    return this.#needed === 0;
  }

  /** False: the bytes seen so far cannot be the beginning of any UTF-8 text. */
  check(buffer: Buffer, from: number, to: number): boolean {
    let at = from;
    for (; this.#needed > 0 && at < to; at += 1) if (!this.#take(buffer[at])) return false;
    const cut = cutAt(buffer, at, to);
    if (cut > at && !isUtf8(buffer.subarray(at, cut))) return false;
    for (at = cut; at < to; at += 1) if (!this.#take(buffer[at])) return false;
    return true;
  }

  #take(byte: number): boolean {
    if (this.#needed > 0) {
      if (byte < this.#least || byte > this.#most) return false;
      this.#needed -= 1;
      this.#least = 0x80;
      this.#most = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false; // overlong, or beyond U+10FFFF
    this.#needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#least = 0xa0; // overlong below
    else if (byte === 0xed) this.#most = 0x9f; // surrogates above
    else if (byte === 0xf0) this.#least = 0x90;
    else if (byte === 0xf4) this.#most = 0x8f;
    return true;
  }
}

/** Where the last character begins, if its end is missing; else `to`. */
function cutAt(buffer: Buffer, from: number, to: number): number {
  const first = Math.max(from, to - 3);
  for (let at = to - 1; at >= first; at -= 1) {
    const byte = buffer[at];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return at + length > to ? at : to;
  }
  return to;
}
