/**
 * Messages behind their length, for the protocols that are framed so:
 *
 *     [ length: 1, 2, 4 or 8 bytes, unsigned ][ that many bytes ]
 */
import type { Buffer } from 'node:buffer';
import { Step } from '../protocol.ts';
import type { Writer } from '../writer.ts';
import { BaseDecoder } from './decoder.ts';
import { byteLimit, oneOf } from './options.ts';

export interface LengthOptions {
  /** How long the length itself is, in bytes. Default 4. */
  readonly bytes?: 1 | 2 | 4 | 8;
  /** Default 'big': network byte order (RFC 1700). */
  readonly endian?: 'big' | 'little';
  /** Longest message received, its length field included. Default: the server's `messageLimitBytes`. */
  readonly maxBytes?: number;
}

export const LENGTH_RULES = {
  bytes: oneOf(1, 2, 4, 8),
  endian: oneOf('big', 'little'),
  maxBytes: byteLimit,
} as const;

const HIGH_WORD = 2 ** 32;

/** How the length is written; one for each protocol. */
export class LengthFormat {
  readonly bytes: number;
  readonly little: boolean;
  /** The longest message that the length field can announce. */
  readonly most: number;

  constructor(options: LengthOptions) {
    this.bytes = options.bytes ?? 4;
    this.little = options.endian === 'little';
    this.most = Math.min(256 ** this.bytes - 1, Number.MAX_SAFE_INTEGER);
  }

  /** Above 2^53 the nearest double: greater than any limit, which is all that is asked of it. */
  read(buffer: Buffer, at: number): number {
    switch (this.bytes) {
      case 1:
        return buffer[at];
      case 2:
        return this.little
          ? buffer[at] | (buffer[at + 1] << 8)
          : (buffer[at] << 8) | buffer[at + 1];
      case 4:
        return word(buffer, at, this.little);
      default: {
        const first = word(buffer, at, this.little);
        const second = word(buffer, at + 4, this.little);
        return this.little ? second * HIGH_WORD + first : first * HIGH_WORD + second;
      }
    }
  }

  write(buffer: Buffer, at: number, length: number): void {
    const last = this.bytes - 1;
    let rest = length;
    for (let i = 0; i <= last; i += 1) {
      buffer[this.little ? at + i : at + last - i] = rest; // a typed array keeps the low eight bits
      rest = rest < HIGH_WORD ? rest >>> 8 : Math.floor(rest / 256);
    }
  }

  /** @throws TypeError where the length field is too short for a message of so many bytes. */
  check(length: number): void {
    if (length > this.most) {
      throw new TypeError(
        `A message of ${length} bytes does not fit behind a length of ${this.bytes} byte(s): it takes ${this.most} at most.`,
      );
    }
  }

  /** Writes one message of bytes. */
  encode(message: Uint8Array, writer: Writer): void {
    this.check(message.length);
    const at = writer.reserve(this.bytes + message.length);
    this.write(writer.buffer, at, message.length);
    writer.buffer.set(message, at + this.bytes);
    writer.length = at + this.bytes + message.length;
  }
}

/** An unsigned 32-bit integer, whatever its highest bit. */
function word(buffer: Buffer, at: number, little: boolean): number {
  return little
    ? (buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24)) >>> 0
    : ((buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3]) >>> 0;
}

export abstract class LengthDecoder<T> extends BaseDecoder<T> {
  protected readonly format: LengthFormat;

  constructor(limit: number, format: LengthFormat) {
    super(limit);
    this.format = format;
  }

  next(): Step {
    if (this.failure !== undefined) return Step.FAIL;
    const from = this.pos;
    const body = from + this.format.bytes;
    if (body > this.stop) return this.more(Math.min(this.format.bytes, this.limit));
    const length = this.format.read(this.buffer, from);
    const end = body + length;
    if (end - from > this.limit) return this.#tooLarge(length);
    if (end > this.stop) return this.more(end - from);
    this.start = from;
    this.pos = this.end = end;
    return Step.MESSAGE;
  }

  /** Where the message begins, behind its length. */
  protected get body(): number {
    return this.start + this.format.bytes;
  }

  #tooLarge(length: number): Step {
    const given = Number.isSafeInteger(length) ? `${length}` : 'more than 2^53';
    return this.fail(
      'TOO_LARGE',
      `A message of ${given} bytes was announced; the limit is ${this.limit} with its length of ${this.format.bytes} byte(s).`,
    );
  }
}
