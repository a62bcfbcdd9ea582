/**
 * Who has subscribed to what in one loop. A message is encoded once for each codec among its subscribers, and they share
 * the bytes; where it has none nothing is encoded.
 */
import { handlerErrors } from '../channels.ts';
import {
  checkSubscriptions,
  checkTopic,
  readSlow,
  type Slow,
  type SubscribeOptions,
} from '../handler.ts';
import type { After, Codec } from '../protocols/protocol.ts';
import type { Bus } from './bus.ts';
import { Follows } from './follows.ts';
import { takeBytes } from './outbox.ts';
import { STREAM_SENT } from './replies.ts';
import type { Loop } from './loop.ts';

/** A message as it goes to each of its subscribers. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly after: After | undefined;
}

export interface Subscriber {
  readonly codec: Codec<unknown, unknown>;
  /** It takes nothing any more, and has been forgotten. */
  readonly isClosed: boolean;
  /** Its peer does not read. */
  readonly isBlocked: boolean;
  /** False: it was not taken. */
  deliver(message: Encoded): boolean;
}

interface Publication {
  readonly topic: string;
  readonly message: unknown;
  /** Who published it, and does not get it. */
  readonly except: Subscriber | undefined;
}

export class Topics {
  readonly bus: Bus;
  readonly follows: Follows;
  #loop: Loop;
  #topics = new Map<string, Map<Subscriber, Slow>>();
  #subscribers = new Map<Subscriber, Set<string>>();
  /** What was published while another message was being delivered (in `drain`, say): each subscriber has that one first. */
  #waiting: Publication[] = [];
  #delivering = false;

  constructor(loop: Loop, bus: Bus) {
    this.#loop = loop;
    this.bus = bus;
    bus.connect((topic, message) => this.deliver(topic, message));
    const limit = loop.limits.subscriptions;
    this.follows = new Follows(loop.handler, limit, bus, (error) => this.#failed(error));
  }

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** @throws PushError, TopicError */
  subscribe(subscriber: Subscriber, topic: string, options?: SubscribeOptions): void {
    checkTopic(this.#loop.handler, topic);
    const slow = readSlow(options);
    if (subscriber.isClosed) return;
    const own = this.#subscribers.get(subscriber) ?? new Set();
    if (own.has(topic)) {
      this.#topics.get(topic)!.set(subscriber, slow);
      return;
    }
    checkSubscriptions(own, this.#loop.limits.subscriptions);
    if (own.size === 0) this.#subscribers.set(subscriber, own);
    own.add(topic);
    this.#add(subscriber, topic, slow);
  }

  /** @throws PushError, TopicError */
  unsubscribe(subscriber: Subscriber, topic: string): void {
    checkTopic(this.#loop.handler, topic);
    const own = this.#subscribers.get(subscriber);
    if (own?.delete(topic) !== true) return;
    if (own.size === 0) this.#subscribers.delete(subscriber);
    this.#remove(subscriber, topic);
  }

  /** What it has subscribed to. */
  of(subscriber: Subscriber): Iterable<string> {
    return this.#subscribers.get(subscriber) ?? [];
  }

  /** It has ended: it leaves its topics. */
  forget(subscriber: Subscriber): void {
    const own = this.#subscribers.get(subscriber);
    if (own === undefined) return;
    this.#subscribers.delete(subscriber);
    for (const topic of own) this.#remove(subscriber, topic);
  }

  /** To every subscriber in every loop, but `except`. @throws PushError, TopicError */
  publish(topic: string, message: unknown, except?: Subscriber): void {
    checkTopic(this.#loop.handler, topic);
    this.#loop.counters.published += 1;
    this.broadcast(topic, message, except);
  }

  /** The same for what comes from the program: `server.publish()`. */
  broadcast(topic: string, message: unknown, except?: Subscriber): void {
    try {
      this.bus.publish(topic, message);
    } catch (error) {
      this.#failed(error);
    }
    this.deliver(topic, message, except);
  }

  /** To every subscriber in this loop, but `except`. */
  deliver(topic: string, message: unknown, except?: Subscriber): void {
    const publication: Publication = { topic, message, except };
    if (this.#delivering) {
      this.#waiting.push(publication);
      return;
    }
    this.#delivering = true;
    try {
      this.#deliver(publication);
      for (const next of this.#waiting) this.#deliver(next);
    } finally {
      this.#waiting = [];
      this.#delivering = false;
    }
  }

  #deliver({ topic, message, except }: Publication): void {
    const subscribers = this.#topics.get(topic);
    if (subscribers === undefined) return;
    const { counters } = this.#loop;
    const encoded = new Map<Codec<unknown, unknown>, Encoded | null>();
    for (const [subscriber, slow] of subscribers) {
      if (subscriber === except) continue;
      const { codec } = subscriber;
      let own = encoded.get(codec);
      if (own === undefined) encoded.set(codec, (own = this.#encode(codec, message)));
      if (own === null) continue;
      if (slow === 'skip' && subscriber.isBlocked) counters.dropped += 1;
      else if (subscriber.deliver(own)) counters.delivered += 1;
    }
  }

  /** Null: it cannot be encoded. */
  #encode(codec: Codec<unknown, unknown>, message: unknown): Encoded | null {
    const writer = this.#loop.lateWriter;
    try {
      const after = codec.encode(message, writer, undefined);
      if (after?.stream !== undefined) throw new TypeError(STREAM_SENT);
      return { bytes: takeBytes(writer), after };
    } catch (error) {
      this.#failed(error);
      return null;
    } finally {
      writer.clear();
    }
  }

  #add(subscriber: Subscriber, topic: string, slow: Slow): void {
    const { counters } = this.#loop;
    const subscribers = this.#topics.get(topic);
    counters.subscriptions += 1;
    if (subscribers !== undefined) {
      subscribers.set(subscriber, slow);
      return;
    }
    this.#topics.set(topic, new Map([[subscriber, slow]]));
    counters.topics += 1;
    this.bus.join(topic);
  }

  #remove(subscriber: Subscriber, topic: string): void {
    const { counters } = this.#loop;
    const subscribers = this.#topics.get(topic)!;
    subscribers.delete(subscriber);
    counters.subscriptions -= 1;
    if (subscribers.size > 0) return;
    this.#topics.delete(topic);
    counters.topics -= 1;
    this.bus.leave(topic);
  }

  /** It is nobody's own: whoever published it may be in another loop. */
  #failed(error: unknown): void {
    this.#loop.counters.errors += 1;
    handlerErrors.publish({ error, connection: undefined });
  }
}
