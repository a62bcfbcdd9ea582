/** A response as the Fetch standard has it, which keeps what it was made of until somebody asks for more. */
import type { HttpResponse } from '../../protocols/http1/response.ts';
import { fetchGlobals } from './natives.ts';
import { fieldsOf } from './read-response.ts';

type Body = ConstructorParameters<typeof Response>[0] | null;
type Fields = NonNullable<HttpResponse['headers']>;

const TEXT = Object.freeze({ 'content-type': 'text/plain;charset=UTF-8' });
const NONE: Fields = Object.freeze({});
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9-]*$/;
/** Blanks at an end, which are cut, and what no value has. */
const NOT_PLAIN = /^[\t ]|[\t ]$|[^\t\x20-\x7e\x80-\xff]/;
const NULL_BODY = new Set([101, 204, 205, 304]);

/**
 * Stands for a `Response`; `instanceof Response` holds. Text, bytes, a stream or nothing as body, and a record of headers,
 * stay as they are on their way to the encoder; whatever else is asked for comes from a real one (8 to 30 us).
 */
export class LazyResponse {
  readonly status: number;
  readonly statusText: string;
  readonly #given: Body;
  /** A copy of what was given, while nobody has asked for `headers`. */
  readonly #record: Record<string, string> | undefined;
  #headers: Headers | undefined = undefined;
  /** For its body: status and headers are kept here. */
  #real: Response | undefined = undefined;

  constructor(body?: Body, init?: ResponseInit) {
    const given: unknown = init?.status ?? 200;
    const status = Number(given); // '201' is one, too
    if (!(status >= 200 && status <= 599) || !Number.isInteger(status)) {
      throw new RangeError(`A Response's status must be from 200 to 599, and is ${status}.`);
    }
    this.#given = ownBytes(body ?? null);
    if (this.#given !== null && NULL_BODY.has(status)) {
      throw new TypeError(`A Response with status ${status} has no body.`);
    }
    this.status = status;
    this.statusText = init?.statusText ?? '';
    const headers = init?.headers;
    if (!isPlain(this.#given)) {
      this.#real = new (fetchGlobals().Response)(body, init); // it knows the type that goes with it
      this.#headers = this.#real.headers;
    } else if (headers === undefined) {
      this.#record = undefined;
    } else if ((this.#record = plainCopy(headers)) === undefined) {
      this.#headers = new (fetchGlobals().Headers)(headers);
      this.#addType(this.#headers);
    }
  }

  static json(data: unknown, init: ResponseInit = {}): LazyResponse {
    const text = JSON.stringify(data) as string | undefined;
    if (text === undefined) throw new TypeError('The value is not JSON serializable.');
    const headers = new (fetchGlobals().Headers)(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new LazyResponse(text, { ...init, headers });
  }

  static redirect(url: string | URL, status?: number): Response {
    return fetchGlobals().Response.redirect(url, status as 302);
  }

  static error(): Response {
    return fetchGlobals().Response.error();
  }

  /** Whoever has kept this class for the real one knows the real one's instances by it, too. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof fetchGlobals().Response;
  }

  /** As the encoder takes it. Undefined: it must be read from `response.body`. */
  static reply(response: LazyResponse): HttpResponse | undefined {
    if (response.#real !== undefined) return undefined;
    const body = response.#given as HttpResponse['body'] | ArrayBuffer;
    return {
      status: response.status,
      headers: response.#fields(),
      body: body instanceof ArrayBuffer ? new Uint8Array(body) : body,
    };
  }

  get headers(): Headers {
    if (this.#headers === undefined) {
      this.#headers = new (fetchGlobals().Headers)(this.#record);
      this.#addType(this.#headers);
    }
    return this.#headers;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#given === null ? null : (this.#make().body as ReadableStream<Uint8Array> | null);
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false;
  }

  clone(): Response {
    const { status, statusText, headers } = this;
    const { body } = this.#make().clone();
    return new (fetchGlobals().Response)(body, { status, statusText, headers });
  }

  /** For what is not answered here. */
  static real(lazy: LazyResponse): Response {
    return lazy.#make();
  }

  /** The header lines, with the type that a text has by itself. */
  #fields(): Fields {
    if (this.#headers !== undefined) return fieldsOf(this.#headers);
    const isText = typeof this.#given === 'string';
    if (this.#record === undefined) return isText ? TEXT : NONE;
    return !isText || hasType(this.#record) ? this.#record : { ...this.#record, ...TEXT };
  }

  #addType(headers: Headers): void {
    if (typeof this.#given === 'string' && !headers.has('content-type')) {
      headers.set('content-type', TEXT['content-type']);
    }
  }

  #make(): Response {
    if (this.#real === undefined) {
      const { status, statusText, headers } = this;
      this.#real = new (fetchGlobals().Response)(this.#given, { status, statusText, headers });
    }
    return this.#real;
  }
}

/** A body that the encoder can send as it is. */
function isPlain(body: unknown): boolean {
  return (
    body === null ||
    typeof body === 'string' ||
    body instanceof Uint8Array ||
    body instanceof ArrayBuffer ||
    body instanceof ReadableStream
  );
}

/** The standard copies them: who gave them may change them while the reply waits for one before it. */
function ownBytes(body: Body): Body {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return body instanceof ArrayBuffer ? body.slice(0) : body;
}

/** A record of header lines that need nothing done to them; undefined: the real class does it, or throws. */
function plainCopy(headers: object): Record<string, string> | undefined {
  if (Symbol.iterator in headers) return undefined;
  const copy: Record<string, string> = {};
  for (const name in headers) {
    const value: unknown = (headers as Record<string, unknown>)[name];
    if (typeof value !== 'string' || NOT_PLAIN.test(value) || !PLAIN_NAME.test(name))
      return undefined;
    copy[name] = value;
  }
  return copy;
}

function hasType(record: Readonly<Record<string, string>>): boolean {
  for (const name in record) {
    if (name.length === 12 && name.toLowerCase() === 'content-type') return true;
  }
  return false;
}
