/**
 * A request, made of what uWebSockets.js has parsed. Its own request dies with the callback that it came in, and each
 * header that crosses from C++ costs as much as a small handler: headers are fetched when they are asked for, and kept
 * only where the reply does not come at once.
 */
import { HttpHeaders, listOf, NO_HEADERS } from '../../protocols/http1/headers.ts';
import { isMethod } from '../../protocols/http1/methods.ts';
import type { HttpOptions } from '../../protocols/http1/options.ts';
import { HttpRequest, type RequestBody } from '../../protocols/http1/request.ts';
import type { UwsRequest } from './uws.ts';

/** What `chars.ts` calls TARGET, in origin form: uWebSockets.js serves no other. */
const TARGET = /^\/[!$-;=?-~]*$/;
const DEFAULT_TARGET_BYTES = 8192;
/** Within a head: the spaces, the version, and the CR LF behind the line and the head. */
const HEAD_EXTRA_BYTES = 14;

export class NativeRequest extends HttpRequest {
  #native: UwsRequest | undefined;
  #headers: HttpHeaders | undefined;

  constructor(
    native: UwsRequest | undefined,
    { method, target, keepAlive, upgrade, headers }: Head,
    body: Buffer,
    source: RequestBody | undefined,
  ) {
    super(method, target, 1, keepAlive, upgrade, '', 0, body, '', source);
    this.#native = native;
    this.#headers = headers;
  }

  /** @throws TypeError behind a reply that was returned at once, where nobody had asked for them. */
  override get headers(): HttpHeaders {
    this.keep();
    if (this.#headers === undefined) {
      throw new TypeError(
        'In mode native the headers of a request are gone when its reply has left: read them before.',
      );
    }
    return this.#headers;
  }

  /** Keeps the headers for later. */
  keep(): void {
    if (this.#native === undefined || this.#headers !== undefined) return;
    this.#headers = headersOf(this.#native);
  }

  /** The callback returns: what uWebSockets.js has of it is gone. */
  release(): void {
    this.#native = undefined;
  }
}

/** What there is before a body. */
export interface Head {
  readonly method: string;
  readonly target: string;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Read already, where they had to be. */
  readonly headers: HttpHeaders | undefined;
  /** Bytes to come; undefined: chunked; 0: none. */
  readonly length: number | undefined;
}

/** Reads and checks a head. A number is the status to refuse it with. */
export function readHead(
  native: UwsRequest,
  options: HttpOptions,
  bodyLimitBytes: number,
): Head | number {
  const method = native.getCaseSensitiveMethod();
  if (!isMethod(method)) return 501;
  const query = native.getQuery();
  const target = query === undefined ? native.getUrl() : `${native.getUrl()}?${query}`;
  if (!TARGET.test(target)) return 400;
  if (target.length > (options.targetLimitBytes ?? DEFAULT_TARGET_BYTES)) return 414;
  const connection = connectionOf(native);
  const keepAlive = connection === '' || !hasOption(connection, 'close');
  const upgrade =
    keepAlive &&
    connection !== '' &&
    hasOption(connection, 'upgrade') &&
    native.getHeader('upgrade') !== '';
  const length = native.getHeader('content-length');
  const coded = native.getHeader('transfer-encoding') !== '';
  const limited = options.headLimitBytes !== undefined || options.headerLimit !== undefined;
  if (length === '' && !coded && !limited) {
    return { method, target, keepAlive, upgrade, headers: undefined, length: 0 };
  }
  const headers = headersOf(native);
  const lineBytes = method.length + target.length + HEAD_EXTRA_BYTES;
  const status = refuses(headers, lineBytes, options);
  if (status !== 0) return status;
  const bytes = coded ? undefined : Number(length);
  if (bytes !== undefined && bytes > bodyLimitBytes) return 413;
  return { method, target, keepAlive, upgrade, headers, length: bytes };
}

/** The status to refuse it with, or 0. Its framing is uWebSockets.js's; what is in doubt there is refused here. */
function refuses(headers: HttpHeaders, lineBytes: number, options: HttpOptions): number {
  const { headLimitBytes = Infinity, headerLimit = Infinity } = options;
  if (headers.text.length + lineBytes > headLimitBytes || headers.size > headerLimit) return 431;
  const lengths = headers.getAll('content-length');
  if (lengths.length > 1 || (lengths.length === 1 && !/^[0-9]+$/.test(lengths[0]))) return 400;
  const codings = headers.getAll('transfer-encoding');
  if (codings.length > 0) {
    const status = lengths.length > 0 ? 400 : refusesCoding(codings);
    if (status !== 0) return status;
    if (options.lengthRequired === true) return 411;
  }
  const expected = headers.get('expect');
  return expected === undefined || expected.toLowerCase() === '100-continue' ? 0 : 417;
}

/** RFC 9112, 6.1: chunked, once and alone; as FieldScanner has it. */
function refusesCoding(values: readonly string[]): number {
  const codings = listOf(values[0].toLowerCase());
  if (values.length > 1 || codings.indexOf('chunked') !== codings.length - 1) return 400;
  return codings.length === 1 ? 0 : 501;
}

/** Of all its lines, where the first is more than the usual one. */
function connectionOf(native: UwsRequest): string {
  const first = native.getHeader('connection');
  if (first === '' || first === 'keep-alive') return first;
  return headersOf(native).get('connection')!;
}

function headersOf(native: UwsRequest): HttpHeaders {
  let text = '';
  native.forEach((name, value) => {
    text += `${name}: ${value}\r\n`; // one character for each byte, as HttpHeaders wants it
  });
  return text === '' ? NO_HEADERS : new HttpHeaders(text);
}

/** An option of Connection's (RFC 9110, 7.6.1). */
function hasOption(connection: string, option: string): boolean {
  return connection
    .toLowerCase()
    .split(',')
    .some((one) => one.trim() === option);
}
