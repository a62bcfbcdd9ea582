/**
 * HTTP/1.1 (RFC 9112): requests as they are given, pipelined as deep as `depth` says, and answers found by the runtime's own
 * strict decoder. A server may close the connection behind any answer: that is no error, and another one is opened.
 *
 * Most answers equal the one before, byte for byte. One that was decoded and found right is kept, and what equals it is
 * the same message again: one comparison instead of a scan (90 ns for a hello, where the scan takes 290). Date changes it
 * once a second.
 */
import { Buffer } from 'node:buffer';
import { OptionError } from '../../errors.ts';
import { makeHttp } from '../../protocols/http1/http.ts';
import { limitsOf, readHttpOptions, type Limits } from '../../protocols/http1/options.ts';
import type { HttpRequestInit } from '../../protocols/http1/request.ts';
import { ResponseDecoder } from '../../protocols/http1/response-decoder.ts';
import { Step } from '../../protocols/protocol.ts';
import type { Writer } from '../../protocols/writer.ts';
import { Fifo } from '../fifo.ts';
import type { Work } from '../payload.ts';
import { encodeAlone } from './codec.ts';
import { Found, type Driver, type Session } from './driver.ts';
import { Rest } from './rest.ts';

/** Longest answer, where `bodyLimitBytes` says nothing else. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;
/** Longer answers come in several reads, and are not kept. */
const KEPT_BYTES = 16 * 1024;
export const DEFAULT_STATUSES = '2xx,3xx';

export const httpCodec = makeHttp({}, Date.now);

/** @throws TypeError that names what cannot be sent. */
export function encodeHttp(request: HttpRequestInit, writer: Writer): void {
  httpCodec.client.encode(request, writer, undefined);
}

interface Request {
  readonly sequence: number;
  readonly message: unknown;
}

/** What all sessions of a thread share. */
interface Shared {
  readonly work: Work;
  readonly limits: Limits;
  /** By status: 1 where it counts as served. */
  readonly counts: Uint8Array;
  /** The one request, encoded; undefined where each is its own. */
  readonly encoded: Uint8Array | undefined;
  /** The last answer that was right, and its status. */
  right: Buffer | undefined;
  rightStatus: number;
}

/**
 * @throws TypeError where the request cannot be encoded.
 * @throws OptionError
 */
export function httpDriver(work: Work, options: Readonly<Record<string, unknown>>): Driver {
  const { constant } = work;
  const shared: Shared = {
    work,
    limits: limitsOf(readHttpOptions(options), ANSWER_LIMIT_BYTES),
    counts: readStatuses(work.statuses ?? DEFAULT_STATUSES),
    encoded: constant === undefined ? undefined : encodeAlone(httpCodec, constant),
    right: undefined,
    rightStatus: 0,
  };
  return { session: () => new HttpSession(shared) };
}

/**
 * Which statuses count as served: '2xx,3xx', '2xx,404', 'any'.
 *
 * @throws OptionError
 */
export function readStatuses(list: string): Uint8Array {
  const counts = new Uint8Array(600);
  for (const word of list.split(',')) {
    const found = /^(?:([1-5])(xx|\d\d)|any)$/.exec(word.trim());
    if (found === null) {
      throw new OptionError(
        `statuses is ${JSON.stringify(list)}; it must be a list such as 2xx,3xx or 2xx,404, or any.`,
      );
    }
    const [, hundred, rest] = found;
    if (hundred === undefined) counts.fill(1);
    else if (rest === 'xx') counts.fill(1, Number(hundred) * 100, Number(hundred) * 100 + 100);
    else counts[Number(hundred + rest)] = 1;
  }
  return counts;
}

class HttpSession implements Session {
  readonly control = undefined;
  problem = '';
  status = 0;
  readonly #shared: Shared;
  readonly #decoder: ResponseDecoder;
  readonly #rest = new Rest();
  /** Requests without their answers: how many, and which, where each is its own. */
  #due = 0;
  readonly #queue = new Fifo<Request>();
  /** The decoder is within an answer; if not, the next one begins at `#pos`. */
  #within = false;
  #pos = 0;
  /** The last answer was to be the connection's last. */
  #over = false;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#decoder = new ResponseDecoder(Number.MAX_SAFE_INTEGER, shared.limits);
  }

  open(): boolean {
    return true;
  }

  request(sequence: number, writer: Writer): void {
    const { encoded, work } = this.#shared;
    if (encoded !== undefined) {
      this.#due += 1;
      writer.raw(encoded);
      return;
    }
    const message = work.messageAt(sequence);
    encodeHttp(message as HttpRequestInit, writer);
    this.#due += 1;
    this.#queue.push({ sequence, message });
  }

  feed(buffer: Buffer, end: number): void {
    const rest = this.#rest;
    rest.take(buffer, end);
    this.#pos = 0;
    if (this.#within) this.#decoder.feed(rest.buffer, 0, rest.end, rest.fresh);
  }

  next(): Found {
    if (this.#over) return Found.END;
    if (!this.#within) {
      const { buffer, end } = this.#rest;
      const pos = this.#pos;
      if (pos >= end) return Found.MORE;
      if (this.#due === 0) return this.#fail('an answer came that no request had asked for');
      const { right } = this.#shared;
      if (
        right !== undefined &&
        end - pos >= right.length &&
        buffer.compare(right, 0, right.length, pos, pos + right.length) === 0
      ) {
        this.#pos = pos + right.length;
        this.#due -= 1;
        this.status = this.#shared.rightStatus;
        return Found.ANSWER;
      }
      this.#begin(buffer, pos, end);
    }
    const step = this.#decoder.next();
    if (step === Step.MESSAGE) return this.#answer();
    if (step === Step.MORE) {
      this.#rest.keep(this.#decoder.pos);
      this.#pos = this.#rest.end;
      return Found.MORE;
    }
    return this.#fail(this.#decoder.failure?.message ?? 'the server broke the protocol');
  }

  finish(): Found {
    if (!this.#within) return Found.END;
    const decoder = this.#decoder;
    const rest = this.#rest;
    if (rest.again()) decoder.feed(rest.buffer, 0, rest.end, rest.fresh); // an answer up to the end is made of it
    if (decoder.finish() === Step.MESSAGE) return this.#answer();
    return this.#fail(decoder.failure?.message ?? 'the server ended within an answer');
  }

  #begin(buffer: Buffer, pos: number, end: number): void {
    const { encoded, work } = this.#shared;
    const message = encoded === undefined ? this.#queue.peek().message : work.constant;
    this.#decoder.feed(buffer, pos, end, pos);
    if ((message as HttpRequestInit).method === 'HEAD') this.#decoder.expect(true);
    this.#within = true;
  }

  #answer(): Found {
    const { counts, encoded, work } = this.#shared;
    const decoder = this.#decoder;
    const { status } = decoder;
    const request =
      encoded === undefined ? this.#queue.shift() : { sequence: 0, message: work.constant };
    this.#due -= 1;
    this.#within = false;
    this.#pos = decoder.pos;
    this.#over = !decoder.keepAlive;
    this.status = status;
    if (counts[status] === 0) {
      this.problem = `the server answered with the status ${status}`;
      return Found.DENIED;
    }
    const problem = work.check?.(decoder.take(), request.message, request.sequence);
    if (problem !== undefined) {
      this.problem = problem;
      return Found.WRONG;
    }
    if (encoded !== undefined && decoder.keepAlive) this.#remember();
    return Found.ANSWER;
  }

  #remember(): void {
    const { end, start } = this.#decoder;
    if (end - start > KEPT_BYTES) return;
    this.#shared.right = Buffer.from(this.#rest.buffer.subarray(start, end));
    this.#shared.rightStatus = this.status;
  }

  #fail(problem: string): Found {
    this.problem = problem;
    return Found.FAIL;
  }
}
