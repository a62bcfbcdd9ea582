/**
 * The last of what was added, bounded in number and in bytes. Everything has a number, counted from 1 or from where it
 * was told to begin.
 *
 *     left out │ ………… kept ………… │
 *              oldest           last
 */
export interface Sized {
  readonly bytes: number;
}

export class Recent<T extends Sized> {
  /** The number of the last one that was added. */
  last = 0;
  readonly #limit: number;
  readonly #limitBytes: number;
  #items: T[] = [];
  /** Those before it have been left out; cut off when they are half of the array. */
  #first = 0;
  #bytes = 0;

  constructor(limit: number, limitBytes: number) {
    this.#limit = limit;
    this.#limitBytes = limitBytes;
  }

  get length(): number {
    return this.#items.length - this.#first;
  }

  /** The number of the oldest that is kept; one more than `last` where none is. */
  get oldest(): number {
    return this.last - this.length + 1;
  }

  /** Forgets everything: the next one has the number behind `last`. */
  begin(last: number): void {
    this.#items = [];
    this.#first = 0;
    this.#bytes = 0;
    this.last = last;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#bytes += item.bytes;
    this.last += 1;
    while (this.length > this.#limit || (this.#bytes > this.#limitBytes && this.length > 1)) {
      this.#leaveOut();
    }
  }

  /** What came behind that number; undefined where some of it has been left out. */
  after(number: number): T[] | undefined {
    if (number < this.oldest - 1) return undefined;
    return this.#items.slice(this.#first + number + 1 - this.oldest);
  }

  all(): T[] {
    return this.#items.slice(this.#first);
  }

  /** Called with each one that has been left out. */
  protected leftOut(_item: T): void {}

  #leaveOut(): void {
    const item = this.#items[this.#first];
    this.#bytes -= item.bytes;
    this.#first += 1;
    this.leftOut(item);
    if (this.#first * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }
}
