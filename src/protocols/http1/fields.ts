/**
 * Scans a header section, or a trailer section, in one pass over its bytes: every byte is checked, nothing is allocated,
 * and the few fields that say how a message is framed are read on the way. It may stop at any byte and go on.
 *
 *     name ':' value CR LF   name ':' value CR LF   CR LF
 *     └ NAME ┘└── VALUE ───┘                        └ the end
 *
 * Refused with 400 (RFC 9112, 5 and 2.2): a line folded on to the next, a bare CR or LF, a space before the colon, an
 * empty name, a control byte, NUL. A sender that means no harm sends none of them, and each has carried a smuggled
 * request past somebody.
 */
import { listOf } from './headers.ts';
import { COLON, COMMA, CR, HT, isWord, LF, PLAIN_HOST, SP, TOKEN, VALUE } from './chars.ts';

/** What `scan()` returns instead of an offset. */
export const Scan = {
  /** Not the end yet: `at` is where to go on. */
  MORE: -1,
  /** Against the rules: `status` and `reason` say which. */
  REFUSED: -2,
} as const;

/** Content-Length or Transfer-Encoding, as far as they were given. */
export const NO_LENGTH = -1;

export class FieldScanner {
  /** Where to go on, from the message's start. Set it by `restart()`. */
  at = 0;
  /** Where the lines begin. */
  start = 0;
  count = 0;
  /** Content-Length's value, infinite past 2^53; else NO_LENGTH. */
  contentLength = NO_LENGTH;
  chunked = false;
  /** `Connection: close` and so on. */
  close = false;
  keepAlive = false;
  upgradeOption = false;
  /** An Upgrade field is there. */
  upgrade = false;
  hosts = 0;
  /** `Expect: 100-continue`. */
  expectContinue = false;
  /** An expectation that is none of ours. */
  expectOther = false;
  /** After REFUSED. */
  status = 400;
  reason = '';

  #limitBytes: number;
  readonly #limit: number;
  /** A trailer section: fields that frame a message are refused (RFC 9110, 6.5.1). */
  readonly #trailers: boolean;
  #line = 0;
  #nameEnd = 0;
  #inValue = false;

  /** `limitBytes` counts from the message's start, in a trailer section from the section's. */
  constructor(limitBytes: number, limit: number, trailers: boolean) {
    this.#limitBytes = limitBytes;
    this.#limit = limit;
    this.#trailers = trailers;
  }

  /** A new section begins at `at`, counted from the message's start. */
  restart(at: number, limitBytes = this.#limitBytes): void {
    this.#limitBytes = limitBytes;
    this.at = this.start = this.#line = at;
    this.count = 0;
    this.contentLength = NO_LENGTH;
    this.chunked = this.close = this.keepAlive = this.upgradeOption = this.upgrade = false;
    this.hosts = 0;
    this.expectContinue = this.expectOther = false;
    this.#inValue = false;
  }

  /** Scans up to `stop`; `base` is the message's start. Returns the offset behind the empty line, from the start. */
  scan(buffer: Buffer, base: number, stop: number): number {
    const cap = base + this.#limitBytes + (this.#trailers ? this.start : 0);
    const end = stop < cap ? stop : cap;
    let i = base + this.at;
    let line = base + this.#line;
    let nameEnd = base + this.#nameEnd;
    let inValue = this.#inValue;
    for (;;) {
      if (!inValue) {
        while (i < end && TOKEN[buffer[i]] === 1) i += 1;
        if (i >= end) break;
        const byte = buffer[i];
        if (byte !== COLON) {
          if (byte !== CR || i !== line) return this.#refuse(400, badName(byte, i === line));
          if (i + 1 >= end) break;
          if (buffer[i + 1] !== LF)
            return this.#refuse(400, 'A CR without an LF ended the header.');
          return i + 2 - base;
        }
        if (i === line) return this.#refuse(400, 'A header name is empty.');
        this.count += 1;
        if (this.count > this.#limit) {
          return this.#refuse(431, `There are more than ${this.#limit} header lines.`);
        }
        nameEnd = i;
        inValue = true;
        i += 1;
      }
      while (i < end && VALUE[buffer[i]] === 1) i += 1;
      if (i >= end) break;
      if (buffer[i] !== CR) return this.#refuse(400, badValue(buffer[i]));
      if (i + 1 >= end) break;
      if (buffer[i + 1] !== LF) return this.#refuse(400, 'A header value holds a bare CR.');
      if (IS_SPECIAL_LENGTH[nameEnd - line] === 1) {
        const reason = this.#special(buffer, line, nameEnd, i);
        if (reason !== '') return this.#refuse(this.status, reason);
      }
      i += 2;
      line = i;
      inValue = false;
    }
    if (end < stop || stop === cap) {
      return this.#refuse(431, `A header section is longer than ${this.#limitBytes} bytes.`);
    }
    this.at = i - base;
    this.#line = line - base;
    this.#nameEnd = nameEnd - base;
    this.#inValue = inValue;
    return Scan.MORE;
  }

  #refuse(status: number, reason: string): number {
    this.status = status;
    this.reason = reason;
    return Scan.REFUSED;
  }

  /** Reads a field that frames the message. Returns what is wrong with it, or ''. */
  #special(buffer: Buffer, line: number, nameEnd: number, lineEnd: number): string {
    let from = nameEnd + 1;
    let to = lineEnd;
    while (from < to && isBlank(buffer[from])) from += 1;
    while (from < to && isBlank(buffer[to - 1])) to -= 1;
    switch (nameEnd - line) {
      case 4:
        if (!isWord(buffer, line, nameEnd, 'host')) return '';
        return this.#trailers ? forbidden('Host') : this.#host(buffer, from, to);
      case 6:
        if (!isWord(buffer, line, nameEnd, 'expect')) return '';
        return this.#trailers ? forbidden('Expect') : this.#expect(buffer, from, to);
      case 7:
        if (!isWord(buffer, line, nameEnd, 'upgrade')) return '';
        if (this.#trailers) return forbidden('Upgrade');
        this.upgrade = true;
        return '';
      case 10:
        if (!isWord(buffer, line, nameEnd, 'connection')) return '';
        return this.#trailers ? forbidden('Connection') : this.#connection(buffer, from, to);
      case 14:
        if (!isWord(buffer, line, nameEnd, 'content-length')) return '';
        if (hasTab(buffer, nameEnd, lineEnd)) return TAB;
        return this.#trailers ? forbidden('Content-Length') : this.#length(buffer, from, to);
      default:
        if (!isWord(buffer, line, nameEnd, 'transfer-encoding')) return '';
        if (hasTab(buffer, nameEnd, lineEnd)) return TAB;
        return this.#trailers ? forbidden('Transfer-Encoding') : this.#coding(buffer, from, to);
    }
  }

  /** RFC 9112, 3.2: one, and valid. It may be empty. */
  #host(buffer: Buffer, from: number, to: number): string {
    this.hosts += 1;
    if (this.hosts > 1) return 'There is more than one Host.';
    return isAuthority(buffer, from, to) ? '' : 'The Host is not a host and port.';
  }

  /** RFC 9110, 10.1.1. */
  #expect(buffer: Buffer, from: number, to: number): string {
    if (isWord(buffer, from, to, '100-continue')) this.expectContinue = true;
    else this.expectOther = true;
    return '';
  }

  /** RFC 9110, 7.6.1: a list of options, in any case. */
  #connection(buffer: Buffer, from: number, to: number): string {
    let start = from;
    while (start < to) {
      let end = start;
      while (end < to && buffer[end] !== COMMA) end += 1;
      let last = end;
      while (start < last && isBlank(buffer[start])) start += 1;
      while (start < last && isBlank(buffer[last - 1])) last -= 1;
      if (isWord(buffer, start, last, 'close')) this.close = true;
      else if (isWord(buffer, start, last, 'keep-alive')) this.keepAlive = true;
      else if (isWord(buffer, start, last, 'upgrade')) this.upgradeOption = true;
      start = end + 1;
    }
    return '';
  }

  /** RFC 9112, 6.3: digits, once. A list of equal values might be taken; who sends one is not to be trusted. */
  #length(buffer: Buffer, from: number, to: number): string {
    this.status = 400;
    if (this.contentLength !== NO_LENGTH) return 'There is more than one Content-Length.';
    if (from === to) return 'The Content-Length is empty.';
    let length = 0;
    for (let i = from; i < to; i += 1) {
      const digit = buffer[i] - 48;
      if (digit < 0 || digit > 9) return 'The Content-Length is not a whole number.';
      length = length * 10 + digit;
    }
    this.contentLength = length > Number.MAX_SAFE_INTEGER ? Infinity : length;
    return '';
  }

  /** RFC 9112, 6.1: chunked, once and alone. Other codings are not implemented; chunked but not last has no end. */
  #coding(buffer: Buffer, from: number, to: number): string {
    this.status = 400;
    if (this.chunked) return 'There is more than one Transfer-Encoding.';
    this.chunked = true;
    if (isWord(buffer, from, to, 'chunked')) return '';
    const codings = listOf(buffer.toString('latin1', from, to).toLowerCase());
    if (codings.at(-1) !== 'chunked') return 'The Transfer-Encoding does not end in chunked.';
    if (codings.indexOf('chunked') < codings.length - 1) return 'It is chunked more than once.';
    this.status = 501;
    return 'No Transfer-Encoding other than chunked is implemented.';
  }
}

const SPECIAL_LENGTHS = new Set([4, 6, 7, 10, 14, 17]);
/** Lengths of the names that `#special` knows; longer names read beyond it: undefined. */
const IS_SPECIAL_LENGTH = new Uint8Array(32).map((_, length) =>
  SPECIAL_LENGTHS.has(length) ? 1 : 0,
);

/** uri-host [ ":" port ] (RFC 9110, 7.2); IPv6 in brackets. */
export function isAuthority(buffer: Buffer, from: number, to: number): boolean {
  let i = from;
  while (i < to && PLAIN_HOST[buffer[i]] === 1) i += 1;
  if (i < to && buffer[i] === COLON && to - i <= 6) {
    i += 1;
    while (i < to && buffer[i] >= 48 && buffer[i] <= 57) i += 1;
  }
  return i === to || AUTHORITY.test(buffer.toString('latin1', from, to));
}

const AUTHORITY =
  /^(?:(?:[0-9A-Za-z\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;

/**
 * In what frames a message. Not all that parse HTTP take a tab for a blank (llhttp does not behind "chunked"), and no
 * difference is to hide there.
 */
function hasTab(buffer: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if (buffer[i] === HT) return true;
  return false;
}

const TAB = 'A tab stands beside what frames the body.';

function isBlank(byte: number): boolean {
  return byte === SP || byte === HT;
}

function forbidden(name: string): string {
  return `${name} must not stand in a trailer section.`;
}

function badName(byte: number, first: boolean): string {
  if (byte === LF) return 'A line ends in LF without CR.';
  if (byte !== SP && byte !== HT) return 'A header name holds a byte that is not allowed.';
  return first ? 'A header line is folded.' : 'A space follows a header name.';
}

function badValue(byte: number): string {
  if (byte === LF) return 'A line ends in LF without CR.';
  return byte === 0 ? 'A header value holds NUL.' : 'A header value holds a control byte.';
}
