/** A request as the Fetch standard has it, of which nothing is made before it is asked for. */
import type { Connection } from '../../handler.ts';
import type { HttpRequest } from '../../protocols/http1/request.ts';
import { LazyHeaders } from './headers.ts';
import { fetchGlobals } from './natives.ts';

/** What WHATWG URL leaves as it is in a target; '/.' may begin what it resolves. */
const PLAIN_TARGET = /^[\w\-.~!$&()*+,;=:@/?%[\]]*$/;
/** And in a host: a name in lower case, no number at its end (which would be an address), no port that goes without saying. */
const PLAIN_HOST = /^(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*(?::(?!80$)[1-9]\d{0,3})?$/;

/** The last host and what a URL makes of it: most requests have the host of the last one. */
let lastHost = '';
let lastOrigin = '';

/**
 * Stands for a `Request`; `instanceof Request` holds. What is not answered here comes from a real one, made when first
 * asked for: `clone()` gives it. The global constructor knows it while responses are made (`knowOurs`).
 */
export class LazyRequest {
  readonly #request: HttpRequest;
  readonly #connection: Connection;
  readonly url: string;
  #headers: LazyHeaders | undefined = undefined;
  #bodyUsed = false;
  #real: Request | undefined = undefined;
  #abort: AbortController | undefined = undefined;
  #onGone: (() => void) | undefined = undefined;
  #isDone = false;

  /** @throws TypeError for a host that no URL has */
  constructor(request: HttpRequest, connection: Connection) {
    this.#request = request;
    this.#connection = connection;
    this.url = urlOf(request);
  }

  get method(): string {
    return this.#request.method;
  }

  get headers(): Headers {
    this.#headers ??= new LazyHeaders(this.#request.headers);
    return this.#headers as unknown as Headers;
  }

  /** Aborts when the client goes before the response is out. It is the request's own: the connection keeps none of it. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      const { signal } = this.#connection;
      const gone = () => abort.abort(signal.reason);
      if (this.#isDone) return abort.signal;
      if (signal.aborted) gone();
      else signal.addEventListener('abort', gone, { once: true });
      this.#onGone = gone;
    }
    return this.#abort.signal;
  }

  /** The response is out: the signal aborts no more. */
  static done(lazy: LazyRequest): void {
    lazy.#isDone = true;
    if (lazy.#onGone !== undefined) {
      lazy.#connection.signal.removeEventListener('abort', lazy.#onGone);
    }
  }

  /** Somebody has asked for its signal. */
  static isWatched(lazy: LazyRequest): boolean {
    return lazy.#onGone !== undefined;
  }

  get bodyUsed(): boolean {
    return this.#bodyUsed || this.#real?.bodyUsed === true;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#hasBody ? (this.#make().body as ReadableStream<Uint8Array> | null) : null;
  }

  async text(): Promise<string> {
    const bytes = await this.#bytes();
    // The standard's decoder drops a byte order mark.
    const from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return bytes.toString('utf8', from);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#bytes();
    return new Uint8Array(bytes).buffer;
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.#bytes());
  }

  async blob(): Promise<Blob> {
    const type = this.headers.get('content-type') ?? '';
    return new Blob([await this.arrayBuffer()], { type });
  }

  async formData(): Promise<FormData> {
    const type = this.headers.get('content-type');
    const headers = type === null ? undefined : { 'content-type': type };
    const real = new (fetchGlobals().Response)(await this.arrayBuffer(), { headers });
    return real.formData();
  }

  clone(): Request {
    if (this.bodyUsed) throw new TypeError('The body has been read already.');
    // Its headers may have been changed since the real one was made.
    return new (fetchGlobals().Request)(this.#make().clone(), { headers: [...this.headers] });
  }

  get duplex(): 'half' {
    return 'half';
  }

  /** For what is not answered here. Its body is the only one from now on. */
  static real(lazy: LazyRequest): Request {
    return lazy.#make();
  }

  get #hasBody(): boolean {
    const { method, body, source } = this.#request;
    if (method === 'GET' || method === 'HEAD') return false; // a Request has none with them
    return body.length > 0 || source !== undefined;
  }

  async #bytes(): Promise<Buffer> {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read');
    this.#bodyUsed = true;
    if (this.#real !== undefined) return Buffer.from(await this.#real.arrayBuffer());
    return this.#request.bytes();
  }

  #make(): Request {
    if (this.#real === undefined) {
      const { method, body, source } = this.#request;
      const init: RequestInit & { duplex: 'half' } = {
        method: method === 'TRACE' ? 'GET' : method, // TRACE is forbidden to a Request
        headers: [...this.headers],
        signal: this.signal,
        duplex: 'half',
      };
      if (this.#hasBody && !this.#bodyUsed) {
        init.body = source === undefined ? new Uint8Array(body) : streamOf(source);
      }
      this.#real = new (fetchGlobals().Request)(this.url, init);
    }
    return this.#real;
  }
}

/** Makes what the platform's makes, of a request of ours as well. */
const knowing: ProxyHandler<typeof Request> = {
  construct(target, [input, init]: ConstructorParameters<typeof Request>, made): Request {
    const from = made === stand ? target : made;
    if (!(input instanceof LazyRequest))
      return Reflect.construct(target, [input, init], from) as Request;
    // Its headers may have been changed since the real one was made.
    const known = { headers: [...input.headers], ...init };
    return Reflect.construct(target, [LazyRequest.real(input), known], from) as Request;
  },
};

let stand: typeof Request | undefined;
let before: typeof Request;
let underWay = 0;

/** A response is to be made: `new Request()` knows ours, until as many have been. */
export function knowOurs(): void {
  underWay += 1;
  if (underWay > 1) return;
  stand ??= new Proxy(fetchGlobals().Request, knowing);
  before = globalThis.Request;
  globalThis.Request = stand;
}

/** It has been made. */
export function forgetOurs(): void {
  underWay -= 1;
  if (underWay === 0 && globalThis.Request === stand) globalThis.Request = before;
}

function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return ReadableStream.from<Uint8Array>(source);
}

/** What `new URL()` would make of it; without one where nothing would change. */
function urlOf(request: HttpRequest): string {
  const { target } = request;
  const { host } = request;
  if (target.charCodeAt(0) !== 47) {
    if (target === '*') return `${originOf(host)}/*`;
    return new URL(target).href;
  }
  const origin = host === lastHost ? lastOrigin : originOf(host);
  if (PLAIN_TARGET.test(target) && !target.includes('/.')) return origin + target;
  return new URL(origin + target).href;
}

function originOf(host: string): string {
  if (host === '') lastOrigin = 'http://localhost';
  else if (PLAIN_HOST.test(host)) lastOrigin = `http://${host}`;
  else lastOrigin = new URL(`http://${host}`).origin;
  lastHost = host;
  return lastOrigin;
}
