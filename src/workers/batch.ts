/**
 * What a turn has published, for another loop: one run of bytes, encoded with msgpackr. Each message is packed by itself,
 * so that the main loop passes it on unread, and a loop without a subscriber never unpacks it.
 */
import { Packr } from 'msgpackr';

/** As structured clone carries values, so that a Map is a Map again. */
const packr = new Packr({ structuredClone: true });

/** @throws TypeError if it holds what cannot cross to another loop */
export function packMessage(message: unknown): Uint8Array {
  try {
    return packr.pack(message);
  } catch (error) {
    throw new TypeError('A message that is published must survive structured clone.', {
      cause: error,
    });
  }
}

export function unpackMessage(packed: Uint8Array): unknown {
  return packr.unpack(packed);
}

export class TopicBatch {
  #topics: string[] = [];
  #messages: Uint8Array[] = [];
  #numbers: number[] = [];
  /** Of its messages. */
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#topics.length === 0;
  }

  /** `number`: of a message to those who follow the topic; 0 for its subscribers. */
  add(topic: string, packed: Uint8Array, number = 0): void {
    this.#topics.push(topic);
    this.#messages.push(packed);
    this.#numbers.push(number);
    this.#bytes += packed.length;
  }

  /** The batch in memory of its own; this one starts over. */
  take(): Uint8Array {
    const lengths = this.#messages.map(({ length }) => length);
    const bytes = Buffer.concat(this.#messages, this.#bytes);
    const packed = packr.pack([this.#topics, lengths, this.#numbers, bytes]);
    this.#topics = [];
    this.#messages = [];
    this.#numbers = [];
    this.#bytes = 0;
    return Uint8Array.prototype.slice.call(packed); // a port would copy all of the memory that it is a part of
  }
}

/** Calls `visit` for each message in its order. `packed` is a view into the batch. */
export function readTopicBatch(
  batch: Uint8Array,
  visit: (topic: string, packed: Uint8Array, number: number) => void,
): void {
  const [topics, lengths, numbers, bytes] = packr.unpack(batch) as [
    string[],
    number[],
    number[],
    Uint8Array,
  ];
  let start = 0;
  for (let i = 0; i < topics.length; i += 1) {
    const end = start + lengths[i];
    visit(topics[i], bytes.subarray(start, end), numbers[i]);
    start = end;
  }
}
