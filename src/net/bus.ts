/**
 * The contract of a bus: what carries published messages from one loop to the others. Each loop has one of its own; what
 * lies between them (the server's main loop, a broker) is the bus's affair.
 *
 * A bus MUST keep the order in which one loop published to one topic, MUST NOT give a loop its own messages back, and
 * delivers a message at most once: past a limit of its own it drops and counts, so that a loop that is slow holds up
 * nobody and fills no memory.
 */
import { randomBytes } from 'node:crypto';
import type { Follower, Keep } from '../handler.ts';

export interface Bus {
  /** Messages that were not carried. */
  readonly dropped: number;
  /** Called once: `receive` takes what other loops publish to the topics that this one has joined. */
  connect(receive: (topic: string, message: unknown) => void): void;
  /**
   * The topic has its first subscriber here. What another loop publishes after somebody was told of the subscription
   * SHOULD arrive: so this is not put off to the end of the turn.
   */
  join(topic: string): void;
  /** The last one has gone. Messages of the topic may still come for a while. */
  leave(topic: string): void;
  /** To every other loop that has joined the topic. @throws TypeError if the message cannot be carried */
  publish(topic: string, message: unknown): void;
  /**
   * `follower` gets every message of the topic, this loop's own too, numbered in one order for all loops (StartContext).
   * It never throws. Resolves when what is kept has come.
   */
  follow(topic: string, keep: Required<Keep>, follower: Follower): Promise<void>;
  unfollow(topic: string): void;
}

/** For a loop without others. */
export class LoneBus implements Bus {
  readonly dropped = 0;
  #followed = new Map<string, Followed>();

  connect(): void {}

  join(): void {}

  leave(): void {}

  /** One that is published while another is being told waits for its turn. */
  publish(topic: string, message: unknown): void {
    const followed = this.#followed.get(topic);
    if (followed === undefined) return;
    const { follower, waiting } = followed;
    if (waiting.push(message) > 1) return;
    for (let i = 0; i < waiting.length; i += 1) {
      followed.number += 1;
      follower.message(waiting[i], followed.number);
    }
    waiting.length = 0;
  }

  follow(topic: string, _keep: Required<Keep>, follower: Follower): Promise<void> {
    this.#followed.set(topic, { follower, number: 0, waiting: [] });
    follower.begin(newEpoch(), 0);
    return Promise.resolve();
  }

  unfollow(topic: string): void {
    this.#followed.delete(topic);
  }
}

interface Followed {
  readonly follower: Follower;
  /** Of its last message. */
  number: number;
  readonly waiting: unknown[];
}

/** Tells the numbers of one counting from those of another. */
export function newEpoch(): string {
  return randomBytes(6).toString('base64url');
}
