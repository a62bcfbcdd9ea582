/**
 * The main loop's half of the bus (bus.ts): passes what workers publish to those that have joined the topic, and to no
 * other. It reads no message. Those of a topic that workers follow it numbers, and keeps the last.
 */
import { BatchLink } from './batch-link.ts';
import type { Keep } from '../handler.ts';
import { packMessage, readTopicBatch, TopicBatch } from './batch.ts';
import type { BusToMain, BusToWorker } from './bus.ts';
import { Journal } from './journal.ts';

/** A worker that runs, and what it wants. */
interface Member {
  readonly post: (message: BusToWorker) => void;
  readonly link: BatchLink;
  readonly joined: Set<string>;
  readonly followed: Set<string>;
  /** By topic that it follows: the last message that it was sent, where one behind that found no room. */
  readonly behind: Map<string, number>;
}

interface FollowedTopic {
  readonly journal: Journal;
  readonly followers: Set<Member>;
}

export class Exchange {
  #limitBytes: number;
  #members = new Map<number, Member>();
  #joined = new Map<string, Set<Member>>();
  /** Stays when its last follower has died: the next one begins with what is kept. */
  #followed = new Map<string, FollowedTopic>();
  /** By worker: messages that it, or a predecessor of it, was too slow for. */
  #dropped = new Map<number, number>();
  /** Batches that came, oldest first; and what the main loop has published itself. */
  #arrived: Array<[Member, Uint8Array]> = [];
  #own: Array<[string, Uint8Array]> = [];
  #scheduled = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(id: number, post: (message: BusToWorker) => void): void {
    const link = new BatchLink((bytes) => post({ type: 'batch', bytes }), this.#limitBytes);
    const [joined, followed, behind] = [new Set<string>(), new Set<string>(), new Map()];
    this.#members.set(id, { post, link, joined, followed, behind });
  }

  /** It has died, and its subscribers with it. What it had published goes on. */
  remove(id: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    for (const topic of member.joined) this.#leave(member, topic);
    for (const topic of member.followed) this.#unfollow(member, topic);
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
      case 'follow':
        this.#follow(member, message.topic, message.keep);
        break;
      case 'unfollow':
        this.#unfollow(member, message.topic);
        break;
      case 'taken':
        member.link.taken();
        if (member.behind.size > 0 && member.link.isIdle) this.#catchUp(member);
        break;
      default:
        this.#arrived.push([member, message.bytes]);
        this.#schedule();
    }
  }

  isFollowed(topic: string): boolean {
    return this.#followed.has(topic);
  }

  /** To every worker that has joined or follows the topic. @throws TypeError if the message cannot cross */
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
    const followed = this.#followed.get(topic);
    if (followed !== undefined) this.#number(followed, topic, packed);
    const members = this.#joined.get(topic);
    if (members === undefined) return;
    for (const member of members) if (member !== from) member.link.offer(topic, packed);
  }

  #number({ journal, followers }: FollowedTopic, topic: string, packed: Uint8Array): void {
    const number = journal.add(packed);
    for (const { link, behind } of followers) {
      if (behind.has(topic)) continue;
      if (link.hasRoom(topic, packed)) link.add(topic, packed, number);
      else behind.set(topic, number - 1);
    }
  }

  #follow(member: Member, topic: string, keep: Required<Keep>): void {
    let followed = this.#followed.get(topic);
    if (followed === undefined) {
      followed = { journal: new Journal(keep), followers: new Set() };
      this.#followed.set(topic, followed);
    }
    const { journal, followers } = followed;
    const { before, messages } = journal.after(0);
    const batch = new TopicBatch();
    messages.forEach((packed, i) => batch.add(topic, packed, before + 1 + i));
    const { epoch } = journal;
    member.post({ type: 'following', topic, epoch, after: before, bytes: batch.take() });
    member.followed.add(topic);
    followers.add(member);
  }

  /** It has taken all that was under way: what found no room then goes now, as far as it is kept. */
  #catchUp({ link, behind }: Member): void {
    for (const [topic, last] of behind) {
      const { before, messages } = this.#followed.get(topic)!.journal.after(last);
      link.dropped += before - last;
      messages.forEach((packed, i) => link.add(topic, packed, before + 1 + i));
    }
    behind.clear();
    link.flush();
  }

  #unfollow(member: Member, topic: string): void {
    member.followed.delete(topic);
    member.behind.delete(topic);
    this.#followed.get(topic)?.followers.delete(member);
  }

  #leave(member: Member, topic: string): void {
    member.joined.delete(topic);
    const members = this.#joined.get(topic);
    members?.delete(member);
    if (members?.size === 0) this.#joined.delete(topic);
  }
}
