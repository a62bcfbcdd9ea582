/**
 * Finds the end of a chunked body (RFC 9112, 7.1), and takes its content out. It may stop at any byte and go on.
 *
 *     size [;extensions] CR LF data CR LF   …   0 CR LF   trailer lines   CR LF
 *
 * A size is one to eight hexadecimal digits and nothing else; an extension is `;name`, `;name=token` or
 * `;name="text"` without blanks (RFC 9112 allows blanks and calls them bad; CVE-2021-22960 came by way of extensions).
 */
import { CR, HEX, LF, SEMICOLON, TOKEN } from './chars.ts';
import { FieldScanner, Scan } from './fields.ts';
import type { Limits } from './options.ts';

const DIGITS = 8;
const DQUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;

const State = { LINE: 0, DATA: 1, TRAILERS: 2 } as const;

export class ChunkScanner {
  /** Where to go on, from the message's start. */
  at = 0;
  /** Bytes of content so far. */
  length = 0;
  /** After MORE: the offset that has to be there, at least, for the message's end. */
  want = 0;
  /** After REFUSED. */
  status = 400;
  reason = '';
  /** After LINE: the size of the chunk. */
  size = 0;
  readonly trailers: FieldScanner;

  readonly #limits: Limits;
  #state: number = State.LINE;
  #start = 0;
  /** Where the message must end at the latest. */
  #limitAt = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.trailers = new FieldScanner(limits.headLimitBytes, limits.headerLimit, true);
  }

  /** A body begins at `at`, and must end, its framing included, at `limitAt` at the latest. */
  restart(at: number, limitAt: number): void {
    this.at = this.#start = at;
    this.#limitAt = limitAt;
    this.length = 0;
    this.size = 0;
    this.#state = State.LINE;
  }

  /** Like FieldScanner.scan: the offset behind the body, MORE or REFUSED. */
  scan(buffer: Buffer, base: number, stop: number): number {
    for (;;) {
      if (this.#state === State.TRAILERS) return this.#scanTrailers(buffer, base, stop);
      if (this.#state === State.LINE) {
        const data = this.line(buffer, base + this.at, stop, base + this.#limitAt);
        if (data < 0) return data;
        this.at = data - base;
        if (this.size === 0) {
          this.#state = State.TRAILERS;
          const { headLimitBytes } = this.#limits;
          this.trailers.restart(this.at, Math.min(headLimitBytes, this.#limitAt - this.at));
          continue;
        }
        this.length += this.size;
        const end = this.at + this.size + CRLF_BYTES + LAST_CHUNK_BYTES;
        if (this.length > this.#limits.bodyLimitBytes || end > this.#limitAt) {
          return this.refuse(413, 'The body is too long.');
        }
        this.#state = State.DATA;
      }
      const end = base + this.at + this.size;
      if (!isCrLf(buffer, end, stop)) {
        if (stop >= end + 2 || (stop > end && buffer[end] !== CR)) {
          return this.refuse(400, 'A chunk is not followed by CR LF.');
        }
        this.want = end + 2 - base + LAST_CHUNK_BYTES;
        return Scan.MORE;
      }
      this.at = end + 2 - base;
      this.#state = State.LINE;
      if (this.at - this.#start - this.length > this.length + this.#limits.headLimitBytes) {
        return this.refuse(413, 'The body has more chunk framing than content.');
      }
    }
  }

  /** Reads a chunk's line at `from`: sets `size` and returns where its data begin; or MORE or REFUSED. */
  line(buffer: Buffer, from: number, stop: number, limitAt: number): number {
    const cap = Math.min(from + this.#limits.chunkLineLimitBytes, limitAt);
    const end = stop < cap ? stop : cap;
    let i = from;
    let size = 0;
    for (; i < end; i += 1) {
      const digit = HEX[buffer[i]];
      if (digit === 255) break;
      if (i - from === DIGITS) return this.refuse(400, 'A chunk size has more than 8 digits.');
      size = size * 16 + digit;
    }
    if (i < end) {
      if (i === from) return this.refuse(400, 'A chunk size is not a hexadecimal number.');
      if (buffer[i] === SEMICOLON) i = this.#extensions(buffer, i, end);
      if (i < 0) return i;
    }
    if (i + 1 >= end) {
      if (i < end && buffer[i] !== CR) return this.refuse(400, 'A chunk size is malformed.');
      if (stop >= cap) return this.refuse(413, 'A chunk line is too long.');
      this.want = 0;
      return Scan.MORE;
    }
    if (buffer[i] !== CR || buffer[i + 1] !== LF) {
      return this.refuse(400, 'A chunk size is malformed.');
    }
    this.size = size;
    return i + 2;
  }

  /** Behind the extensions at `from`, or where they are cut, or REFUSED. */
  #extensions(buffer: Buffer, from: number, end: number): number {
    let i = from;
    while (i < end && buffer[i] === SEMICOLON) {
      const name = i + 1;
      for (i = name; i < end && TOKEN[buffer[i]] === 1;) i += 1;
      if (i === end) return i;
      if (i === name) return this.refuse(400, 'A chunk extension has no name.');
      if (buffer[i] !== EQUALS) continue;
      i = value(buffer, i + 1, end);
      if (i < 0) return this.refuse(400, 'A chunk extension has a malformed value.');
    }
    return i;
  }

  #scanTrailers(buffer: Buffer, base: number, stop: number): number {
    const { trailers } = this;
    const end = trailers.scan(buffer, base, stop);
    this.want = 0;
    if (end !== Scan.REFUSED) return end;
    return this.refuse(trailers.status, trailers.reason);
  }

  refuse(status: number, reason: string): number {
    this.status = status;
    this.reason = reason;
    return Scan.REFUSED;
  }
}

const CRLF_BYTES = 2;
/** `0 CR LF CR LF`. */
const LAST_CHUNK_BYTES = 5;

/** Copies the content of a body that was scanned: the chunks from `from` on, `length` bytes in all. */
export function joinChunks(buffer: Buffer, from: number, length: number): Buffer {
  const content = Buffer.allocUnsafe(length);
  let at = 0;
  for (let i = from; at < length;) {
    let size = 0;
    for (; HEX[buffer[i]] !== 255; i += 1) size = size * 16 + HEX[buffer[i]];
    i = skipLine(buffer, i);
    buffer.copy(content, at, i, i + size);
    at += size;
    i += size + 2;
  }
  return content;
}

/** Behind the chunk line's CR LF. A CR cannot stand in an extension, not even in a quoted one. */
function skipLine(buffer: Buffer, from: number): number {
  let i = from;
  while (buffer[i] !== CR) i += 1;
  return i + 2;
}

/** token / quoted-string (RFC 9110, 5.6.4). Behind it, or where it is cut; -1: neither. */
function value(buffer: Buffer, from: number, end: number): number {
  let i = from;
  if (i < end && buffer[i] !== DQUOTE) {
    while (i < end && TOKEN[buffer[i]] === 1) i += 1;
    return i === from ? -1 : i;
  }
  for (i += 1; i < end; i += 1) {
    const byte = buffer[i];
    if (byte === DQUOTE) return i + 1;
    if (byte === BACKSLASH) i += 1;
    if (i < end && (buffer[i] < 32 || buffer[i] > 126)) return -1;
  }
  return end;
}

function isCrLf(buffer: Buffer, at: number, stop: number): boolean {
  return at + 1 < stop && buffer[at] === CR && buffer[at + 1] === LF;
}
