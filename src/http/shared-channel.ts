/** A channel of all loops of a server: each loop follows the channel's topic, and has the same events in the same order. */
import { HandlerError } from '../errors.ts';
import { checkTopicName, type Follower, type StartContext } from '../handler.ts';
import { show } from '../protocols/framing/options.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import { encodeEvent, type ServerEvent } from '../protocols/sse/encode.ts';
import { Recent } from '../recent.ts';
import { ChannelStreams, gapBehind, type ReadChannelOptions } from './channel-streams.ts';
import { encoded, type Encoded, type EventBody } from './event-body.ts';
import type { SharedChannel, SharedEvent } from './event-channel.ts';

/** Stands in the history for what was published and is no event: clients ignore it. */
const NO_EVENT = encoded(':\n');

export class FollowingChannel extends ChannelStreams implements SharedChannel, Follower {
  readonly #name: string;
  readonly #options: ReadChannelOptions;
  readonly #history: Recent<Encoded>;
  #epoch = '';
  /** By stream, the last number that it has: its connection before was to a loop that had more events already. */
  readonly #ahead = new Map<EventBody, number>();
  #publish: StartContext['publish'] | undefined = undefined;
  #end: (() => void) | undefined = undefined;

  constructor(name: string, options: ReadChannelOptions) {
    checkTopicName(name);
    super(options.sse);
    this.#name = name;
    this.#options = options;
    this.#history = new Recent(options.history, options.historyLimitBytes);
  }

  async join(context: Pick<StartContext, 'publish' | 'follow'>): Promise<void> {
    if (this.#publish !== undefined) {
      throw new HandlerError(
        `eventChannel "${this.#name}" has joined a server already: close() it in stop(), and make one for each server.`,
      );
    }
    const { history, historyLimitBytes } = this.#options;
    this.#end = await context.follow(this.#name, this, { history, historyLimitBytes });
    this.#publish = context.publish;
    this.closed = false;
  }

  override get size(): number {
    return super.size + this.#ahead.size;
  }

  publish(event: SharedEvent): void {
    if (this.closed) return;
    if (this.#publish === undefined) throw this.#notJoined();
    this.#text(event); // here its publisher learns what cannot be sent
    this.#publish(this.#name, event);
  }

  override respond(request: HttpRequest): HttpResponse;
  override respond(request: Request): Response;
  override respond(request: HttpRequest | Request): HttpResponse | Response {
    if (this.#publish === undefined && !this.closed) throw this.#notJoined();
    return super.respond(request as HttpRequest);
  }

  override close(): void {
    super.close();
    for (const stream of this.#ahead.keys()) stream.close();
    this.#end?.();
    this.#end = undefined;
    this.#publish = undefined;
  }

  // ---- what it follows ----------------------------------------------------------------------------------------------

  begin(epoch: string, after: number): void {
    this.#epoch = epoch;
    this.#history.begin(after);
  }

  /** @throws TypeError for what is no event: `server.publish()` takes anything */
  message(event: SharedEvent, number: number): void {
    if (number !== this.#history.last + 1) this.#skipTo(number);
    if (this.#ahead.size > 0) this.#catchUp(number);
    let once = NO_EVENT;
    try {
      once = encoded(`id: ${this.#id(number)}\n${this.#text(event)}`);
      for (const stream of this.streams) stream.push(once);
    } finally {
      this.#history.add(once);
    }
  }

  /** What is between is lost. */
  #skipTo(number: number): void {
    const gap = gapBehind(this.#id(this.#history.last));
    for (const stream of this.streams) stream.push(gap);
    this.#history.begin(number - 1);
  }

  #catchUp(number: number): void {
    for (const [stream, last] of this.#ahead) {
      if (number <= last) continue;
      this.#ahead.delete(stream);
      this.streams.add(stream);
    }
  }

  // ---- its clients --------------------------------------------------------------------------------------------------

  protected override enter(stream: EventBody): void {
    const { lastEventId } = stream;
    const last = lastEventId === '' ? this.#history.last : this.#numberOf(lastEventId);
    if (last !== undefined && last > this.#history.last) {
      this.#ahead.set(stream, last);
      return;
    }
    const missed = last === undefined ? undefined : this.#history.after(last);
    if (missed === undefined) return this.enterBehindGap(stream, this.#history.all());
    for (const event of missed) stream.add(event);
    this.streams.add(stream);
  }

  protected override leave(stream: EventBody): void {
    super.leave(stream);
    this.#ahead.delete(stream);
  }

  #id(number: number): string {
    return `${this.#epoch}-${number}`;
  }

  /** Undefined: it is of an earlier start of the server, or none of ours. */
  #numberOf(id: string): number | undefined {
    const at = id.lastIndexOf('-');
    if (id.slice(0, at) !== this.#epoch) return undefined;
    const number = Number(id.slice(at + 1));
    return Number.isSafeInteger(number) && this.#id(number) === id ? number : undefined;
  }

  /** @throws TypeError */
  #text(event: SharedEvent): string {
    const text = encodeEvent(event);
    const { id } = event as ServerEvent;
    if (id === undefined) return text;
    throw new TypeError(
      `The event's id is ${show(id)}; those of eventChannel "${this.#name}" are its own: leave it out.`,
    );
  }

  #notJoined(): HandlerError {
    return new HandlerError(
      `eventChannel "${this.#name}" has joined no server: await its join(context) in the handler's start().`,
    );
  }
}
