/** The topics that one loop follows for itself (StartContext.follow): each by one follower, which may throw. */
import { TopicError } from '../errors.ts';
import { checkTopic, readKeep, type Follower, type Keep, type MessageHandler } from '../handler.ts';
import { attempt } from '../attempt.ts';
import type { Bus } from './bus.ts';

export class Follows {
  #handler: MessageHandler;
  #limit: number;
  #bus: Pick<Bus, 'follow' | 'unfollow'>;
  #failed: (error: unknown) => void;
  #topics = new Set<string>();

  constructor(
    handler: MessageHandler,
    limit: number,
    bus: Pick<Bus, 'follow' | 'unfollow'>,
    failed: (error: unknown) => void,
  ) {
    this.#handler = handler;
    this.#limit = limit;
    this.#bus = bus;
    this.#failed = failed;
  }

  /** @throws PushError, TopicError */
  follow(topic: string, follower: Follower, keep: Keep = {}): Promise<() => void> {
    checkTopic(this.#handler, topic);
    const kept = readKeep(keep);
    if (this.#topics.has(topic)) {
      throw new TopicError(`This loop follows "${topic}" already: end that first.`);
    }
    if (this.#topics.size >= this.#limit) {
      throw new TopicError(
        `This loop follows ${this.#topics.size} topics, and limits.subscriptions is ${this.#limit}: end one, or raise it.`,
      );
    }
    this.#topics.add(topic);
    const end = () => {
      if (this.#topics.delete(topic)) this.#bus.unfollow(topic);
    };
    return this.#bus.follow(topic, kept, this.#guard(follower)).then(() => end);
  }

  /** Whoever published what it cannot take may be in another loop: it is told like any other error. */
  #guard(follower: Follower): Follower {
    return {
      begin: (epoch, after) => attempt(() => follower.begin(epoch, after), this.#failed),
      message: (message, number) => attempt(() => follower.message(message, number), this.#failed),
    };
  }
}
