/** Server-sent events (WHATWG HTML, 9.2): a response whose body is an event stream. */
import { Buffer, isUtf8 } from 'node:buffer';
import { OptionError } from '../errors.ts';
import { BEYOND_LATIN1 } from '../protocols/framing/decoder.ts';
import { oneOf, readOptions, wholeNumber } from '../protocols/framing/options.ts';
import type { HeadersInit, HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import { encodeEvent } from '../protocols/sse/encode.ts';
import {
  encoded,
  EventBody,
  type Begun,
  SLOW_POLICIES,
  type EventStream,
  type SlowPolicy,
} from './event-body.ts';

export type { EventStream, SlowPolicy, StreamEnd } from './event-body.ts';
export type { ServerEvent } from '../protocols/sse/encode.ts';

export interface SseOptions {
  /** A comment is sent to a client that has had nothing for so long (once to twice that). 0: never. Default 15 s. */
  readonly heartbeatMs?: number;
  /** How long the client is to wait before it reconnects. Default: what the client likes (browsers 3 to 5 s). */
  readonly retryMs?: number;
  /** Bytes that may wait for a client that does not read; one event may be longer. Default 1 MiB. */
  readonly queueLimitBytes?: number;
  /**
   * Past that: 'close' (default) ends the stream, and a client that comes back resumes where it was; 'drop-oldest' and
   * 'drop-newest' leave out events, and count them.
   */
  readonly slow?: SlowPolicy;
  /** More header lines, or others in place of ours. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Begins the stream; what it returns is called when the stream ends. Either may be async. Where `start` throws, the answer
 * is an error's; where its promise rejects, the head has been sent, and the stream breaks off. Both are the handler's
 * errors, as is what the other one throws. That the stream has ended (the reason of its `signal`) is none.
 */
export type StartStream = (stream: EventStream) => Begun | Promise<Begun>;

const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no', // nginx would hold events back
};

export interface ReadSseOptions {
  readonly heartbeatMs: number;
  readonly queueLimitBytes: number;
  readonly slow: SlowPolicy;
  readonly first: string;
  readonly headers: Readonly<Record<string, string>>;
}

const milliseconds = wholeNumber(0, 2 ** 31 - 1, 'milliseconds');

/** @throws OptionError */
export function readSseOptions(given: SseOptions): ReadSseOptions {
  const { headers, ...others } = given;
  const { heartbeatMs, queueLimitBytes, retryMs, slow } = readOptions('sse', others, {
    heartbeatMs: milliseconds,
    retryMs: milliseconds,
    queueLimitBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER, 'bytes'),
    slow: oneOf(...SLOW_POLICIES),
  }) as SseOptions;
  return {
    heartbeatMs: heartbeatMs ?? 15_000,
    queueLimitBytes: queueLimitBytes ?? 1024 * 1024,
    slow: slow ?? 'close',
    first: retryMs === undefined ? '' : encodeEvent({ retry: retryMs }),
    headers: mergeHeaders(headers),
  };
}

/**
 * Answers with an event stream, in a router, a message handler or a fetch handler: a request of ours gets a response of
 * ours, a Request a Response. The stream ends when the client goes, when it is closed, and when the client reads too
 * slowly (`slow`). In `blocking` a client that has gone shows at the next write: keep the heartbeat.
 *
 * @example
 * router().get('/time', (request) =>
 *   sse(request, (stream) => {
 *     const timer = setInterval(() => stream.send({ data: new Date().toISOString() }), 1000);
 *     return () => clearInterval(timer);
 *   }),
 * );
 * @throws OptionError
 */
export function sse(request: HttpRequest, start: StartStream, options?: SseOptions): HttpResponse;
export function sse(request: Request, start: StartStream, options?: SseOptions): Response;
export function sse(
  request: HttpRequest | Request,
  start: StartStream,
  options: SseOptions = {},
): HttpResponse | Response {
  return respondWith(request, readSseOptions(options), start);
}

/** The same, with options that were read before. */
export function respondWith(
  request: HttpRequest | Request,
  options: ReadSseOptions,
  start: (stream: EventBody) => Begun | Promise<Begun>,
): HttpResponse | Response {
  const body = new EventBody(lastEventIdOf(request), options);
  if (options.first !== '') body.add(encoded(options.first));
  try {
    body.begin(start(body));
  } catch (error) {
    body.close();
    throw error;
  }
  const { headers } = options;
  if ('target' in request) return { headers, body };
  return new Response(webStream(body), { headers });
}

/** Its bytes are UTF-8 (WHATWG HTML, 9.2.3), and a header's text has one character for each; in `native` it is decoded already. */
function lastEventIdOf(request: HttpRequest | Request): string {
  const value = request.headers.get('last-event-id') ?? '';
  if (value === '' || BEYOND_LATIN1.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}

function webStream(body: EventBody): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await body.next();
        if (done === true) controller.close();
        else controller.enqueue(Buffer.from(value));
      },
      async cancel() {
        await body.return();
      },
    },
    { highWaterMark: 0 }, // what waits, waits in the body, under its policy
  );
  return Object.assign(stream, {
    drain: () => body.drain(),
    onLate: (failed: (error: unknown) => void) => body.onLate(failed),
  });
}

function mergeHeaders(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return HEADERS;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError('sse: headers must be a record of names and values.');
  }
  const merged: Record<string, string> = { ...HEADERS };
  for (const [name, value] of Object.entries(given as HeadersInit)) {
    merged[name.toLowerCase()] = value as string;
  }
  return merged;
}
