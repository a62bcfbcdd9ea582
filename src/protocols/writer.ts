/**
 * What encoders write into. One per loop: it collects every reply that one read produced, and the connection sends it
 * with one write.
 *
 *     text() text() text()   → one string, encoded once by the socket's write
 *     raw(reply)             → alone: sent by reference, never copied
 *     anything else or mixed → one scratch buffer, used again as soon as the kernel has taken the bytes
 */
import { Buffer } from 'node:buffer';

const INITIAL_BYTES = 64 * 1024;
/** Larger runs of bytes are not worth copying into the scratch buffer when they stand alone. */
const KEEP_BYTES = 1024 * 1024;

export class Writer {
  /** Text so far, while nothing but text has come. */
  string = '';
  /** How `string` is to be encoded. */
  latin1Only = false;
  /** A lone run of bytes, held by reference. */
  single: Uint8Array | undefined = undefined;
  /** The scratch buffer; `[0, length)` is written. Valid after `reserve()`. */
  buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  length = 0;

  /** Bytes (for text: characters) collected so far. */
  get size(): number {
    return this.length + this.string.length + (this.single === undefined ? 0 : this.single.length);
  }

  /** Text, sent as UTF-8. An encoder keeps to `text` or to `latin1`: changing between them costs a copy. */
  text(text: string): void {
    if (
      this.length === 0 &&
      this.single === undefined &&
      (!this.latin1Only || this.string === '')
    ) {
      this.string += text;
      this.latin1Only = false;
    } else {
      const at = this.reserve(text.length * 3);
      this.length = at + this.buffer.write(text, at, 'utf8');
    }
  }

  /** Text of which every character is one byte (code points 0 to 255). */
  latin1(text: string): void {
    if (this.length === 0 && this.single === undefined && (this.latin1Only || this.string === '')) {
      this.string += text;
      this.latin1Only = true;
    } else {
      const at = this.reserve(text.length);
      this.length = at + this.buffer.write(text, at, 'latin1');
    }
  }

  /** Bytes. A lone run is kept by reference: the caller MUST NOT change it afterwards. */
  raw(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.length === 0 && this.single === undefined && this.string === '') {
      this.single = bytes;
      return;
    }
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
    this.length = at + bytes.length;
  }

  /** Without growing. */
  hasRoom(bytes: number): boolean {
    return this.length + bytes <= this.buffer.length;
  }

  /**
   * Makes room for `bytes` more and returns the offset at which to write them into `buffer`. The caller then sets
   * `length` to the end of what it wrote.
   */
  reserve(bytes: number): number {
    if (this.string !== '') this.#spillText();
    else if (this.single !== undefined) this.#spillSingle();
    const needed = this.length + bytes;
    if (needed > this.buffer.length) this.#grow(needed);
    return this.length;
  }

  /** Forgets what was collected; the scratch buffer is used again. */
  clear(): void {
    this.string = '';
    this.latin1Only = false;
    this.single = undefined;
    this.length = 0;
    if (this.buffer.length > KEEP_BYTES) this.buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /** The scratch buffer was given away: the next one is new. */
  surrender(): void {
    this.buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    this.length = 0;
  }

  #spillText(): void {
    const text = this.string;
    const encoding = this.latin1Only ? 'latin1' : 'utf8';
    this.string = '';
    this.latin1Only = false;
    const most = encoding === 'latin1' ? text.length : text.length * 3;
    if (this.buffer.length < most) this.#grow(most);
    this.length = this.buffer.write(text, 0, encoding);
  }

  #spillSingle(): void {
    const bytes = this.single!;
    this.single = undefined;
    if (this.buffer.length < bytes.length) this.#grow(bytes.length);
    this.buffer.set(bytes, 0);
    this.length = bytes.length;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}
