/** Replies as they come to a client, of any depth: found without recursion, and never looked at twice as they arrive. */
import type { Buffer } from 'node:buffer';
import { ProtocolError } from '../../errors.ts';
import { CR, LF } from '../framing/line.ts';
import { Step } from '../protocol.ts';
import { CUT, RespDecoder, Type, WRONG, type RespSettings } from './decoder.ts';
import { nullArray, ok, type RespReply } from './encode.ts';

/** The shortest element: `+`, CRLF. */
const LEAST_ELEMENT_BYTES = 3;
/** 2^63 has 19. */
const INTEGER_DIGITS = 19;
/** Integers of so many digits are safe, whatever they are. */
const SAFE_DIGITS = 15;

const PLUS = 0x2b;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

export class ReplyDecoder extends RespDecoder<RespReply> {
  /** Elements still due in each open array, from the outermost. */
  protected readonly due: number[] = [];
  protected depth = 0;
  /** Elements announced in this reply's arrays: in all, and of them still due. */
  protected elements = 0;
  protected dueInAll = 0;
  /** Where to go on, from `pos`, when a reply was cut. */
  protected offset = 0;
  /** What `element()` wants, when it is cut. */
  protected wanted = 0;
  /** `element()` found the beginning of an array. */
  protected opened = false;
  /** Where `take()` is. */
  protected cursor = 0;
  protected readonly maxDepth: number;

  constructor(settings: RespSettings) {
    super(settings);
    this.maxDepth = settings.maxDepth;
  }

  override feed(buffer: Buffer, pos: number, end: number, fresh: number): void {
    super.feed(buffer, pos, end, fresh);
    if (fresh <= pos) this.offset = 0;
  }

  next(): Step {
    if (this.failure !== undefined) return Step.FAIL;
    const { buffer, stop } = this;
    const from = this.pos;
    if (this.offset === 0) this.depth = this.elements = this.dueInAll = 0;
    let at = from + this.offset;
    do {
      this.wanted = 0;
      const end = at < stop ? this.#element(buffer, from, at, stop) : CUT;
      if (end === WRONG) return Step.FAIL;
      if (end === CUT) {
        this.offset = at - from;
        return this.more(this.wanted);
      }
      at = end;
      if (at - from > this.limit) return this.#tooLong();
      if (!this.opened) this.#close();
    } while (this.depth > 0);
    this.offset = 0;
    this.start = from;
    this.pos = this.end = at;
    return Step.MESSAGE;
  }

  /** A value is whole, and with it the arrays that it was the last one of. */
  #close(): void {
    if (this.depth > 0) this.dueInAll -= 1;
    while (this.depth > 0) {
      this.due[this.depth - 1] -= 1;
      if (this.due[this.depth - 1] > 0) return;
      this.depth -= 1;
    }
  }

  /** @returns where the element at `at` ends (an array: its beginning), CUT, or WRONG with `failure` set. */
  #element(buffer: Buffer, from: number, at: number, stop: number): number {
    this.opened = false;
    switch (buffer[at]) {
      case Type.BULK:
        return this.#bulk(buffer, from, at, stop);
      case Type.ARRAY:
        return this.#array(buffer, from, at, stop);
      case Type.INTEGER:
        return this.#integer(buffer, at, stop);
      case Type.SIMPLE:
      case Type.ERROR:
        return this.#line(buffer, from, at, stop);
      default:
        return this.#malformed(`begins with the byte 0x${buffer[at].toString(16)}`);
    }
  }

  #bulk(buffer: Buffer, from: number, at: number, stop: number): number {
    const begin = this.readNumber(buffer, at + 1, stop);
    if (begin === CUT) return CUT;
    if (begin === WRONG || this.number < -1) return this.#malformed('has a length that is none');
    if (this.number < 0) return begin;
    const end = begin + this.number + 2;
    if (end - from > this.limit) {
      this.#tooLong();
      return WRONG;
    }
    if (end > stop) {
      this.wanted = end - from;
      return CUT;
    }
    if (buffer[end - 2] === CR && buffer[end - 1] === LF) return end;
    return this.#malformed('has no CRLF after a bulk string');
  }

  #array(buffer: Buffer, from: number, at: number, stop: number): number {
    const begin = this.readNumber(buffer, at + 1, stop);
    if (begin === CUT) return CUT;
    const count = this.number;
    if (begin === WRONG || count < -1) return this.#malformed('has a count that is none');
    if (count <= 0) return begin;
    if (this.depth > 0) this.dueInAll -= 1;
    this.elements += count;
    this.dueInAll += count;
    if (
      this.elements > this.maxArguments ||
      begin - from + this.dueInAll * LEAST_ELEMENT_BYTES > this.limit
    ) {
      this.#tooLong();
      return WRONG;
    }
    if (this.depth === this.maxDepth) {
      this.fail('TOO_DEEP', `A RESP reply nests deeper than the limit of ${this.maxDepth}.`);
      return WRONG;
    }
    this.due[this.depth] = count;
    this.depth += 1;
    this.opened = true;
    return begin;
  }

  #integer(buffer: Buffer, at: number, stop: number): number {
    let digit = at + 1;
    if (digit < stop && (buffer[digit] === PLUS || buffer[digit] === MINUS)) digit += 1;
    const first = digit;
    while (digit < stop && buffer[digit] >= ZERO && buffer[digit] <= NINE) {
      digit += 1;
      if (digit - first > INTEGER_DIGITS) {
        return this.#malformed('has an integer of more than 64 bits');
      }
    }
    if (digit >= stop) return CUT;
    if (buffer[digit] !== CR || digit === first) {
      return this.#malformed('has an integer that is none');
    }
    if (digit + 1 >= stop) return CUT;
    return buffer[digit + 1] === LF ? digit + 2 : this.#malformed('has an integer that is none');
  }

  #line(buffer: Buffer, from: number, at: number, stop: number): number {
    const end = buffer.indexOf(CR, Math.max(at + 1, this.fresh - 1));
    const whole = end !== -1 && end + 1 < stop;
    if ((whole ? end + 2 : stop + 1) - from > this.limit) {
      this.#tooLong();
      return WRONG;
    }
    if (!whole) return CUT;
    return buffer[end + 1] === LF ? end + 2 : this.#malformed('has a line with a CR inside');
  }

  #malformed(what: string): number {
    this.fail('MALFORMED', `A RESP reply ${what}.`);
    return WRONG;
  }

  #tooLong(): Step {
    return this.fail(
      'TOO_LARGE',
      `A RESP reply has more than ${this.limit} bytes or ${this.maxArguments} elements.`,
    );
  }

  protected override notText(): ProtocolError {
    return new ProtocolError('MALFORMED', 'A RESP reply has a string that is not UTF-8.');
  }

  take(): RespReply {
    this.cursor = this.start;
    return this.#value();
  }

  /** As deep as `next()` allowed. */
  #value(): RespReply {
    const { buffer } = this;
    const at = this.cursor;
    switch (buffer[at]) {
      case Type.BULK: {
        const begin = this.readNumber(buffer, at + 1, this.end);
        if (this.number < 0) {
          this.cursor = begin;
          return null;
        }
        const end = begin + this.number;
        this.cursor = end + 2;
        return this.readBulk(buffer, begin, end);
      }
      case Type.ARRAY: {
        this.cursor = this.readNumber(buffer, at + 1, this.end);
        if (this.number < 0) return nullArray;
        const count = this.number;
        const list: RespReply[] = [];
        for (let i = 0; i < count; i += 1) list.push(this.#value());
        return list;
      }
      case Type.INTEGER:
        return this.#toInteger(buffer, at + 1);
      default: {
        const end = buffer.indexOf(CR, at + 1);
        this.cursor = end + 2;
        const text = this.readText(buffer, at + 1, end);
        if (buffer[at] === Type.ERROR) return { error: text };
        return text === 'OK' ? ok : { simple: text };
      }
    }
  }

  #toInteger(buffer: Buffer, first: number): number | bigint {
    let at = first;
    const negative = buffer[at] === MINUS;
    if (negative || buffer[at] === PLUS) at += 1;
    let value = 0;
    const digits = at;
    while (buffer[at] !== CR) {
      value = value * 10 + (buffer[at] - ZERO);
      at += 1;
    }
    this.cursor = at + 2;
    if (at - digits <= SAFE_DIGITS) return negative && value > 0 ? -value : value;
    const magnitude = BigInt(buffer.toString('latin1', digits, at));
    const exact = negative ? -magnitude : magnitude;
    if (BigInt.asIntN(64, exact) !== exact) {
      throw new ProtocolError('MALFORMED', 'A RESP reply has an integer of more than 64 bits.');
    }
    const near = Number(exact);
    return Number.isSafeInteger(near) ? near : exact;
  }
}
