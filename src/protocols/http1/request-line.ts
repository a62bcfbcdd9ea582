/**
 * Scans a request line (RFC 9112, 3) in one pass, like FieldScanner its fields.
 *
 *     GET SP /path?query SP HTTP/1.1 CR LF
 *
 * One space each, CR LF at the end, and a target in one of the three forms that a server without tunnels takes: origin
 * form, absolute form with http or https, and `*` for OPTIONS.
 */
import { CR, LF, SLASH, SP, TARGET, TOKEN } from './chars.ts';
import { isAuthority, Scan } from './fields.ts';
import { isMethod, LONGEST_METHOD } from './methods.ts';
import type { Limits } from './options.ts';

const GET = 0x47455420; // 'GET '
const HTTP_1_ = [72, 84, 84, 80, 47, 49, 46]; // 'HTTP/1.'
const VERSION_BYTES = 10; // with CR LF
const EMPTY_LINE_BYTES = 2;
const ONE = 49;
const ASTERISK = 42;

const State = { METHOD: 0, TARGET: 1, VERSION: 2 } as const;

export class RequestLineScanner {
  /** Where to go on, from the message's start. */
  at = 0;
  method = '';
  /** From the message's start. */
  targetStart = 0;
  targetEnd = 0;
  minorVersion = 1;
  /** After REFUSED. */
  status = 400;
  reason = '';

  readonly #limits: Limits;
  #state: number = State.METHOD;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  restart(): void {
    this.at = 0;
    this.#state = State.METHOD;
  }

  /** Scans up to `stop`; `base` is the message's start. Returns the offset behind the line, MORE or REFUSED. */
  scan(buffer: Buffer, base: number, stop: number): number {
    if (this.#state === State.METHOD) {
      const end = this.#method(buffer, base, stop);
      if (end < 0) return end;
      this.targetStart = this.at = end;
      this.#state = State.TARGET;
    }
    if (this.#state === State.TARGET) {
      const end = this.#target(buffer, base, stop);
      if (end < 0) return end;
      this.at = end;
      this.#state = State.VERSION;
    }
    return this.#version(buffer, base, stop);
  }

  #method(buffer: Buffer, base: number, stop: number): number {
    if (
      stop - base >= 4 &&
      ((buffer[base] << 24) |
        (buffer[base + 1] << 16) |
        (buffer[base + 2] << 8) |
        buffer[base + 3]) ===
        GET
    ) {
      this.method = 'GET';
      return 4;
    }
    const cap = base + LONGEST_METHOD + 1;
    const end = stop < cap ? stop : cap;
    let i = base;
    while (i < end && TOKEN[buffer[i]] === 1) i += 1;
    if (i === end) {
      return end === cap ? this.#refuse(501, 'The method is not known.') : Scan.MORE;
    }
    if (buffer[i] !== SP || i === base) {
      return this.#refuse(400, 'A request begins with a method and a space.');
    }
    this.method = buffer.toString('latin1', base, i);
    if (!isMethod(this.method)) return this.#refuse(501, 'The method is not known.');
    return i + 1 - base;
  }

  #target(buffer: Buffer, base: number, stop: number): number {
    const start = base + this.targetStart;
    const { targetLimitBytes, headLimitBytes } = this.#limits;
    const cap = Math.min(
      start + targetLimitBytes + 1,
      base + headLimitBytes - VERSION_BYTES - EMPTY_LINE_BYTES,
    );
    const end = stop < cap ? stop : cap;
    let i = base + this.at;
    while (i < end && TARGET[buffer[i]] === 1) i += 1;
    if (i >= end) {
      if (stop >= cap) return this.#refuse(414, 'The request target is too long.');
      this.at = i - base;
      return Scan.MORE;
    }
    if (buffer[i] !== SP) {
      return this.#refuse(400, 'The request target holds a byte that is not allowed.');
    }
    if (buffer[start] !== SLASH && !this.#otherForm(buffer, start, i)) {
      return this.#refuse(400, 'The request target is in none of the forms that are served.');
    }
    this.targetEnd = i - base;
    return i + 1 - base;
  }

  #otherForm(buffer: Buffer, start: number, end: number): boolean {
    if (end - start === 1 && buffer[start] === ASTERISK) return this.method === 'OPTIONS';
    const target = buffer.toString('latin1', start, end);
    const scheme = /^https?:\/\//i.exec(target)?.[0].length ?? 0;
    if (scheme === 0) return false;
    const authority = /[/?]/.exec(target.slice(scheme))?.index ?? target.length - scheme;
    const from = start + scheme;
    // An empty host is no URI of http (RFC 9110, 4.2.1).
    return authority > 0 && target[scheme] !== ':' && isAuthority(buffer, from, from + authority);
  }

  #version(buffer: Buffer, base: number, stop: number): number {
    const from = base + this.at;
    if (
      stop - from >= VERSION_BYTES &&
      buffer[from + 7] === ONE &&
      buffer[from + 8] === CR &&
      buffer[from + 9] === LF &&
      buffer[from] === 72 &&
      buffer[from + 1] === 84 &&
      buffer[from + 2] === 84 &&
      buffer[from + 3] === 80 &&
      buffer[from + 4] === 47 &&
      buffer[from + 5] === ONE &&
      buffer[from + 6] === 46
    ) {
      this.minorVersion = 1;
      return from + VERSION_BYTES - base;
    }
    return this.#otherVersion(buffer, base, from, stop);
  }

  /** Byte by byte: what is cut is refused where it goes wrong, like what is whole. */
  #otherVersion(buffer: Buffer, base: number, from: number, stop: number): number {
    const most = Math.min(stop - from, VERSION_BYTES);
    for (let i = 0; i < most; i += 1) {
      const byte = buffer[from + i];
      const isDigit = byte >= 48 && byte <= 57;
      const fits = i === 5 || i === 7 ? isDigit : byte === (i < 7 ? HTTP_1_[i] : i === 8 ? CR : LF);
      if (!fits) return this.#refuse(400, 'A request line ends with HTTP/1.1 or HTTP/1.0.');
      if ((i === 5 && byte !== ONE) || (i === 7 && byte > ONE)) {
        return this.#refuse(505, 'Only HTTP/1.1 and HTTP/1.0 are served here.');
      }
    }
    if (most < VERSION_BYTES) return Scan.MORE;
    this.minorVersion = buffer[from + 7] - 48;
    return from + VERSION_BYTES - base;
  }

  #refuse(status: number, reason: string): number {
    this.status = status;
    this.reason = reason;
    return Scan.REFUSED;
  }
}
