/**
 * Commands as they come to a server: arrays of bulk strings, or lines.
 *
 *     *3 CRLF  $3 CRLF SET CRLF  $3 CRLF key CRLF  $5 CRLF value CRLF
 *              └ mark ┘                                            all offsets from the `*`
 */
import type { Buffer } from 'node:buffer';
import { ProtocolError, type ProtocolErrorCode } from '../../errors.ts';
import { CR, LF } from '../framing/line.ts';
import { Step } from '../protocol.ts';
import { CUT, protocolErrorReply, RespDecoder, Type, WRONG } from './decoder.ts';
import { splitInline } from './inline.ts';

export type RespCommand = Array<string | Buffer>;

const TAB = 0x09;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
/** Longest line that is a command: PROTO_INLINE_MAX_SIZE in redis. */
const INLINE_BYTES = 64 * 1024;
/** The shortest argument: `$0`, CRLF, CRLF. */
const LEAST_ARGUMENT_BYTES = 6;
/** Marks of more arguments than that are not kept from one command to the next. */
const KEEP_MARKS = 256;

export class CommandDecoder extends RespDecoder<RespCommand> {
  /** Of each argument the beginning and the end, in bytes from `start`: they hold when the caller moves the bytes. */
  protected marks: number[] = [];
  /** Marks set. */
  protected marked = 0;
  /** Arguments still to come; 0 between commands. */
  protected left = 0;
  /** Where to go on, from `pos`, when a command was cut. */
  protected offset = 0;
  /** The last message, where it was a line. */
  protected words: Buffer[] | undefined = undefined;

  override feed(buffer: Buffer, pos: number, end: number, fresh: number): void {
    super.feed(buffer, pos, end, fresh);
    if (fresh <= pos) this.left = this.offset = 0;
  }

  next(): Step {
    if (this.failure !== undefined) return Step.FAIL;
    const { buffer, stop } = this;
    let from = this.pos;
    let at = from + this.offset;
    while (this.left === 0) {
      if (from >= stop) {
        if (this.marks.length > KEEP_MARKS) this.marks = [];
        return this.more(0);
      }
      if (buffer[from] !== Type.ARRAY) {
        const step = this.#nextLine(from);
        if (step !== undefined) return step;
        from = this.pos;
        continue;
      }
      at = this.readNumber(buffer, from + 1, stop);
      if (at === CUT) return this.more(0);
      if (at === WRONG) return this.#wrongCount();
      if (this.number <= 0) {
        this.pos = from = at; // redis passes over arrays without arguments
        continue;
      }
      this.left = this.number;
      this.marked = 0;
      if (
        this.left > this.maxArguments ||
        at - from + this.left * LEAST_ARGUMENT_BYTES > this.limit
      ) {
        return this.#tooManyArguments();
      }
    }
    return this.#arguments(buffer, from, at, stop);
  }

  #arguments(buffer: Buffer, from: number, first: number, stop: number): Step {
    const { marks, limit } = this;
    let at = first;
    let { left, marked } = this;
    while (left > 0) {
      let want = 0;
      let end = 0;
      if (at < stop) {
        if (buffer[at] !== Type.BULK) return this.#notBulk(buffer[at]);
        const begin = this.readNumber(buffer, at + 1, stop);
        if (begin === WRONG || (begin !== CUT && this.number < 0)) return this.#wrongLength();
        if (begin !== CUT) {
          end = begin + this.number + 2;
          want = end - from + (left - 1) * LEAST_ARGUMENT_BYTES;
          if (want > limit) return this.#tooLong();
          if (end <= stop) {
            if (buffer[end - 2] !== CR || buffer[end - 1] !== LF) return this.#noEnd();
            marks[marked] = begin - from;
            marks[marked + 1] = end - 2 - from;
            marked += 2;
            left -= 1;
            at = end;
            continue;
          }
        }
      }
      this.left = left;
      this.marked = marked;
      this.offset = at - from;
      return this.more(want);
    }
    this.left = this.offset = 0;
    this.marked = marked;
    this.words = undefined;
    this.start = from;
    this.pos = this.end = at;
    return Step.MESSAGE;
  }

  /** Undefined: a blank line, which redis passes over. */
  #nextLine(from: number): Step | undefined {
    const { buffer, stop } = this;
    const limit = Math.min(this.limit, INLINE_BYTES);
    const at = buffer.indexOf(LF, Math.max(from, this.fresh));
    if (at === -1 || at >= stop) {
      return stop - from < limit ? this.more(0) : this.#tooLongLine(limit);
    }
    if (at + 1 - from > limit) return this.#tooLongLine(limit);
    this.words = undefined;
    if (!this.#markWords(buffer, from, at)) {
      const words = splitInline(buffer.subarray(from, at));
      if (words === undefined) return this.#refuse('MALFORMED', 'unbalanced quotes in request');
      this.words = words;
      this.marked = words.length * 2;
    }
    this.pos = at + 1;
    if (this.marked === 0) return undefined;
    if (this.marked > this.maxArguments * 2) return this.#tooManyArguments();
    this.start = from;
    this.end = at + 1;
    return Step.MESSAGE;
  }

  /** Marks the words of a line as most are: no quotes, nothing below a space but tabs and a CR. False: it is another. */
  #markWords(buffer: Buffer, from: number, end: number): boolean {
    const { marks } = this;
    let marked = 0;
    let begin = -1;
    for (let at = from; at < end; at += 1) {
      const byte = buffer[at];
      if (byte === SPACE || byte === CR || byte === TAB) {
        if (begin === -1) continue;
        marks[marked] = begin - from;
        marks[marked + 1] = at - from;
        marked += 2;
        begin = -1;
      } else if (byte < SPACE || byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
        return false;
      } else if (begin === -1) {
        begin = at;
      }
    }
    if (begin !== -1) {
      marks[marked] = begin - from;
      marks[marked + 1] = end - from;
      marked += 2;
    }
    this.marked = marked;
    return true;
  }

  take(): RespCommand {
    const { words } = this;
    if (words !== undefined) {
      this.words = undefined;
      return words.map((word) => this.readBulk(word, 0, word.length));
    }
    // Literals of the right size: an array that grows takes room for 17.
    switch (this.marked) {
      case 2:
        return [this.#argument(0)];
      case 4:
        return [this.#argument(0), this.#argument(2)];
      case 6:
        return [this.#argument(0), this.#argument(2), this.#argument(4)];
      default: {
        const count = this.marked >> 1;
        const command: RespCommand = [];
        for (let i = 0; i < count; i += 1) command.push(this.#argument(i * 2));
        return command;
      }
    }
  }

  #argument(mark: number): string | Buffer {
    const { marks, start } = this;
    return this.readBulk(this.buffer, start + marks[mark], start + marks[mark + 1]);
  }

  protected override notText(): ProtocolError {
    return new ProtocolError(
      'MALFORMED',
      "A RESP string is not UTF-8; encoding 'latin1' or 'buffer' takes any bytes.",
      protocolErrorReply('invalid UTF-8 in request'),
    );
  }

  // The sentences are those of redis (networking.c), which clients know.

  #refuse(code: ProtocolErrorCode, what: string, more = ''): Step {
    return this.fail(code, `Protocol error: ${what}${more}.`, protocolErrorReply(what));
  }

  #wrongCount(): Step {
    return this.#refuse('MALFORMED', 'invalid multibulk length');
  }

  #tooManyArguments(): Step {
    const more = `: a command has more than ${this.maxArguments} arguments, or than go into ${this.limit} bytes`;
    return this.#refuse('TOO_LARGE', 'invalid multibulk length', more);
  }

  #wrongLength(): Step {
    return this.#refuse('MALFORMED', 'invalid bulk length');
  }

  #tooLong(): Step {
    const more = `: a command has more than ${this.limit} bytes`;
    return this.#refuse('TOO_LARGE', 'invalid bulk length', more);
  }

  #tooLongLine(limit: number): Step {
    return this.#refuse('TOO_LARGE', 'too big inline request', `: more than ${limit} bytes`);
  }

  #notBulk(byte: number): Step {
    const got = byte === CR || byte === LF ? ' ' : String.fromCharCode(byte);
    return this.#refuse('MALFORMED', `expected '$', got '${got}'`);
  }

  /** redis does not look, and reads on out of step. */
  #noEnd(): Step {
    return this.#refuse('MALFORMED', 'expected CRLF after a bulk string');
  }
}
