/**
 * Writes responses by way of uWebSockets.js, under the rules of ResponseEncoder.
 *
 * It takes a status and then headers one by one, in calls that cost as much as a small handler. So the status is given
 * with every header line behind it, checked, as bytes that are kept for the next reply. Date and its own mark
 * (`uWebSockets: 20`) it adds itself, and there is no way to have it otherwise.
 */
import { show } from '../../protocols/framing/options.ts';
import { FieldLines } from '../../protocols/http1/field-lines.ts';
import { statusLine } from '../../protocols/http1/head-lines.ts';
import type { RequestBody } from '../../protocols/http1/request.ts';
import { cancel, measured, unframed, type Source } from '../../protocols/http1/response-stream.ts';
import type { HttpResponse } from '../../protocols/http1/response.ts';
import type { Text, UwsResponse } from './uws.ts';

/** A longer body waits here for a slow peer, so that a server that stops knows of it; a shorter one in uWebSockets.js. */
export const TRACKED_BYTES = 64 * 1024;
/** As in ResponseEncoder. */
const SKIP_LIMIT_BYTES = 64 * 1024;
const HTTP = 'HTTP/1.1 ';
const HANDSHAKE = /^(?:upgrade|connection|sec-websocket-)/i;
const CLOSE = '\r\nConnection: close';
const UPGRADE = '\r\nConnection: Upgrade';

/** What is left to do behind the head. */
export type Rest =
  /** The response is out. */
  | undefined
  /** `total`: its Content-Length; undefined: chunks. */
  | { readonly body: Uint8Array | Source; readonly total: number | undefined };

export interface Exchanged {
  readonly method: string;
  /** What the client asked for; uWebSockets.js closes by itself then. */
  readonly keepAlive: boolean;
  readonly source: RequestBody | undefined;
}

export class Replies {
  readonly #fields = new FieldLines();
  readonly #interim = new FieldLines();
  /** The last head. */
  #status = 0;
  #lines = '';
  #head: Uint8Array = Buffer.alloc(0);

  /**
   * Writes it, or its head. Call it corked. `begun`: an interim response has gone ahead; `closes`: the connection ends
   * behind it.
   *
   * @throws TypeError that names what cannot be sent; nothing was written then.
   */
  write(
    response: HttpResponse,
    to: UwsResponse,
    { method, keepAlive, source }: Exchanged,
    begun: boolean,
    closes: boolean,
  ): Rest {
    if (typeof response !== 'object' || response === null) {
      throw new TypeError(
        `http takes a response such as { status, headers, body }, and got ${show(response)}.`,
      );
    }
    const status = response.status ?? 200;
    if (!(status >= 200 && status <= 599) || !Number.isInteger(status)) throw badReply(status);
    const fields = this.#fields;
    fields.read(response.headers);
    const { body } = response;
    if (!isWhole(body)) {
      const ends = closes || fields.close || !keepAlive;
      return this.#stream(status, body, to, method, begun, ends);
    }
    const text: Text = body ?? '';
    const length = typeof text === 'string' ? Buffer.byteLength(text) : text.length;
    const ends = closes || fields.close || !keepAlive || isFar(source);
    const option = this.#option(ends);
    const announced = this.#announce(status, length, method);
    if (method === 'HEAD' || status === 204 || status === 304) {
      // Not endWithoutBody(length): it waits for the body ever after.
      this.#writeHead(status, option + lengthLine(announced), to, begun);
      to.endWithoutBody();
      return undefined;
    }
    if (length > TRACKED_BYTES) {
      this.#writeHead(status, option, to, begun);
      return { body: typeof text === 'string' ? Buffer.from(text) : text, total: length };
    }
    // It adds a `close` itself, unless the client has sent it.
    this.#writeHead(status, ends && keepAlive ? '' : option, to, begun);
    to.end(text, ends);
    return undefined;
  }

  /** The head of the response that opens a WebSocket; uWebSockets.js writes the handshake's own headers. */
  switching({ headers }: HttpResponse): { head: Uint8Array; protocol: string; offer: string } {
    const lines = [...(headers as Iterable<readonly [string, string]>)];
    const fields = this.#interim;
    fields.read(lines.filter(([name]) => !HANDSHAKE.test(name)));
    const said = (wanted: string) => lines.find(([name]) => name === wanted)?.[1];
    return {
      head: Buffer.from(statusLine(101).slice(HTTP.length) + fields.text, 'latin1'),
      protocol: said('Sec-WebSocket-Protocol') ?? '',
      offer: kept(said('Sec-WebSocket-Extensions')),
    };
  }

  /** 1xx, ahead of the reply. Call it corked. `begun`: not the first. */
  interim(response: HttpResponse, to: UwsResponse, begun: boolean): void {
    const status = response.status ?? 200;
    if (status >= 200 && status <= 599) {
      throw new TypeError('A response is returned by message(): send() takes 1xx only.');
    }
    if (!(status >= 100 && status < 200) || !Number.isInteger(status)) throw badStatus(status);
    if (status === 101) {
      throw new TypeError(
        '101 goes with switchTo, as the reply to a request that asks for an upgrade.',
      );
    }
    const fields = this.#interim;
    fields.read(response.headers);
    if (fields.contentLength !== undefined || response.body) {
      throw new TypeError(`A response with status ${status} has no body.`);
    }
    this.interimLines(statusLine(status) + fields.text, to, begun);
  }

  /** Its lines, without the last CR LF. */
  interimLines(head: string, to: UwsResponse, begun: boolean): void {
    // The empty line at its end: a CR LF of ours, and one that the call adds.
    if (begun) writeAsField(head, '\r\n', to);
    else to.writeStatus(Buffer.from(`${head.slice(HTTP.length)}\r\n`, 'latin1'));
  }

  #stream(
    status: number,
    body: Source,
    to: UwsResponse,
    method: string,
    begun: boolean,
    closes: boolean,
  ): Rest {
    if (typeof body[Symbol.asyncIterator] !== 'function') {
      throw new TypeError(
        `The body is ${show(body)}; it must be a string, a Uint8Array or an async iterable of them.`,
      );
    }
    if (status === 204 || status === 205 || status === 304) {
      throw new TypeError(`A response with status ${status} has no body.`);
    }
    const { contentLength } = this.#fields;
    const option = this.#option(closes);
    if (method === 'HEAD') {
      cancel(body);
      const framing =
        contentLength === undefined ? '\r\nTransfer-Encoding: chunked' : lengthLine(contentLength);
      this.#writeHead(status, option + framing, to, begun);
      to.endWithoutBody();
      return undefined;
    }
    this.#writeHead(status, option, to, begun);
    if (contentLength === undefined) return { body: unframed(body), total: undefined };
    return { body: measured(body, contentLength), total: contentLength };
  }

  /** What Upgrade names holds for this connection alone (RFC 9110, 7.8): a 426 has it. */
  #option(closes: boolean): string {
    if (closes) return CLOSE;
    return this.#fields.upgrade ? UPGRADE : '';
  }

  /** The Content-Length; -1 for none (RFC 9110, 8.6). */
  #announce(status: number, length: number, method: string): number {
    const given = this.#fields.contentLength;
    if (status === 204 || status === 304) {
      if (length > 0) throw new TypeError(`A response with status ${status} has no body.`);
      return status === 304 && given !== undefined ? given : -1;
    }
    if (given === undefined || given === length) return length;
    if (length === 0 && method === 'HEAD') return given; // what GET would have sent
    throw new TypeError(`The Content-Length is ${given}, and the body has ${length} bytes.`);
  }

  /** The status and every line, `more` among them, without the CR LF at the end. */
  #writeHead(status: number, more: string, to: UwsResponse, begun: boolean): void {
    const lines = (this.#fields.date ? withoutDate(this.#fields.text) : this.#fields.text) + more;
    if (begun) {
      writeAsField(statusLine(status) + lines, '', to);
      return;
    }
    if (status !== this.#status || lines !== this.#lines) {
      this.#status = status;
      this.#lines = lines;
      this.#head = Buffer.from(statusLine(status).slice(HTTP.length) + lines, 'latin1');
    }
    to.writeStatus(this.#head);
  }
}

/**
 * A head behind an interim response. uWebSockets.js has its status by then, and takes nothing but headers: all up to the
 * last line's colon goes as a name.
 */
function writeAsField(head: string, end: string, to: UwsResponse): void {
  const whole = head.includes(': ') ? head : `${head}\r\nConnection: keep-alive`;
  const colon = whole.lastIndexOf(': ');
  to.writeHeader(
    Buffer.from(whole.slice(0, colon), 'latin1'),
    Buffer.from(whole.slice(colon + 2) + end, 'latin1'),
  );
}

/**
 * What uWebSockets.js is told was offered: what was agreed on, so that the choice is ours. Nothing where the client asks
 * for a smaller window: it has one of its own, and would agree all the same (RFC 7692, 7.1.2.1).
 */
function kept(agreed = ''): string {
  return agreed.includes('server_max_window_bits') ? '' : agreed;
}

function withoutDate(lines: string): string {
  return lines.replace(/\r\ndate: [^\r]*/gi, '');
}

function lengthLine(length: number): string {
  return length < 0 ? '' : `\r\nContent-Length: ${length}`;
}

function isWhole(body: HttpResponse['body']): body is string | Uint8Array | null | undefined {
  return (
    body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array
  );
}

/** A body so far from its end that reading it would cost more than a new connection. */
function isFar(source: RequestBody | undefined): boolean {
  if (source === undefined || source.complete) return false;
  if (source.failed || source.unasked || source.remaining === undefined) return true;
  return source.remaining > SKIP_LIMIT_BYTES;
}

function badReply(status: unknown): TypeError {
  if (status === 101) {
    return new TypeError(
      '101 goes with switchTo, as the reply to a request that asks for an upgrade.',
    );
  }
  if (typeof status === 'number' && status >= 100 && status < 200) {
    return new TypeError(`A response with status ${status} goes ahead of the reply: send() it.`);
  }
  return badStatus(status);
}

function badStatus(status: unknown): TypeError {
  return new TypeError(`The status is ${show(status)}; it must be a whole number from 100 to 599.`);
}
