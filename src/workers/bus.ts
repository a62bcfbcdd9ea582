/**
 * The bus of a server's workers, by way of its main loop, which knows who has joined what (exchange.ts). What a turn
 * published travels as one batch.
 *
 *     worker ── join, leave, batch ──▶ main ── batch ──▶ the workers that have joined its topics
 *            ◀──────── taken ─────────      ◀─ taken ──
 */
import type { Bus } from '../net/bus.ts';
import { packMessage, readTopicBatch, unpackMessage } from './batch.ts';
import { BatchLink } from './batch-link.ts';

export type BusToMain =
  | { readonly type: 'join'; readonly topic: string }
  | { readonly type: 'leave'; readonly topics: readonly string[] }
  | BusBatch;

/** Either way. */
export type BusBatch =
  | { readonly type: 'batch'; readonly bytes: Uint8Array }
  /** The oldest batch under way was taken. */
  | { readonly type: 'taken' };

export class WorkerBus implements Bus {
  #post: (message: BusToMain) => void;
  #link: BatchLink;
  #receive: (topic: string, message: unknown) => void = () => {};
  #joined = new Set<string>();
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
    this.#link.add(topic, packMessage(message));
    this.#schedule();
  }

  /** A message from the main loop. */
  take(message: BusBatch): void {
    if (message.type === 'taken') {
      this.#link.taken();
      return;
    }
    readTopicBatch(message.bytes, (topic, packed) => {
      if (this.#joined.has(topic)) this.#receive(topic, unpackMessage(packed));
    });
    this.#post({ type: 'taken' });
  }

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
