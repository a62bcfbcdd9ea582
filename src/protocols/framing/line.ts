/** Messages that end in a delimiter, for the protocols that are framed so. */
import { isAscii, type Buffer } from 'node:buffer';
import { Step } from '../protocol.ts';
import { BaseDecoder } from './decoder.ts';

export const LF = 10;
export const CR = 13;

/**
 * From the second line of a read on, so much is read ahead as text, if it is ASCII: a text is searched and cut in half
 * the time that bytes take. No more, since a line cut from it keeps all of it alive, and since a connection that takes
 * few lines at a time is fed its rest again and again.
 */
const AHEAD_BYTES = 4096;
const LEAST_AHEAD_BYTES = 128;

export interface LineFormat {
  readonly delimiter: Buffer;
  /** A CR before the delimiter belongs to it. */
  readonly dropCr: boolean;
  /** A line with nothing in it is no message. */
  readonly skipEmpty: boolean;
}

export abstract class LineDecoder<T> extends BaseDecoder<T> {
  /** Where the last message's content ends: before the delimiter. */
  protected contentEnd = 0;
  protected readonly delimiter: Buffer;
  /** The delimiter, where it is one byte; else -1. */
  protected readonly byte: number;
  protected readonly dropCr: boolean;
  protected readonly skipEmpty: boolean;
  /** What was read ahead; '' where nothing was. The last message is in it. */
  #ahead = '';
  #aheadFrom = 0;
  /** Lines were found in the bytes fed. */
  #isRun = false;
  readonly #delimiterText: string;

  constructor(limit: number, format: LineFormat) {
    super(limit);
    this.delimiter = format.delimiter;
    this.byte = format.delimiter.length === 1 ? format.delimiter[0] : -1;
    this.#delimiterText = format.delimiter.toString('latin1');
    this.dropCr = format.dropCr;
    this.skipEmpty = format.skipEmpty;
  }

  override feed(buffer: Buffer, pos: number, end: number, fresh: number): void {
    // A delimiter's beginning may be among the bytes that were looked at.
    super.feed(buffer, pos, end, fresh - this.delimiter.length + 1);
    this.#isRun = false;
    this.#ahead = '';
  }

  next(): Step {
    if (this.failure !== undefined) return Step.FAIL;
    const { buffer, stop } = this;
    let from = this.pos;
    while (from < stop) {
      const search = Math.max(from, this.fresh);
      // This may look past `stop`, at an earlier read's bytes: a search through a view would cost 35 ns for each line.
      const at = this.#isRun
        ? this.#searchRun(buffer, search)
        : buffer.indexOf(this.byte === -1 ? this.delimiter : this.byte, search);
      this.#isRun = true;
      const end = at + this.delimiter.length;
      if (at === -1 || end > stop) {
        this.pos = from;
        return stop - from < this.limit ? this.more(0) : this.#tooLong();
      }
      if (end - from > this.limit) return this.#tooLong();
      this.pos = end;
      this.contentEnd = this.dropCr && at > from && buffer[at - 1] === CR ? at - 1 : at;
      if (!this.skipEmpty || this.contentEnd > from) {
        this.start = from;
        this.end = end;
        return Step.MESSAGE;
      }
      from = end;
    }
    return this.more(0);
  }

  /** The last message's text, if it is known to be ASCII. */
  protected ascii(): string | undefined {
    if (this.#ahead === '') return undefined;
    return this.#ahead.slice(this.start - this.#aheadFrom, this.contentEnd - this.#aheadFrom);
  }

  protected override more(want: number): Step {
    this.#ahead = '';
    return super.more(want);
  }

  #searchRun(buffer: Buffer, from: number): number {
    if (this.#ahead === '') this.#readAhead(buffer, from);
    if (this.#ahead !== '') {
      const at = this.#ahead.indexOf(this.#delimiterText, from - this.#aheadFrom);
      if (at !== -1) return at + this.#aheadFrom;
      this.#ahead = '';
    }
    return buffer.indexOf(this.byte === -1 ? this.delimiter : this.byte, from);
  }

  #readAhead(buffer: Buffer, from: number): void {
    const to = Math.min(this.stop, from + AHEAD_BYTES);
    if (to - from < LEAST_AHEAD_BYTES || !isAscii(buffer.subarray(from, to))) return;
    this.#ahead = buffer.toString('latin1', from, to);
    this.#aheadFrom = from;
  }

  #tooLong(): Step {
    return this.fail(
      'TOO_LARGE',
      `A line has no end within ${this.limit} bytes, which is the limit with its delimiter.`,
    );
  }
}
