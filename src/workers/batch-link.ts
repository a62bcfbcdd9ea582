/** One way from a loop to another: a batch that fills during a turn, and a limit on what is under way. */
import { TopicBatch } from './batch.ts';

export class BatchLink {
  /** Messages that found too much under way. */
  dropped = 0;
  #post: (batch: Uint8Array) => void;
  #limitBytes: number;
  #batch = new TopicBatch();
  #batchBytes = 0;
  /** Of the batches that were not taken yet, oldest first. */
  #sentBytes: number[] = [];
  /** The batch's and theirs. */
  #underWayBytes = 0;

  constructor(post: (batch: Uint8Array) => void, limitBytes: number) {
    this.#post = post;
    this.#limitBytes = limitBytes;
  }

  /** Everything was taken. */
  get isIdle(): boolean {
    return this.#underWayBytes === 0;
  }

  /** A message finds room if nothing else is under way, however long it is. */
  hasRoom(topic: string, packed: Uint8Array): boolean {
    if (this.#underWayBytes === 0) return true;
    return this.#underWayBytes + topic.length + packed.length <= this.#limitBytes;
  }

  /** Drops it where it finds no room. */
  offer(topic: string, packed: Uint8Array): void {
    if (this.hasRoom(topic, packed)) this.add(topic, packed);
    else this.dropped += 1;
  }

  add(topic: string, packed: Uint8Array, number = 0): void {
    const bytes = topic.length + packed.length;
    this.#underWayBytes += bytes;
    this.#batchBytes += bytes;
    this.#batch.add(topic, packed, number);
  }

  flush(): void {
    if (this.#batch.isEmpty) return;
    this.#sentBytes.push(this.#batchBytes);
    this.#batchBytes = 0;
    this.#post(this.#batch.take());
  }

  /** The other side has taken the oldest batch. */
  taken(): void {
    this.#underWayBytes -= this.#sentBytes.shift() ?? 0;
  }
}
