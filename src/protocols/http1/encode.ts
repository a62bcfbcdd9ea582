/** Writes responses (RFC 9112, 4 to 7). */
import { Buffer } from 'node:buffer';
import { HttpError } from '../../errors.ts';
import { show } from '../framing/options.ts';
import type { After } from '../protocol.ts';
import type { Writer } from '../writer.ts';
import { FieldLines } from './field-lines.ts';
import { CONTINUE, statusLine, type HeadLines } from './head-lines.ts';
import type { HttpRequest, RequestBody } from './request.ts';
import { cancel, chunked, measured, unframed, type Source } from './response-stream.ts';
import type { HttpResponse } from './response.ts';

const CLOSE: After = Object.freeze({ close: true });
const END = '\r\n\r\n';
/** A body that nobody has read is read to its end if that is near, for the connection's sake; else the connection ends. */
const SKIP_LIMIT_BYTES = 64 * 1024;

export class ResponseEncoder {
  readonly #lines: HeadLines;
  readonly #fields = new FieldLines();
  /** The last head, as far as most of them are alike: its lines, and both joined. */
  #line = '';
  #text = '';
  #prefix = '';
  /** The last Content-Length, and the line for it. */
  #length = -1;
  #end = END;

  constructor(lines: HeadLines) {
    this.#lines = lines;
  }

  /** @throws TypeError that names what cannot be sent; nothing was written then. */
  encode(
    response: HttpResponse,
    writer: Writer,
    request: HttpRequest | undefined,
  ): After | undefined {
    if (typeof response !== 'object' || response === null) {
      throw new TypeError(
        `http takes a response such as { status, headers, body }, and got ${show(response)}.`,
      );
    }
    const status = response.status ?? 200;
    if (request === undefined || status < 200) return this.#interim(response, writer, request);
    if (!(status <= 599) || !Number.isInteger(status)) throw badStatus(status);
    const fields = this.#fields;
    fields.read(response.headers);
    const { body } = response;
    let length: number;
    if (typeof body === 'string') length = body === '' ? 0 : Buffer.byteLength(body);
    else if (body === undefined || body === null) length = 0;
    else if (body instanceof Uint8Array) length = body.length;
    else return this.#stream(status, response, body, writer, request);

    const announced = this.#announce(status, length, request);
    const closes = fields.close || !request.keepAlive || isFar(request.source);
    const head = this.#head(status, closes, request) + this.#tail(announced);
    if (length === 0 || request.method === 'HEAD') this.#write(head, '', writer);
    else this.#write(head, body as string | Uint8Array, writer);
    if (closes) return CLOSE;
    if (request.source !== undefined) request.source.discard();
    return undefined;
  }

  /** 500, or the status of an HttpError. */
  encodeError(error: unknown, writer: Writer, request: HttpRequest | undefined): After | undefined {
    let status = 500;
    if (error instanceof HttpError && error.status >= 400 && error.status <= 599)
      ({ status } = error);
    if (request !== undefined) return this.encode({ status }, writer, request);
    writer.text(`${this.#lines.of(status)}\r\nConnection: close\r\nContent-Length: 0${END}`);
    return CLOSE;
  }

  /** The Content-Length to send; -1 for none (RFC 9110, 8.6). */
  #announce(status: number, length: number, request: HttpRequest): number {
    const given = this.#fields.contentLength;
    if (status === 204 || status === 304) {
      if (length > 0) throw new TypeError(`A response with status ${status} has no body.`);
      return status === 304 && given !== undefined ? given : -1;
    }
    if (given === undefined || given === length) return length;
    if (length === 0 && request.method === 'HEAD') return given; // what GET would have sent
    throw new TypeError(`The Content-Length is ${given}, and the body has ${length} bytes.`);
  }

  /** Status line and header lines, without a CR LF at the end. */
  #head(status: number, closes: boolean, request: HttpRequest): string {
    const fields = this.#fields;
    const line = fields.date ? statusLine(status) : this.#lines.of(status);
    if (line !== this.#line || fields.text !== this.#text) {
      this.#line = line;
      this.#text = fields.text;
      this.#prefix = flat(line + fields.text);
    }
    let head = this.#prefix;
    if (closes) head += '\r\nConnection: close';
    else if (fields.upgrade) head += '\r\nConnection: Upgrade'; // 426 names what to upgrade to
    else if (request.minorVersion === 0) head += '\r\nConnection: keep-alive';
    return head;
  }

  /** Content-Length where there is one, and the end of the head. */
  #tail(length: number): string {
    if (length !== this.#length) {
      this.#length = length;
      this.#end = length < 0 ? END : flat(`\r\nContent-Length: ${length}${END}`);
    }
    return this.#end;
  }

  #write(head: string, body: string | Uint8Array, writer: Writer): void {
    if (typeof body === 'string' && !this.#fields.latin1) {
      writer.text(body === '' ? head : head + body);
      return;
    }
    const most = typeof body === 'string' ? body.length * 3 : body.length;
    const at = writer.reserve(head.length + most);
    const from = at + writer.buffer.write(head, at, 'latin1');
    if (typeof body === 'string') {
      writer.length = from + writer.buffer.write(body, from, 'utf8');
    } else {
      writer.buffer.set(body, from);
      writer.length = from + body.length;
    }
  }

  #stream(
    status: number,
    response: HttpResponse,
    body: Source,
    writer: Writer,
    request: HttpRequest,
  ): After | undefined {
    if (typeof body[Symbol.asyncIterator] !== 'function') {
      throw new TypeError(
        `The body is ${show(body)}; it must be a string, a Uint8Array or an async iterable of them.`,
      );
    }
    if (status === 204 || status === 205 || status === 304) {
      throw new TypeError(`A response with status ${status} has no body.`);
    }
    const fields = this.#fields;
    const { contentLength } = fields;
    const { source } = request;
    const asChunks = contentLength === undefined && request.minorVersion === 1;
    const closes = fields.close || !request.keepAlive || (contentLength === undefined && !asChunks);
    let head = this.#head(status, closes, request);
    if (contentLength !== undefined) head += `\r\nContent-Length: ${contentLength}`;
    else if (asChunks) head += '\r\nTransfer-Encoding: chunked';
    if (request.method === 'HEAD') {
      cancel(body);
      this.#write(head + END, '', writer);
      return closes || isFar(source) ? CLOSE : undefined;
    }
    // The stream may be made of the request's body, which the client keeps until it is asked for.
    if (source?.answerContinue() === true) head = CONTINUE + head;
    this.#write(head + END, '', writer);
    let stream: Source;
    if (contentLength !== undefined) stream = measured(body, contentLength);
    else if (asChunks) stream = chunked(body, response.trailers);
    else stream = unframed(body);
    return source === undefined ? { stream, close: closes } : new AfterBoth(stream, closes, source);
  }

  /** 1xx: ahead of the reply, or the reply that switches protocols. */
  #interim(
    response: HttpResponse,
    writer: Writer,
    request: HttpRequest | undefined,
  ): After | undefined {
    const status = response.status ?? 200;
    const { switchTo } = response;
    const fields = this.#fields;
    if (!(status >= 100 && status <= 599) || !Number.isInteger(status)) throw badStatus(status);
    if (status >= 200) {
      throw new TypeError('A response is returned by message(): send() takes 1xx only.');
    }
    if (status !== 101 && request !== undefined) {
      throw new TypeError(`A response with status ${status} goes ahead of the reply: send() it.`);
    }
    if (status === 101 && (switchTo === undefined || request?.upgrade !== true)) {
      throw new TypeError(
        '101 goes with switchTo, as the reply to a request that asks for an upgrade.',
      );
    }
    fields.read(response.headers);
    if (fields.contentLength !== undefined || response.body) {
      throw new TypeError(`A response with status ${status} has no body.`);
    }
    const upgrade = switchTo === undefined ? '' : '\r\nConnection: Upgrade';
    this.#write(statusLine(status) + fields.text + upgrade + END, '', writer);
    return switchTo === undefined ? undefined : { switchTo, handover: response.handover };
  }
}

/** Behind a streamed response: the rest of the request's body is skipped or the connection ends, whichever is then due. */
class AfterBoth implements After {
  readonly stream: Source;
  #closes: boolean;
  #source: RequestBody;

  constructor(stream: Source, closes: boolean, source: RequestBody) {
    this.stream = stream;
    this.#closes = closes;
    this.#source = source;
  }

  get close(): boolean {
    if (this.#closes || isFar(this.#source)) return true;
    this.#source.discard();
    return false;
  }
}

/** The body is so far from its end that reading it would cost more than a new connection. */
function isFar(source: RequestBody | undefined): boolean {
  if (source === undefined || source.complete) return false;
  if (source.failed || source.unasked || source.remaining === undefined) return true;
  return source.remaining > SKIP_LIMIT_BYTES;
}

/** The same text in one piece: pieces would be joined again for every reply. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function badStatus(status: unknown): TypeError {
  return new TypeError(`The status is ${show(status)}; it must be a whole number from 100 to 599.`);
}
