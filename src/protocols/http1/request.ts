/** A request, as a handler gets it. */
import { Buffer } from 'node:buffer';
import { HttpError } from '../../errors.ts';
import { HttpHeaders, NO_HEADERS } from './headers.ts';

export const NO_BODY = Buffer.alloc(0);
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);

/** What `http().client.encode()` takes. */
export interface HttpRequestInit {
  /** Default 'GET'. */
  readonly method?: string;
  /** Origin form ('/path?query'), or what else RFC 9112, 3.2 allows. Default '/'. */
  readonly target?: string;
  /** Host is added where it is missing: 'localhost'. Content-Length belongs to the body. */
  readonly headers?: HeadersInit | HttpHeaders;
  readonly body?: Uint8Array | string;
}

/** Header lines to send: by name (an array for several lines of one name), or one by one. */
export type HeadersInit =
  | Readonly<Record<string, string | number | readonly string[]>>
  | ReadonlyArray<readonly [string, string]>;

/** A body that comes while it is read. */
export interface RequestBody extends AsyncIterable<Buffer> {
  /** Every byte has come. */
  readonly complete: boolean;
  /** Bytes still to come; undefined where a chunked body does not say. */
  readonly remaining: number | undefined;
  /** The client waits for 100 Continue, and nobody has asked for the body. */
  readonly unasked: boolean;
  /** It will not come whole. */
  readonly failed: boolean;
  readonly trailers: HttpHeaders;
  /** Nobody will read on: what comes is dropped. */
  discard(): void;
  /** True: 100 Continue is due, and whoever asked sends it. */
  answerContinue(): boolean;
}

export class HttpRequest {
  /** One of METHODS, as it came: methods are case-sensitive. */
  readonly method: string;
  /** The request target as it came (RFC 9112, 3.2): nothing is decoded. */
  readonly target: string;
  /** HTTP/1.`minorVersion`. */
  readonly minorVersion: number;
  /** The connection goes on behind the response. */
  readonly keepAlive: boolean;
  /** The collected body: your own; empty where there is none. With `body: 'stream'` it is empty: use `stream()`. */
  readonly body: Buffer;
  /** With `body: 'stream'`: what is behind `stream()`. */
  readonly source: RequestBody | undefined;
  /** It asks for another protocol, in `headers.get('upgrade')`. */
  readonly upgrade: boolean;
  /** The parameters of the route that matched. */
  params: Readonly<Record<string, string>> = NO_PARAMS;
  private readonly head: string;
  private readonly fieldsStart: number;
  private lazyHeaders: HttpHeaders | undefined = undefined;
  private readonly lateFields: HttpHeaders;

  constructor(
    method: string,
    target: string,
    minorVersion: number,
    keepAlive: boolean,
    upgrade: boolean,
    head: string,
    fieldsStart: number,
    body: Buffer,
    trailers: string,
    source: RequestBody | undefined,
  ) {
    this.method = method;
    this.target = target;
    this.minorVersion = minorVersion;
    this.keepAlive = keepAlive;
    this.upgrade = upgrade;
    this.head = head;
    this.fieldsStart = fieldsStart;
    this.body = body;
    this.source = source;
    this.lateFields = trailers === '' ? NO_HEADERS : new HttpHeaders(trailers);
  }

  get headers(): HttpHeaders {
    this.lazyHeaders ??= new HttpHeaders(this.head.slice(this.fieldsStart));
    return this.lazyHeaders;
  }

  /** What came behind a chunked body; complete when the body is. */
  get trailers(): HttpHeaders {
    return this.source?.trailers ?? this.lateFields;
  }

  /** The body piece by piece, in every mode, once; the pieces are your own. Throws where the client goes within it. */
  stream(): AsyncIterable<Buffer> {
    return this.source ?? once(this.body);
  }

  /** The whole body, when it has come; in every mode. */
  async bytes(): Promise<Buffer> {
    if (this.source === undefined) return this.body;
    const pieces: Buffer[] = [];
    for await (const piece of this.source) pieces.push(piece);
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  }

  /**
   * A collected body as text; what is not UTF-8 becomes U+FFFD.
   *
   * @throws TypeError where the body is still to be read: with `body: 'stream'`, in the modes that do not collect it
   */
  text(): string {
    if (this.source !== undefined) {
      throw new TypeError(
        "The body comes while it is read (http({ body: 'stream' })): text() and json() are for one that has come; await bytes(), or read stream().",
      );
    }
    return this.body.toString('utf8');
  }

  /**
   * A collected body as JSON.
   *
   * @throws HttpError with status 400, which answers 400 unless you catch it; TypeError as `text()` does.
   */
  json(): unknown {
    const text = this.text();
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new HttpError(400, 'The body is not JSON.', { cause: error });
    }
  }

  /** The target's path, nothing decoded: '/a%20b'. '*' for `OPTIONS *`. */
  get path(): string {
    const from = pathStart(this.target);
    const query = this.target.indexOf('?', from);
    const path = query === -1 ? this.target.slice(from) : this.target.slice(from, query);
    return path === '' ? '/' : path;
  }

  /** What follows the target's '?', nothing decoded; '' where there is none. */
  get query(): string {
    const query = this.target.indexOf('?');
    return query === -1 ? '' : this.target.slice(query + 1);
  }

  /** Host and port: the target's where it names them (RFC 9112, 3.2.2), else the Host header's; '' where neither does. */
  get host(): string {
    const from = pathStart(this.target);
    if (from === 0) return this.headers.get('host') ?? '';
    return this.target.slice(this.target.indexOf('//') + 2, from);
  }
}

/** Where the path begins: behind the authority in absolute form. */
function pathStart(target: string): number {
  if (target.charCodeAt(0) === 47 || target === '*') return 0;
  const authority = target.indexOf('//') + 2;
  for (let i = authority; i < target.length; i += 1) {
    const char = target[i];
    if (char === '/' || char === '?') return i;
  }
  return target.length;
}

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  if (body.length > 0) yield body;
}
