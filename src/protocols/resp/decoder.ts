/** What the two sides of RESP share: their options, and numbers and text as they stand on the wire. */
import { Buffer } from 'node:buffer';
import type { ProtocolError } from '../../errors.ts';
import { BaseDecoder, copyBytes, utf8Text } from '../framing/decoder.ts';
import { CR, LF } from '../framing/line.ts';
import { SHORT_TEXT_BYTES, shortText } from './short-text.ts';

export type RespEncoding = 'utf8' | 'latin1' | 'buffer';

/** The options with every default filled in. */
export interface RespSettings {
  readonly encoding: RespEncoding;
  readonly maxBytes: number;
  readonly maxArguments: number;
  readonly maxDepth: number;
}

export const Type = {
  BULK: 0x24, // $
  ARRAY: 0x2a, // *
  SIMPLE: 0x2b, // +
  ERROR: 0x2d, // -
  INTEGER: 0x3a, // :
} as const;

/** `readNumber`: the line's end has not come. */
export const CUT = -1;
/** `readNumber`: that is no length, whatever comes. */
export const WRONG = -2;
/** 10 digits: more than any limit can be, and exact. */
const MOST_DIGITS = 10;

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

export abstract class RespDecoder<T> extends BaseDecoder<T> {
  /** What `readNumber` read. */
  protected number = 0;
  protected readonly encoding: RespEncoding;
  /** Bytes below it are one character each. */
  protected readonly ceiling: number;
  protected readonly maxArguments: number;

  constructor(settings: RespSettings) {
    super(settings.maxBytes);
    this.encoding = settings.encoding;
    this.ceiling = settings.encoding === 'latin1' ? 256 : 128;
    this.maxArguments = settings.maxArguments;
  }

  /**
   * Reads a length or a count with its CRLF into `number`, as strictly as redis does (string2ll in util.c): no sign but
   * a minus, no leading zero, nothing else.
   * @returns where it ends, CUT or WRONG
   */
  protected readNumber(buffer: Buffer, from: number, stop: number): number {
    if (from >= stop) return CUT;
    const negative = buffer[from] === MINUS;
    const first = negative ? from + 1 : from;
    let at = first;
    let value = 0;
    while (at < stop) {
      const byte = buffer[at];
      if (byte < ZERO || byte > NINE) {
        if (byte !== CR || at === first) return WRONG;
        if (buffer[first] === ZERO && (negative || at > first + 1)) return WRONG;
        if (at + 1 >= stop) return CUT;
        if (buffer[at + 1] !== LF) return WRONG;
        this.number = negative ? -value : value;
        return at + 2;
      }
      if (at - first >= MOST_DIGITS) return WRONG;
      value = value * 10 + (byte - ZERO);
      at += 1;
    }
    return CUT;
  }

  /** @throws ProtocolError where it is not UTF-8 and should be */
  protected readText(buffer: Buffer, from: number, to: number): string {
    const length = to - from;
    if (length <= SHORT_TEXT_BYTES) {
      const text = shortText(buffer, from, length, this.ceiling);
      if (text !== undefined) return text;
    }
    if (this.encoding === 'latin1') return buffer.toString('latin1', from, to);
    const text = utf8Text(buffer, from, to);
    if (text !== undefined) return text;
    throw this.notText();
  }

  /** Text was expected, and the bytes are not UTF-8. */
  protected abstract notText(): ProtocolError;

  protected readBulk(buffer: Buffer, from: number, to: number): string | Buffer {
    return this.encoding === 'buffer'
      ? copyBytes(buffer, from, to)
      : this.readText(buffer, from, to);
  }
}

/** What redis says before it closes. */
export function protocolErrorReply(what: string): Buffer {
  return Buffer.from(`-ERR Protocol error: ${what}\r\n`, 'latin1');
}
