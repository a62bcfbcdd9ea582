/** Channels: events for many clients, encoded once, with a history for those that come back. */
import type { StartContext } from '../handler.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import type { ServerEvent } from '../protocols/sse/encode.ts';
import { readChannelOptions } from './channel-streams.ts';
import { LocalChannel } from './local-channel.ts';
import { FollowingChannel } from './shared-channel.ts';
import type { SseOptions } from './sse.ts';

export interface ChannelOptions extends SseOptions {
  /** Events that each loop keeps for clients that come back with Last-Event-ID. 0: none. Default 100. */
  readonly history?: number;
  /** Bytes of them, as sent; the last one is kept whatever its size. Default 1 MiB. */
  readonly historyLimitBytes?: number;
}

export interface Channel {
  /**
   * Answers with the channel's stream: first what the client has missed since its Last-Event-ID (WHATWG HTML, 9.2.4).
   * Where that is not known any more, an event of type 'gap' says so, its data the id (clients that do not listen for it
   * do not see it), and everything that is kept follows. After `close()` the answer is 204, which tells the client not to
   * come back (9.2.1).
   */
  respond(request: HttpRequest): HttpResponse;
  respond(request: Request): Response;
  /** Clients at the moment, in this loop. */
  readonly size: number;
  /** Ends every stream, behind what was sent. */
  close(): void;
}

/** A channel of one loop: who publishes in another has another channel. */
export interface EventChannel extends Channel {
  /**
   * Sends an event to every client. Returns its id: the one given, or one of the channel's own, `<random>-<number>`,
   * counted from 1 on.
   *
   * @throws TypeError that names what cannot be sent
   */
  publish(event: ServerEvent & { readonly data: string }): string;
}

export interface SharedChannelOptions extends ChannelOptions {
  /** The topic that it follows: 1 to 1024 characters. */
  readonly name: string;
}

/** An event of a shared channel, whose id is the channel's own. */
export interface SharedEvent extends Omit<ServerEvent, 'id'> {
  readonly data: string;
}

/**
 * A channel of all loops of a server, whichever of them publishes and whichever a client is connected to.
 *
 * The main loop numbers what is published, so all clients see one order, and an id, `<random>-<number>`, means the same
 * in every loop: a client resumes in whichever its new connection falls. Each event reaches a client at most once. A
 * worker that replaces another, or has fallen behind by `limits.busLimitBytes`, is given what it has missed out of the
 * main loop's own history. What is gone from there is lost, and told: clients that are there get an event 'gap' whose
 * data is the id of the last event before it. What a worker had published and not yet handed over when it died, or when
 * `busLimitBytes` of it were under way, nobody gets.
 */
export interface SharedChannel extends Channel {
  /**
   * Makes the channel part of the server; to be awaited in the handler's `start()`. A handler that has a shared channel
   * declares `pushes: true`. Once it was closed a channel may join again.
   *
   * @throws PushError; TopicError where this loop follows a topic of that name already
   */
  join(context: Pick<StartContext, 'publish' | 'follow'>): Promise<void>;
  /**
   * Sends an event to every client in every loop. In the program that called `serve()`, `server.publish(name, event)` is
   * the same.
   *
   * @throws TypeError that names what cannot be sent; HandlerError before `join()`
   */
  publish(event: SharedEvent): void;
}

/**
 * With a `name`, the channel of all loops of a server; without one, of the loop that it is in.
 *
 * @example
 * const news = eventChannel({ name: 'news', history: 1000 });
 * const routes = router({ pushes: true })
 *   .get('/news', (request) => news.respond(request))
 *   .post('/news', (request) => {
 *     news.publish({ data: request.text() });
 *     return { status: 202 };
 *   });
 * export default Object.assign(routes, {
 *   start: (context: StartContext) => news.join(context),
 *   stop: () => news.close(),
 * });
 * @throws OptionError; TopicError for a name that is no topic
 */
export function eventChannel(options: SharedChannelOptions): SharedChannel;
export function eventChannel(options?: ChannelOptions): EventChannel;
export function eventChannel(
  options: ChannelOptions | SharedChannelOptions = {},
): EventChannel | SharedChannel {
  if (!('name' in options)) return new LocalChannel(readChannelOptions(options));
  const { name, ...others } = options;
  return new FollowingChannel(name, readChannelOptions(others));
}
