/**
 * The bus of a server's workers, by way of its main loop, which knows who has joined what (exchange.ts). What a turn
 * published travels as one batch.
 *
 *     worker ── join, leave, batch ──▶ main ── batch ──▶ the workers that have joined its topics
 *            ◀──────── taken ─────────      ◀─ taken ──
 *
 *     worker ── follow, unfollow ──▶ main ── what is kept, then numbered messages ──▶ the workers that follow the topic
 */
import type { Follower, Keep } from '../handler.ts';
import type { Bus } from '../net/bus.ts';
import { packMessage, readTopicBatch, unpackMessage } from './batch.ts';
import { BatchLink } from './batch-link.ts';

export type BusToMain =
  | { readonly type: 'join'; readonly topic: string }
  | { readonly type: 'leave'; readonly topics: readonly string[] }
  | { readonly type: 'follow'; readonly topic: string; readonly keep: Required<Keep> }
  | { readonly type: 'unfollow'; readonly topic: string }
  | BusBatch;

export type BusToWorker =
  | BusBatch
  /** The first word about a topic that is followed: a batch of what is kept of it. */
  | {
      readonly type: 'following';
      readonly topic: string;
      readonly epoch: string;
      /** The number before the first of the batch. */
      readonly after: number;
      readonly bytes: Uint8Array;
    };

/** Either way. */
export type BusBatch =
  | { readonly type: 'batch'; readonly bytes: Uint8Array }
  /** The oldest batch under way was taken. */
  | { readonly type: 'taken' };

interface Followed {
  readonly follower: Follower;
  readonly onBegun: () => void;
}

export class WorkerBus implements Bus {
  #post: (message: BusToMain) => void;
  #link: BatchLink;
  #receive: (topic: string, message: unknown) => void = () => {};
  #joined = new Set<string>();
  #followed = new Map<string, Followed>();
  /** What the main loop has not been told yet. */
  #left = new Set<string>();
  #scheduled = false;

  constructor(post: (message: BusToMain) => void, limitBytes: number) {
    this.#post = post;
    this.#link = new BatchLink((bytes) => post({ type: 'batch', bytes }), limitBytes);
  }

  get dropped(): number {
    return this.#link.dropped;
  }

  connect(receive: (topic: string, message: unknown) => void): void {
    this.#receive = receive;
  }

  /** Told at once: the reply that tells a peer of its subscription leaves after it. */
  join(topic: string): void {
    this.#joined.add(topic);
    if (!this.#left.delete(topic)) this.#post({ type: 'join', topic });
  }

  leave(topic: string): void {
    this.#joined.delete(topic);
    this.#left.add(topic);
    this.#schedule();
  }

  publish(topic: string, message: unknown): void {
    this.#link.offer(topic, packMessage(message));
    this.#schedule();
  }

  follow(topic: string, keep: Required<Keep>, follower: Follower): Promise<void> {
    return new Promise((resolve) => {
      this.#followed.set(topic, { follower, onBegun: resolve });
      this.#post({ type: 'follow', topic, keep });
    });
  }

  unfollow(topic: string): void {
    this.#followed.delete(topic);
    this.#post({ type: 'unfollow', topic });
  }

  /** A message from the main loop. */
  take(message: BusToWorker): void {
    if (message.type === 'taken') {
      this.#link.taken();
    } else if (message.type === 'batch') {
      readTopicBatch(message.bytes, this.#visit);
      this.#post({ type: 'taken' });
    } else {
      const { topic, epoch, after, bytes } = message;
      const followed = this.#followed.get(topic);
      followed?.follower.begin(epoch, after);
      readTopicBatch(bytes, this.#visit);
      followed?.onBegun();
    }
  }

  #visit = (topic: string, packed: Uint8Array, number: number): void => {
    if (number > 0) this.#followed.get(topic)?.follower.message(unpackMessage(packed), number);
    else if (this.#joined.has(topic)) this.#receive(topic, unpackMessage(packed));
  };

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  #flush = (): void => {
    this.#scheduled = false;
    this.#link.flush();
    if (this.#left.size === 0) return;
    this.#post({ type: 'leave', topics: [...this.#left] });
    this.#left.clear();
  };
}
