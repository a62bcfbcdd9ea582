/** What the channels of events have alike: their options, and their clients in one loop. */
import { readOptions, wholeNumber } from '../protocols/framing/options.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import { encodeEvent } from '../protocols/sse/encode.ts';
import { encoded, type Encoded, type EventBody } from './event-body.ts';
import type { Channel, ChannelOptions } from './event-channel.ts';
import { readSseOptions, respondWith, type ReadSseOptions } from './sse.ts';

export interface ReadChannelOptions {
  readonly history: number;
  readonly historyLimitBytes: number;
  readonly sse: ReadSseOptions;
}

/** @throws OptionError */
export function readChannelOptions(given: ChannelOptions): ReadChannelOptions {
  const { history, historyLimitBytes, ...sse } = given;
  const limits = readOptions(
    'eventChannel',
    { history, historyLimitBytes },
    {
      history: wholeNumber(0, 1_000_000, 'events'),
      historyLimitBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER, 'bytes'),
    },
  );
  return {
    history: limits.history ?? 100,
    historyLimitBytes: limits.historyLimitBytes ?? 1024 * 1024,
    sse: readSseOptions(sse),
  };
}

/** The clients of a channel, in one loop. */
export abstract class ChannelStreams implements Channel {
  protected readonly streams = new Set<EventBody>();
  protected closed = false;
  readonly #options: ReadSseOptions;

  constructor(options: ReadSseOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.streams.size;
  }

  respond(request: HttpRequest): HttpResponse;
  respond(request: Request): Response;
  respond(request: HttpRequest | Request): HttpResponse | Response {
    if (this.closed) {
      return 'target' in request ? { status: 204 } : new Response(null, { status: 204 });
    }
    return respondWith(request, this.#options, (stream) => {
      this.enter(stream);
      return () => this.leave(stream);
    });
  }

  close(): void {
    this.closed = true;
    for (const stream of this.streams) stream.close();
  }

  /** Gives it what it has missed, and from now on what comes. */
  protected abstract enter(stream: EventBody): void;

  protected leave(stream: EventBody): void {
    this.streams.delete(stream);
  }

  /** What it has missed is not known any more: it is told so, and gets what is kept. */
  protected enterBehindGap(stream: EventBody, kept: readonly Encoded[]): void {
    stream.add(gapBehind(stream.lastEventId));
    for (const event of kept) stream.add(event);
    this.streams.add(stream);
  }
}

/** Says that what came behind that id is lost, or some of it. */
export function gapBehind(lastEventId: string): Encoded {
  return encoded(encodeEvent({ event: 'gap', data: lastEventId }));
}
