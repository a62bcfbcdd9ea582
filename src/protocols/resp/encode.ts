/**
 * What goes out, by hand into the scratch buffer: 9 ns for a short bulk string, where joining text and encoding it with
 * the write takes 25.
 */
import { Buffer } from 'node:buffer';
import { BEYOND_LATIN1 } from '../framing/decoder.ts';
import { CR, LF } from '../framing/line.ts';
import { show } from '../framing/options.ts';
import type { Writer } from '../writer.ts';
import { Type, type RespSettings } from './decoder.ts';

/** A status, such as OK. Not binary-safe: no CR, no LF. */
export interface RespSimple {
  readonly simple: string;
}
/** An error. By convention its first word is a code in capitals. No CR, no LF. */
export interface RespError {
  readonly error: string;
}
/** `*-1`: no array, as BLPOP says when its time is over. */
export interface RespNullArray {
  readonly nullArray: true;
}

/** Plain data, so that it crosses threads: a string is a bulk string, null the null bulk string. */
export type RespReply =
  | string
  | Uint8Array
  | number
  | bigint
  | null
  | RespSimple
  | RespError
  | RespNullArray
  | readonly RespReply[];

export type RespArgument = string | Uint8Array | number | bigint;

/** `+OK`. */
export const ok: RespSimple = Object.freeze({ simple: 'OK' });
/** `*-1`. */
export const nullArray: RespNullArray = Object.freeze({ nullArray: true });

/** @throws TypeError if `text` has a CR or an LF */
export function simple(text: string): RespSimple {
  if (LINE_BREAK.test(text)) throw breaksLine(text);
  return { simple: text };
}

/** Line breaks become spaces, as in redis (addReplyErrorFormat): what is quoted in an error may have any. */
export function error(text: string): RespError {
  return { error: text.replaceAll(/[\r\n]/g, ' ') };
}

const LINE_BREAK = /[\r\n]/;
const ZERO = 0x30;
/** Longer text is written by one call into C++, shorter by hand: even at about 20 characters. */
const BY_HAND_CHARS = 20;
/** Longer text is measured before room is made for it. */
const MEASURE_CHARS = 4096;
/** `$`, ten digits, CRLF twice. */
const FRAME_BYTES = 16;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

export class RespEncoder {
  readonly latin1: boolean;
  readonly maxDepth: number;

  constructor(settings: RespSettings) {
    this.latin1 = settings.encoding === 'latin1';
    this.maxDepth = settings.maxDepth;
  }

  /** @throws TypeError, having written nothing */
  reply(reply: RespReply, writer: Writer): void {
    if (!Array.isArray(reply)) {
      this.#value(reply, writer, 0);
      return;
    }
    const before = writer.reserve(0);
    try {
      this.#array(reply, writer, 0);
    } catch (failed) {
      writer.length = before;
      throw failed;
    }
  }

  /** @throws TypeError, having written nothing */
  command(command: readonly RespArgument[], writer: Writer): void {
    if (!Array.isArray(command) || command.length === 0) {
      const given = Array.isArray(command) ? 'an empty one' : show(command);
      throw new TypeError(`A command is an array of its name and its arguments, and got ${given}.`);
    }
    const before = writer.reserve(FRAME_BYTES);
    try {
      writer.length = writeHeader(writer.buffer, before, Type.ARRAY, command.length);
      for (let i = 0; i < command.length; i += 1) this.#argument(command[i], writer);
    } catch (failed) {
      writer.length = before;
      throw failed;
    }
  }

  #argument(argument: RespArgument, writer: Writer): void {
    if (typeof argument === 'string') this.#text(argument, writer);
    else if (argument instanceof Uint8Array) writeBytes(argument, writer);
    else if (Number.isFinite(argument) || typeof argument === 'bigint')
      this.#text(`${argument}`, writer);
    else
      throw new TypeError(`A command takes strings, numbers and bytes, and got ${show(argument)}.`);
  }

  #value(reply: RespReply, writer: Writer, depth: number): void {
    if (typeof reply === 'string') this.#text(reply, writer);
    else if (typeof reply === 'number') writeInteger(reply, writer);
    else if (typeof reply === 'bigint') writeBigInt(reply, writer);
    else if (reply === null) writeAscii('$-1\r\n', writer);
    else if (reply === ok) writeAscii('+OK\r\n', writer);
    else if (Array.isArray(reply)) this.#array(reply, writer, depth);
    else if (reply instanceof Uint8Array) writeBytes(reply, writer);
    else this.#line(reply as RespSimple & RespError & RespNullArray, writer);
  }

  #array(list: readonly RespReply[], writer: Writer, depth: number): void {
    if (depth === this.maxDepth) {
      throw new TypeError(`resp cannot carry arrays nested deeper than ${this.maxDepth}.`);
    }
    const at = writer.reserve(FRAME_BYTES);
    writer.length = writeHeader(writer.buffer, at, Type.ARRAY, list.length);
    for (let i = 0; i < list.length; i += 1) this.#value(list[i], writer, depth + 1);
  }

  #line(reply: Partial<RespSimple & RespError & RespNullArray>, writer: Writer): void {
    if (typeof reply !== 'object') throw noForm(reply);
    const isError = typeof reply.error === 'string';
    const text = isError ? reply.error : reply.simple;
    if (typeof text !== 'string') {
      if (reply.nullArray !== true) throw noForm(reply);
      writeAscii('*-1\r\n', writer);
      return;
    }
    if (LINE_BREAK.test(text)) throw breaksLine(text);
    this.#checkText(text);
    const at = writer.reserve(text.length * 3 + 3);
    const { buffer } = writer;
    buffer[at] = isError ? Type.ERROR : Type.SIMPLE;
    const byHand = text.length <= BY_HAND_CHARS && writeByHand(text, buffer, at + 1);
    const written = byHand
      ? text.length
      : buffer.write(text, at + 1, this.latin1 ? 'latin1' : 'utf8');
    writer.length = writeEnd(buffer, at + 1 + written);
  }

  /** A bulk string. */
  #text(text: string, writer: Writer): void {
    const { length } = text;
    const most = length > MEASURE_CHARS ? Buffer.byteLength(text) : length * 3;
    const at = writer.reserve(FRAME_BYTES + most);
    const { buffer } = writer;
    const begin = writeHeader(buffer, at, Type.BULK, length);
    if (length > BY_HAND_CHARS || !writeByHand(text, buffer, begin)) {
      this.#longText(text, writer, at, begin);
      return;
    }
    writer.length = writeEnd(buffer, begin + length);
  }

  #longText(text: string, writer: Writer, at: number, begin: number): void {
    this.#checkText(text);
    const { buffer } = writer;
    const encoding = this.latin1 ? 'latin1' : 'utf8';
    const written = buffer.write(text, begin, encoding);
    if (written === text.length) {
      writer.length = writeEnd(buffer, begin + written);
      return;
    }
    // More bytes than characters: the length was a guess, and its digits may be too few.
    const right = writeHeader(buffer, at, Type.BULK, written);
    writer.length = writeEnd(buffer, right + buffer.write(text, right, encoding));
  }

  #checkText(text: string): void {
    if (this.latin1 && BEYOND_LATIN1.test(text)) {
      throw new TypeError(`resp takes latin1 text, and got ${show(text)}.`);
    }
  }
}

/** False, with nothing of use written, where the text is not ASCII. */
function writeByHand(text: string, buffer: Buffer, at: number): boolean {
  let all = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    all |= code;
    buffer[at + i] = code;
  }
  return all < 128;
}

/** A type, a whole number from 0 on, CRLF. */
function writeHeader(buffer: Buffer, at: number, type: number, value: number): number {
  buffer[at] = type;
  return writeEnd(buffer, writeDigits(buffer, at + 1, value));
}

function writeDigits(buffer: Buffer, at: number, value: number): number {
  if (value < 10) {
    buffer[at] = ZERO + value;
    return at + 1;
  }
  let digits = 2;
  for (let rest = value; rest >= 100; rest = Math.floor(rest / 10)) digits += 1;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i -= 1) {
    const next = Math.floor(rest / 10);
    buffer[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  return at + digits;
}

function writeEnd(buffer: Buffer, at: number): number {
  buffer[at] = CR;
  buffer[at + 1] = LF;
  return at + 2;
}

function writeInteger(value: number, writer: Writer): void {
  if (!Number.isSafeInteger(value)) {
    throw new TypeError(
      `resp has integers only, and got ${show(value)}: send other numbers as strings.`,
    );
  }
  const at = writer.reserve(FRAME_BYTES * 2);
  const { buffer } = writer;
  buffer[at] = Type.INTEGER;
  if (value < 0) buffer[at + 1] = 0x2d;
  const digits = value < 0 ? at + 2 : at + 1;
  writer.length = writeEnd(buffer, writeDigits(buffer, digits, Math.abs(value)));
}

function writeBigInt(value: bigint, writer: Writer): void {
  if (value > INT64_MAX || value < INT64_MIN) {
    throw new TypeError(`resp has integers of 64 bits, and got ${value}.`);
  }
  writeAscii(`:${value}\r\n`, writer);
}

function writeAscii(text: string, writer: Writer): void {
  const at = writer.reserve(text.length);
  writeByHand(text, writer.buffer, at);
  writer.length = at + text.length;
}

function writeBytes(bytes: Uint8Array, writer: Writer): void {
  const at = writer.reserve(FRAME_BYTES + bytes.length);
  const { buffer } = writer;
  const begin = writeHeader(buffer, at, Type.BULK, bytes.length);
  buffer.set(bytes, begin);
  writer.length = writeEnd(buffer, begin + bytes.length);
}

function noForm(value: unknown): TypeError {
  const what = typeof value === 'boolean' ? 'it has no booleans, so say 1 or 0' : 'it has no form';
  return new TypeError(`resp cannot carry ${show(value)}: ${what}.`);
}

function breaksLine(text: string): TypeError {
  return new TypeError(`resp cannot carry ${show(text)} as a line: it has a CR or an LF.`);
}
