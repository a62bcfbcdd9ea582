/**
 * Event streams (WHATWG HTML, 9.2): each connection asks for the stream once, and every event that comes is an answer to
 * what nobody had to ask for. A connection that is lost is opened again, with the Last-Event-ID of the one before.
 *
 *     delivery time   from the event's stamp to here, by the clock of this machine. The stamp is the first number of 13
 *                     digits (with a fraction or without) in its data, else in its id: milliseconds since 1970; else the
 *                     first time with milliseconds of RFC 3339, as toISOString() gives it
 *     missed events   ids that end in a number of at most 12 digits count by one: what is left out was missed
 */
import { limitsOf, readHttpOptions, type Limits } from '../../protocols/http1/options.ts';
import type { HttpRequestInit } from '../../protocols/http1/request.ts';
import { StreamingResponseDecoder } from '../../protocols/http1/streaming-response-decoder.ts';
import { Step } from '../../protocols/protocol.ts';
import { EventParser } from '../../protocols/sse/parser.ts';
import type { Writer } from '../../protocols/writer.ts';
import type { Work } from '../payload.ts';
import { encodeAlone } from './codec.ts';
import { Found, type Driver, type PushedEvent, type Session } from './driver.ts';
import { encodeHttp, httpCodec } from './http.ts';
import { Rest } from './rest.ts';

const HEAD_LIMIT_BYTES = 64 * 1024;
const EVENT_STREAM = /^text\/event-stream[ \t]*(?:;|$)/i;
const STAMP = /(?<![\d.])\d{13}(?:\.\d{1,9})?(?![\d.])/;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}(?:Z|[+-]\d\d:\d\d)/;
/** Where a stamp is looked for. */
const STAMP_WITHIN = 1024;
/** What is further from now is no stamp of this machine's clock. */
const STAMP_NEAR_MS = 3_600_000;
const NUMBERED = /^(.*?)(\d{1,12})$/s;

/**
 * @throws TypeError where the request cannot be encoded.
 * @throws OptionError
 */
export function sseDriver(work: Work, options: Readonly<Record<string, unknown>>): Driver {
  const request = work.constant as HttpRequestInit;
  encodeAlone(httpCodec, request); // what is wrong with it shows here
  const limits = limitsOf(readHttpOptions(options), HEAD_LIMIT_BYTES);
  return {
    session: (before) => new SseSession(request, limits, before as SseSession | undefined),
  };
}

class SseSession implements Session {
  readonly control = undefined;
  problem = '';
  readonly pushed: PushedEvent = { sentAtMs: NaN, missed: 0, repeated: false };
  readonly resumes: boolean;
  readonly #request: HttpRequestInit;
  readonly #decoder: StreamingResponseDecoder;
  readonly #parser = new EventParser();
  readonly #rest = new Rest();

  constructor(request: HttpRequestInit, limits: Limits, before: SseSession | undefined) {
    this.#request = request;
    this.#decoder = new StreamingResponseDecoder(limits);
    const parser = this.#parser;
    if (before !== undefined) {
      parser.lastEventId = before.#parser.lastEventId;
      parser.retryMs = before.#parser.retryMs;
    }
    this.resumes = parser.lastEventId !== '';
  }

  /** What the server has asked for (WHATWG HTML, 9.2.3); at once where it has not. */
  get reconnectMs(): number {
    return this.#parser.retryMs ?? 0;
  }

  open(writer: Writer): boolean {
    const { lastEventId } = this.#parser;
    const headers = [...(this.#request.headers as Array<[string, string]>)];
    if (this.resumes) {
      headers.push(['last-event-id', Buffer.from(lastEventId).toString('latin1')]);
    }
    encodeHttp({ ...this.#request, headers }, writer);
    return false;
  }

  request(): void {
    throw new TypeError('An event stream is asked for once');
  }

  feed(buffer: Buffer, end: number): void {
    const rest = this.#rest;
    rest.take(buffer, end);
    this.#decoder.feed(rest.buffer, 0, rest.end, rest.fresh);
  }

  next(): Found {
    const decoder = this.#decoder;
    const parser = this.#parser;
    for (;;) {
      const lastId = parser.lastEventId;
      if (parser.next()) {
        this.#look(lastId);
        return Found.EVENT;
      }
      if (parser.failure !== '') return this.#fail(parser.failure);
      const step = decoder.next();
      if (step === Step.PART) {
        parser.feed(this.#rest.buffer, decoder.start, decoder.end);
        continue;
      }
      if (step === Step.MESSAGE) return this.#begin();
      if (step === Step.END) return Found.END;
      if (step !== Step.MORE) {
        return this.#fail(decoder.failure?.message ?? 'the server broke the protocol');
      }
      this.#rest.keep(decoder.pos);
      return Found.MORE;
    }
  }

  finish(): Found {
    return this.#decoder.finish() === Step.END ? Found.END : Found.FAIL;
  }

  #begin(): Found {
    const { headers, status } = this.#decoder.take();
    const type = headers.get('content-type') ?? '';
    if (status !== 200) {
      return this.#fail(`the server answered with the status ${status}, and no event stream`);
    }
    if (!EVENT_STREAM.test(type)) {
      return this.#fail(`the answer is of type ${JSON.stringify(type)}, and no event stream`);
    }
    return Found.READY;
  }

  #look(lastId: string): void {
    const { data, lastEventId } = this.#parser;
    const { pushed } = this;
    pushed.sentAtMs = stampOf(data, lastEventId);
    pushed.missed = 0;
    pushed.repeated = false;
    if (lastEventId === lastId) return; // it has none of its own
    const before = NUMBERED.exec(lastId);
    const now = NUMBERED.exec(lastEventId);
    if (before === null || now === null || before[1] !== now[1]) return;
    const step = Number(now[2]) - Number(before[2]);
    pushed.repeated = step < 1;
    pushed.missed = Math.max(0, step - 1);
  }

  #fail(problem: string): Found {
    this.problem = problem;
    return Found.FAIL;
  }
}

/** NaN: there is none. */
function stampOf(data: string, id: string): number {
  const text = data.length > STAMP_WITHIN ? data.slice(0, STAMP_WITHIN) : data;
  const number = STAMP.exec(text) ?? STAMP.exec(id);
  const stamp = number === null ? timeIn(text, id) : Number(number[0]);
  return Math.abs(Date.now() - stamp) > STAMP_NEAR_MS ? NaN : stamp;
}

function timeIn(text: string, id: string): number {
  const found = TIME.exec(text) ?? TIME.exec(id);
  return found === null ? NaN : Date.parse(found[0]);
}
