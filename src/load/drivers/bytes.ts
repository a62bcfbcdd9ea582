/**
 * Raw bytes, which have no boundaries: an answer is complete when as many bytes as the request had have come back. For
 * echo servers, and for any that answers with as many bytes as it was sent.
 */
import { Buffer } from 'node:buffer';
import { bytes } from '../../protocols/bytes.ts';
import type { Writer } from '../../protocols/writer.ts';
import { Fifo } from '../fifo.ts';
import type { Work } from '../payload.ts';
import { Found, type Driver, type Session } from './driver.ts';

interface Request {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/**
 * @throws TypeError where the message is not bytes or text.
 * @throws OptionError for options that the protocol does not have.
 */
export function bytesDriver(work: Work, options: Readonly<Record<string, unknown>> = {}): Driver {
  bytes(options); // they are the server's: checked, and of no use here
  const constant = work.constant === undefined ? undefined : asBytes(work.constant);
  return { session: () => new BytesSession(work, constant) };
}

class BytesSession implements Session {
  readonly control = undefined;
  problem = '';
  readonly #work: Work;
  /** What every request sends; undefined where each has its own, in the queue. */
  readonly #constant: Uint8Array | undefined;
  readonly #queue = new Fifo<Request>();
  /** Requests without their answers. */
  #due = 0;
  /** Of the oldest answer: bytes that have come, whether they equal the request's, and themselves where a module looks at them. */
  #got = 0;
  #equal = true;
  #parts: Buffer[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #pos = 0;
  #end = 0;

  constructor(work: Work, constant: Uint8Array | undefined) {
    this.#work = work;
    this.#constant = constant;
  }

  open(): boolean {
    return true;
  }

  request(sequence: number, writer: Writer): void {
    if (this.#constant !== undefined) {
      this.#due += 1;
      writer.raw(this.#constant);
      return;
    }
    const bytes = asBytes(this.#work.messageAt(sequence));
    this.#due += 1;
    this.#queue.push({ sequence, bytes });
    writer.raw(bytes);
  }

  feed(buffer: Buffer, end: number): void {
    this.#buffer = buffer;
    this.#pos = 0;
    this.#end = end;
  }

  next(): Found {
    const available = this.#end - this.#pos;
    if (available === 0) return Found.MORE;
    if (this.#due === 0) {
      this.problem = `${available} bytes came that no request had asked for`;
      return Found.FAIL;
    }
    const request = this.#constant ?? this.#queue.peek().bytes;
    const missing = request.length - this.#got;
    const taken = available < missing ? available : missing;
    if (this.#work.check !== undefined) this.#look(request, taken);
    this.#pos += taken;
    this.#got += taken;
    if (taken < missing) return Found.MORE;
    this.#due -= 1;
    this.#got = 0;
    return this.#work.check === undefined && this.#constant !== undefined
      ? Found.ANSWER
      : this.#judge();
  }

  finish(): Found {
    return Found.END;
  }

  #look(request: Uint8Array, taken: number): void {
    const from = this.#pos;
    const to = from + taken;
    if (this.#constant === undefined) {
      this.#parts.push(Buffer.from(this.#buffer.subarray(from, to)));
    } else if (this.#buffer.compare(request, this.#got, this.#got + taken, from, to) !== 0) {
      this.#equal = false;
    }
  }

  /** The answer is whole: is it right? */
  #judge(): Found {
    let problem: string | undefined;
    if (this.#constant === undefined) {
      const { sequence, bytes } = this.#queue.shift();
      const answer = Buffer.concat(this.#parts);
      this.#parts = [];
      problem = this.#work.check?.(answer, bytes, sequence);
    } else if (!this.#equal) {
      problem = 'the answer is not what was sent';
    }
    this.#equal = true;
    if (problem === undefined) return Found.ANSWER;
    this.problem = problem;
    return Found.WRONG;
  }
}

export function asBytes(message: unknown): Uint8Array {
  const bytes = typeof message === 'string' ? Buffer.from(message) : message;
  if (bytes instanceof Uint8Array && bytes.length > 0) return bytes;
  throw new TypeError('A message of raw bytes must be a string or a Uint8Array, and not empty');
}
