/** The last events of a channel, for clients that come back: bounded in number and in bytes. */
import type { Encoded } from './event-body.ts';

interface Kept extends Encoded {
  readonly id: string;
}

export class EventHistory {
  readonly #limit: number;
  readonly #limitBytes: number;
  #events: Kept[] = [];
  /** Those before it have been left out; cut off when they are half of the array. */
  #first = 0;
  #bytes = 0;
  /** By id: the number of the event, counted from the channel's first. */
  readonly #numbers = new Map<string, number>();
  #count = 0;

  constructor(limit: number, limitBytes: number) {
    this.#limit = limit;
    this.#limitBytes = limitBytes;
  }

  get length(): number {
    return this.#events.length - this.#first;
  }

  add(id: string, event: Encoded): void {
    if (this.#limit === 0) return;
    this.#events.push({ id, ...event });
    this.#bytes += event.bytes;
    this.#numbers.set(id, this.#count);
    this.#count += 1;
    while (this.length > this.#limit || (this.#bytes > this.#limitBytes && this.length > 1)) {
      this.#leaveOut();
    }
  }

  /** What came behind the event of that id; undefined where that is not known (any more). */
  after(id: string): readonly Encoded[] | undefined {
    const number = this.#numbers.get(id);
    if (number === undefined) return undefined;
    const oldest = this.#count - this.length;
    return this.#events.slice(this.#first + number + 1 - oldest);
  }

  all(): readonly Encoded[] {
    return this.#events.slice(this.#first);
  }

  #leaveOut(): void {
    const oldest = this.#count - this.length;
    const { bytes, id } = this.#events[this.#first];
    if (this.#numbers.get(id) === oldest) this.#numbers.delete(id);
    this.#bytes -= bytes;
    this.#first += 1;
    if (this.#first * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#first);
    this.#first = 0;
  }
}
