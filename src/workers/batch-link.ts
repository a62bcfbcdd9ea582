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

  /** A message finds room if nothing else is under way, however long it is. */
  add(topic: string, packed: Uint8Array): void {
    const bytes = topic.length + packed.length;
    if (this.#underWayBytes > 0 && this.#underWayBytes + bytes > this.#limitBytes) {
      this.dropped += 1;
      return;
    }
    this.#underWayBytes += bytes;
    this.#batchBytes += bytes;
    this.#batch.add(topic, packed);
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
