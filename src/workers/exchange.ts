/**
 * The main loop's half of the bus (bus.ts): passes what workers publish to those that have joined the topic, and to no
 * other. It reads no message.
 */
import { BatchLink } from './batch-link.ts';
import { packMessage, readTopicBatch } from './batch.ts';
import type { BusBatch, BusToMain } from './bus.ts';

/** A worker that runs, and what it wants. */
interface Member {
  readonly post: (message: BusBatch) => void;
  readonly link: BatchLink;
  readonly joined: Set<string>;
}

export class Exchange {
  #limitBytes: number;
  #members = new Map<number, Member>();
  #joined = new Map<string, Set<Member>>();
  /** By worker: messages that it, or a predecessor of it, was too slow for. */
  #dropped = new Map<number, number>();
  /** Batches that came, oldest first; and what the main loop has published itself. */
  #arrived: Array<[Member, Uint8Array]> = [];
  #own: Array<[string, Uint8Array]> = [];
  #scheduled = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(id: number, post: (message: BusBatch) => void): void {
    const link = new BatchLink((bytes) => post({ type: 'batch', bytes }), this.#limitBytes);
    this.#members.set(id, { post, link, joined: new Set() });
  }

  /** It has died, and its subscribers with it. What it had published goes on. */
  remove(id: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    for (const topic of member.joined) this.#leave(member, topic);
    this.#dropped.set(id, this.dropped(id));
    this.#members.delete(id);
  }

  dropped(id: number): number {
    return (this.#dropped.get(id) ?? 0) + (this.#members.get(id)?.link.dropped ?? 0);
  }

  take(id: number, message: BusToMain): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    switch (message.type) {
      case 'join':
        member.joined.add(message.topic);
        if (!this.#joined.get(message.topic)?.add(member))
          this.#joined.set(message.topic, new Set([member]));
        break;
      case 'leave':
        for (const topic of message.topics) this.#leave(member, topic);
        break;
      case 'taken':
        member.link.taken();
        break;
      default:
        this.#arrived.push([member, message.bytes]);
        this.#schedule();
    }
  }

  /** To every worker that has joined the topic. @throws TypeError if the message cannot cross */
  publish(topic: string, message: unknown): void {
    this.#own.push([topic, packMessage(message)]);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => setImmediate(this.#turn));
  }

  /**
   * At the end of the next turn. Ports and pipes are read in no particular order: by then every `join` has been read
   * that was told before these messages were published.
   */
  #turn = (): void => {
    this.#scheduled = false;
    const arrived = this.#arrived;
    const own = this.#own;
    this.#arrived = [];
    this.#own = [];
    for (const [from, batch] of arrived) {
      readTopicBatch(batch, (topic, packed) => this.#route(topic, packed, from));
      from.post({ type: 'taken' });
    }
    for (const [topic, packed] of own) this.#route(topic, packed, undefined);
    for (const { link } of this.#members.values()) link.flush();
  };

  #route(topic: string, packed: Uint8Array, from: Member | undefined): void {
    const members = this.#joined.get(topic);
    if (members === undefined) return;
    for (const member of members) if (member !== from) member.link.add(topic, packed);
  }

  #leave(member: Member, topic: string): void {
    member.joined.delete(topic);
    const members = this.#joined.get(topic);
    members?.delete(member);
    if (members?.size === 0) this.#joined.delete(topic);
  }
}
