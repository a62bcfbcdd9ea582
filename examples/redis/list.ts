/** A list that grows and shrinks at both ends: a ring whose size is a power of two. */
export class List {
  #ring: string[] = Array.from({ length: 4 }, () => '');
  #head = 0;
  length = 0;

  unshift(value: string): void {
    if (this.length === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = value;
    this.length += 1;
  }

  push(value: string): void {
    if (this.length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.length) & (this.#ring.length - 1)] = value;
    this.length += 1;
  }

  /** Not to be called on an empty list. */
  shift(): string {
    const value = this.#ring[this.#head];
    this.#ring[this.#head] = '';
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.length -= 1;
    return value;
  }

  /** Not to be called on an empty list. */
  pop(): string {
    this.length -= 1;
    const at = (this.#head + this.length) & (this.#ring.length - 1);
    const value = this.#ring[at];
    this.#ring[at] = '';
    return value;
  }

  /** The values `[from, to)`. */
  slice(from: number, to: number): string[] {
    const ring = this.#ring;
    const first = this.#head + from;
    const last = this.#head + to;
    if (last <= ring.length) return ring.slice(first, last);
    if (first >= ring.length) return ring.slice(first - ring.length, last - ring.length);
    return ring.slice(first).concat(ring.slice(0, last - ring.length));
  }

  #grow(): void {
    const room = Array.from({ length: this.length }, () => '');
    this.#ring = this.slice(0, this.length).concat(room);
    this.#head = 0;
  }
}
