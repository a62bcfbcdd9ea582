/** Every option and limit of `http`, with its default, and what Node's http and nginx have in its place. */
import { flag, oneOf, readOptions, wholeNumber } from '../framing/options.ts';
import type { WebSocketOptions } from '../websocket/options.ts';

export interface HttpOptions {
  /**
   * 'collect' (default): a message is a whole request, its body in `request.body`. 'stream': a handler is called when
   * the head has come, and reads the body through `request.stream()` while it comes, with backpressure. In `dispatched`
   * and `blocking` a request is always collected: `request.stream()` then gives the body that is there.
   */
  readonly body?: 'collect' | 'stream';
  /**
   * Bytes of a request's head: request line, header section and the empty line. Also of a trailer section. Past it 431.
   * Default 16 KiB (Node 16 KiB; nginx 1 KiB, then 4 × 8 KiB).
   */
  readonly headLimitBytes?: number;
  /** Header lines of a request; also trailer lines. Past it 431. Default 100 (Node 1,000; nginx 1,000). */
  readonly headerLimit?: number;
  /** Bytes of the request target. Past it 414. Default 8 KiB (Node: within its 16 KiB; nginx 8 KiB for the line). */
  readonly targetLimitBytes?: number;
  /**
   * Bytes of a body. Past it 413. Default: what the server's `messageLimitBytes` (1 MiB) leaves behind the head, chunk
   * framing included (Node: none; nginx 1 MiB).
   */
  readonly bodyLimitBytes?: number;
  /**
   * Bytes of one chunk's line: its size and extensions. Past it 413. Default 256 (Node 16 KiB for all the extensions of
   * a body; nginx none of its own). All framing of a chunked body, its trailer section included, has at most
   * `headLimitBytes` and as many bytes as its content: less than about six bytes to a chunk are refused with 413.
   */
  readonly chunkLineLimitBytes?: number;
  /** Answer 411 to chunked requests, for those who want to know a size beforehand (RFC 9112, 6.3). Default false. */
  readonly lengthRequired?: boolean;
  /** From a request's first byte to the end of its head; then 408. 0: never. Default 10 s (Node 60 s; nginx 60 s). */
  readonly headTimeoutMs?: number;
  /**
   * From a request's first byte to the end of its body; then 408. 0: never. Default 60 s, and 300 s with
   * `body: 'stream'` (Node 300 s; nginx 60 s between two reads). Both are absolute: bytes that drip do not put them
   * off; only the time that a handler takes to read a stream does not count. `blocking` has no deadlines.
   */
  readonly requestTimeoutMs?: number;
  /** Of WebSockets, which a handler takes by its `websocket` hooks. */
  readonly websocket?: WebSocketOptions;
}

export type Limits = Readonly<Required<Omit<HttpOptions, 'websocket'>>>;

const bytes = wholeNumber(1, 2 ** 31 - 1, 'bytes');
const milliseconds = wholeNumber(0, 2 ** 31 - 1, 'milliseconds');

/** @throws OptionError */
export function readHttpOptions(given: HttpOptions): Readonly<HttpOptions> {
  return readOptions('http', given, {
    body: oneOf('collect', 'stream'),
    headLimitBytes: bytes,
    headerLimit: wholeNumber(1, 10_000),
    targetLimitBytes: bytes,
    bodyLimitBytes: wholeNumber(0, Number.MAX_SAFE_INTEGER, 'bytes'),
    chunkLineLimitBytes: wholeNumber(3, 65_536, 'bytes'),
    lengthRequired: flag,
    headTimeoutMs: milliseconds,
    requestTimeoutMs: milliseconds,
    websocket: (value) => (typeof value === 'object' ? undefined : 'an object of options'),
  });
}

/** With every default; `messageLimitBytes` is the server's. */
export function limitsOf(options: HttpOptions, messageLimitBytes: number): Limits {
  const { bodyLimitBytes } = options;
  return {
    body: options.body ?? 'collect',
    headLimitBytes: options.headLimitBytes ?? Math.min(16_384, messageLimitBytes),
    headerLimit: options.headerLimit ?? 100,
    targetLimitBytes: options.targetLimitBytes ?? 8192,
    bodyLimitBytes: bodyLimitBytes ?? messageLimitBytes,
    chunkLineLimitBytes: options.chunkLineLimitBytes ?? 256,
    lengthRequired: options.lengthRequired ?? false,
    headTimeoutMs: options.headTimeoutMs ?? 10_000,
    requestTimeoutMs: options.requestTimeoutMs ?? (options.body === 'stream' ? 300_000 : 60_000),
  };
}
