/**
 * Finds responses (RFC 9112, 2.1), for the client: status line and head, then a body by length, in chunks, or up to the
 * connection's end. Interim responses (1xx but 101) are passed over.
 */
import type { Buffer } from 'node:buffer';
import { BaseDecoder, copyBytes } from '../framing/decoder.ts';
import { Step } from '../protocol.ts';
import { CR, LF, SP, VALUE } from './chars.ts';
import { ChunkScanner, joinChunks } from './chunks.ts';
import { FieldScanner, NO_LENGTH, Scan } from './fields.ts';
import { HttpHeaders, NO_HEADERS } from './headers.ts';
import type { Limits } from './options.ts';
import { NO_BODY } from './request.ts';

const State = { LINE: 0, FIELDS: 1, LENGTH: 2, CHUNKS: 3, TO_END: 4, OVER: 5 } as const;
const HTTP_1 = [72, 84, 84, 80, 47, 49, 46]; // 'HTTP/1.'
const STATUS_AT = 9;
const REASON_AT = 13;

/** A response that was received. As a reply of one's own it is sent on, framed anew. */
export class ReceivedResponse {
  readonly status: number;
  readonly minorVersion: number;
  /** The connection can carry another request. */
  readonly keepAlive: boolean;
  readonly headers: HttpHeaders;
  /** Your own; empty where there is none. */
  readonly body: Buffer;
  readonly trailerFields: HttpHeaders;

  constructor(
    status: number,
    minorVersion: number,
    keepAlive: boolean,
    fields: string,
    body: Buffer,
    trailers: string,
  ) {
    this.status = status;
    this.minorVersion = minorVersion;
    this.keepAlive = keepAlive;
    this.headers = new HttpHeaders(fields);
    this.body = body;
    this.trailerFields = trailers === '' ? NO_HEADERS : new HttpHeaders(trailers);
  }
}

export class ResponseDecoder extends BaseDecoder<ReceivedResponse> {
  /** The last message's status. Set before `take()`, for who only counts. */
  status = 0;
  readonly #limits: Limits;
  protected readonly fields: FieldScanner;
  protected readonly chunks: ChunkScanner;
  #state: number = State.LINE;
  #at = 0;
  /** After a status line was refused. */
  #reason = '';
  #minorVersion = 1;
  /** Where the body begins, from the message's start. */
  protected bodyStart = 0;
  #keepAlive = true;
  /** How many of the next responses answer HEAD. */
  #heads: boolean[] = [];

  constructor(limitBytes: number, limits: Limits) {
    super(limitBytes);
    this.#limits = limits;
    this.fields = new FieldScanner(limits.headLimitBytes, limits.headerLimit, false);
    this.chunks = new ChunkScanner(limits);
  }

  /** Says for each request, in order, whether it is a HEAD, whose response has no body. Needless where none is. */
  expect(isHead: boolean): void {
    this.#heads.push(isHead);
  }

  /** The connection can carry another request behind the last message. Set before `take()`. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** The head: MESSAGE when it is there, and says how the body is framed. */
  protected head(): Step {
    for (;;) {
      if (this.#state === State.LINE) {
        const end = this.#line();
        if (end < 0) return this.#stopped(end, this.#reason);
        this.fields.restart(end);
        this.#state = State.FIELDS;
      }
      if (this.#state !== State.FIELDS) return Step.MESSAGE;
      const end = this.fields.scan(this.buffer, this.pos, this.stop);
      if (end < 0) return this.#stopped(end, this.fields.reason);
      this.bodyStart = end;
      const wrong = this.#check();
      if (wrong !== '') return this.refuse(wrong);
      if (this.status >= 200 || this.status === 101) {
        const tooLong = this.#frame();
        return tooLong === '' ? Step.MESSAGE : this.refuse(tooLong);
      }
      this.pos += end;
      this.#begin();
    }
  }

  /** After `head()`: the body goes on up to the connection's end. */
  protected get isToEnd(): boolean {
    return this.#state === State.TO_END;
  }

  next(): Step {
    const step = this.head();
    if (step !== Step.MESSAGE) return step;
    if (this.#state === State.LENGTH) {
      const end = this.bodyStart + Math.max(0, this.fields.contentLength);
      return this.stop - this.pos < end ? this.more(end) : this.#found(end);
    }
    if (this.#state === State.CHUNKS) {
      const end = this.chunks.scan(this.buffer, this.pos, this.stop);
      if (end === Scan.REFUSED) return this.refuse(this.chunks.reason);
      return end < 0 ? this.more(this.chunks.want) : this.#found(end);
    }
    if (this.#state === State.TO_END) {
      const length = this.stop - this.pos;
      if (length > this.limit || length - this.bodyStart > this.#limits.bodyLimitBytes) {
        return this.refuse('The body is too long.');
      }
      return this.more(0);
    }
    return this.failure === undefined ? Step.END : Step.FAIL;
  }

  take(): ReceivedResponse {
    const { buffer, start } = this;
    const chunks = this.chunks;
    const bodyStart = start + this.bodyStart;
    let body: Buffer = NO_BODY;
    let trailers = '';
    if (this.end > bodyStart) {
      if (this.fields.chunked) {
        body = joinChunks(buffer, bodyStart, chunks.length);
        if (chunks.trailers.count > 0) {
          trailers = buffer.toString('latin1', start + chunks.trailers.start, this.end - 2);
        }
      } else {
        body = copyBytes(buffer, bodyStart, this.end);
      }
    }
    return new ReceivedResponse(
      this.status,
      this.#minorVersion,
      this.#keepAlive,
      buffer.toString('latin1', start + this.fields.start, bodyStart - 2),
      body,
      trailers,
    );
  }

  /** A body up to the connection's end ends here; its bytes must have been fed again. */
  override finish(): Step {
    if (this.#state === State.TO_END && this.stop > this.pos) {
      return this.#found(this.stop - this.pos);
    }
    if (this.#state === State.OVER && this.failure === undefined) return Step.END;
    const step = super.finish();
    if (step === Step.FAIL) this.#state = State.OVER;
    return step;
  }

  #line(): number {
    const { buffer, pos, stop } = this;
    const cap = pos + this.#limits.headLimitBytes;
    const end = stop < cap ? stop : cap;
    let i = pos + this.#at;
    for (; i < end && i - pos < REASON_AT; i += 1) {
      if (!fits(i - pos, buffer[i])) return this.#badLine();
    }
    while (i < end && VALUE[buffer[i]] === 1) i += 1;
    if (i + 1 >= end) {
      if (i < end && buffer[i] !== CR) return this.#badLine();
      if (stop >= cap) {
        this.#reason = `The status line is longer than ${this.#limits.headLimitBytes} bytes.`;
        return Scan.REFUSED;
      }
      this.#at = i - pos;
      return Scan.MORE;
    }
    if (buffer[i] !== CR || buffer[i + 1] !== LF) return this.#badLine();
    this.#minorVersion = buffer[pos + 7] - 48;
    this.status =
      (buffer[pos + STATUS_AT] - 48) * 100 +
      (buffer[pos + STATUS_AT + 1] - 48) * 10 +
      (buffer[pos + STATUS_AT + 2] - 48);
    return i + 2 - pos;
  }

  #badLine(): number {
    this.#reason = 'The status line is malformed.';
    return Scan.REFUSED;
  }

  /** Where others may see an end, or a body, in another place (RFC 9110, 15.2; RFC 9112, 6.1). What is wrong, or ''. */
  #check(): string {
    const { contentLength, chunked } = this.fields;
    const old = this.#minorVersion === 0;
    if (old && this.status < 200) return 'HTTP/1.0 has no interim responses.';
    if (!chunked) return '';
    if (contentLength !== NO_LENGTH) return 'There are a Content-Length and a Transfer-Encoding.';
    if (old) return 'HTTP/1.0 has no Transfer-Encoding.';
    if (this.status >= 200 && this.status !== 204) return '';
    return `A response with status ${this.status} has no Transfer-Encoding.`;
  }

  /** RFC 9112, 6.3. Returns what is wrong, or ''. */
  #frame(): string {
    const fields = this.fields;
    const { status } = this;
    const old = this.#minorVersion === 0;
    this.#keepAlive = !fields.close && (!old || fields.keepAlive);
    this.#state = State.LENGTH;
    if (status === 101) {
      this.#keepAlive = false; // what follows is another protocol's
      fields.contentLength = 0;
      return '';
    }
    if (this.#heads.shift() === true || status === 204 || status === 304) {
      fields.contentLength = 0;
      fields.chunked = false;
      return '';
    }
    if (fields.chunked) {
      this.chunks.restart(this.bodyStart, this.limit);
      this.#state = State.CHUNKS;
    } else if (fields.contentLength === NO_LENGTH) {
      this.#keepAlive = false;
      this.#state = State.TO_END;
    } else if (
      fields.contentLength > this.#limits.bodyLimitBytes ||
      this.bodyStart + fields.contentLength > this.limit
    ) {
      return 'The body is too long.';
    }
    return '';
  }

  #found(length: number): Step {
    this.start = this.pos;
    this.end = this.pos += length;
    this.#begin();
    if (!this.#keepAlive) this.#state = State.OVER;
    return Step.MESSAGE;
  }

  #begin(): void {
    this.#at = 0;
    this.#state = State.LINE;
  }

  #stopped(scan: number, reason: string): Step {
    return scan === Scan.REFUSED ? this.refuse(reason) : this.more(0);
  }

  protected refuse(reason: string): Step {
    this.#state = State.OVER;
    return this.fail(/too long|more than|longer/.test(reason) ? 'TOO_LARGE' : 'MALFORMED', reason);
  }
}

/** `HTTP/1.1 200 `: whether the byte may stand there. */
function fits(at: number, byte: number): boolean {
  if (at < HTTP_1.length) return byte === HTTP_1[at];
  if (at === 7) return byte === 48 || byte === 49;
  if (at === 8 || at === REASON_AT - 1) return byte === SP;
  return at === STATUS_AT ? byte >= 49 && byte <= 53 : byte >= 48 && byte <= 57;
}
