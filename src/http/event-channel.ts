/** A channel: events for many clients, encoded once, with a history for those that come back. */
import { randomBytes } from 'node:crypto';
import { OptionError } from '../errors.ts';
import { readOptions, wholeNumber } from '../protocols/framing/options.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import { encodeEvent, type ServerEvent } from '../protocols/sse/encode.ts';
import { encoded, type EventBody } from './event-body.ts';
import { EventHistory } from './event-history.ts';
import { readSseOptions, respondWith, type ReadSseOptions, type SseOptions } from './sse.ts';

/** An event that was published: it has an id. */
export interface ChannelEvent extends ServerEvent {
  readonly id: string;
  readonly data: string;
}

export interface ChannelOptions extends SseOptions {
  /** Events that are kept for clients that come back with Last-Event-ID. 0: none. Default 100. */
  readonly history?: number;
  /** Bytes of them, as sent; the last one is kept whatever its size. Default 1 MiB. */
  readonly historyLimitBytes?: number;
  /**
   * Called with every event that `publish()` takes: whoever carries it to the other loops of the server calls
   * `deliver()` there. Without it a channel is its loop's own. Loops may see the events of two publishers in different
   * orders; a client that resumes in another loop then misses none only if one loop publishes.
   */
  readonly relay?: (event: ChannelEvent) => void;
}

export interface EventChannel {
  /**
   * Sends an event to every client. Returns its id: the one given, or one of the channel's own, `<random>-<number>`,
   * counted from 1 on.
   *
   * @throws TypeError that names what cannot be sent
   */
  publish(event: ServerEvent & { readonly data: string }): string;
  /** The same for an event that was published in another loop: it is not relayed again. */
  deliver(event: ChannelEvent): void;
  /**
   * Answers with the channel's stream: first what the client has missed since its Last-Event-ID. Where that is not known
   * any more, an event of type 'gap' says so (clients that do not listen for it do not see it), and everything that is
   * kept follows. After `close()` the answer is 204, which tells the client not to come back.
   */
  respond(request: HttpRequest): HttpResponse;
  respond(request: Request): Response;
  /** Clients at the moment. */
  readonly size: number;
  /** Ends every stream, behind what was sent. */
  close(): void;
}

/**
 * @example
 * const news = eventChannel({ history: 1000 });
 * export default router()
 *   .get('/news', (request) => news.respond(request))
 *   .post('/news', (request) => ({ status: 202, body: news.publish({ data: request.text() }) }));
 * @throws OptionError
 */
export function eventChannel(options: ChannelOptions = {}): EventChannel {
  return new Channel(options);
}

const GAP = 'gap';

class Channel implements EventChannel {
  readonly #options: ReadSseOptions;
  readonly #history: EventHistory;
  readonly #relay: ChannelOptions['relay'];
  readonly #streams = new Set<EventBody>();
  /** Tells this channel's ids from those of the one before a restart, and of other loops. */
  readonly #prefix = randomBytes(6).toString('base64url');
  #published = 0;
  #closed = false;

  constructor({ history, historyLimitBytes, relay, ...options }: ChannelOptions) {
    if (relay !== undefined && typeof relay !== 'function') {
      throw new OptionError('eventChannel: relay must be a function.');
    }
    const limits = readOptions(
      'eventChannel',
      { history, historyLimitBytes },
      {
        history: wholeNumber(0, 1_000_000, 'events'),
        historyLimitBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER, 'bytes'),
      },
    );
    this.#history = new EventHistory(
      limits.history ?? 100,
      limits.historyLimitBytes ?? 1024 * 1024,
    );
    this.#relay = relay;
    this.#options = readSseOptions(options);
  }

  get size(): number {
    return this.#streams.size;
  }

  publish(event: ServerEvent & { readonly data: string }): string {
    const id = event.id ?? `${this.#prefix}-${this.#published + 1}`;
    const whole = { ...event, id };
    this.deliver(whole);
    this.#published += 1;
    this.#relay?.(whole);
    return id;
  }

  deliver(event: ChannelEvent): void {
    const once = encoded(encodeEvent(event));
    this.#history.add(event.id, once);
    for (const stream of this.#streams) stream.push(once);
  }

  respond(request: HttpRequest): HttpResponse;
  respond(request: Request): Response;
  respond(request: HttpRequest | Request): HttpResponse | Response {
    if (this.#closed) {
      return 'target' in request ? { status: 204 } : new Response(null, { status: 204 });
    }
    return respondWith(request, this.#options, (stream) => {
      this.#resume(stream);
      this.#streams.add(stream);
      return () => this.#streams.delete(stream);
    });
  }

  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.close();
  }

  #resume(stream: EventBody): void {
    const { lastEventId } = stream;
    if (lastEventId === '') return;
    let missed = this.#history.after(lastEventId);
    if (missed === undefined) {
      stream.add(encoded(encodeEvent({ event: GAP, data: lastEventId })));
      missed = this.#history.all();
    }
    for (const event of missed) stream.add(event);
  }
}
