/** A channel of one loop. */
import { randomBytes } from 'node:crypto';
import { encodeEvent, type ServerEvent } from '../protocols/sse/encode.ts';
import { ChannelStreams, type ReadChannelOptions } from './channel-streams.ts';
import { encoded, type EventBody } from './event-body.ts';
import type { EventChannel } from './event-channel.ts';
import { EventHistory } from './event-history.ts';

export class LocalChannel extends ChannelStreams implements EventChannel {
  readonly #history: EventHistory;
  /** Tells this channel's ids from those of the one before a restart, and of other loops. */
  readonly #prefix = randomBytes(6).toString('base64url');
  #published = 0;

  constructor({ history, historyLimitBytes, sse }: ReadChannelOptions) {
    super(sse);
    this.#history = new EventHistory(history, historyLimitBytes);
  }

  publish(event: ServerEvent & { readonly data: string }): string {
    const id = event.id ?? `${this.#prefix}-${this.#published + 1}`;
    const once = encoded(encodeEvent({ ...event, id }));
    this.#published += 1;
    this.#history.add({ id, ...once });
    for (const stream of this.streams) stream.push(once);
    return id;
  }

  protected override enter(stream: EventBody): void {
    const { lastEventId } = stream;
    const missed = lastEventId === '' ? [] : this.#history.afterId(lastEventId);
    if (missed === undefined) return this.enterBehindGap(stream, this.#history.all());
    for (const event of missed) stream.add(event);
    this.streams.add(stream);
  }
}
