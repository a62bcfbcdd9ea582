/** What the threads of a broadcast know of each other: a word of the load's own, and how far each publisher is. */
import { randomFillSync } from 'node:crypto';

/** In front of the publishers: the word, and whether they have ended. */
const HEAD = 2;
/** Of each publisher: the number of its last message (they count from 1), and of its first that is measured. */
const EACH = 2;
const NONE_YET = 2 ** 31 - 1;

export class Board {
  readonly #numbers: Int32Array;

  /** A shared one, for `new Board()` in each thread. */
  static make(publishers: number): SharedArrayBuffer {
    const shared = new SharedArrayBuffer((HEAD + publishers * EACH) * Int32Array.BYTES_PER_ELEMENT);
    const numbers = new Int32Array(shared);
    numbers[0] = randomFillSync(new Int32Array(1))[0];
    for (let i = 0; i < publishers; i += 1) numbers[HEAD + i * EACH + 1] = NONE_YET;
    return shared;
  }

  constructor(shared: SharedArrayBuffer) {
    this.#numbers = new Int32Array(shared);
  }

  /** Eight hexadecimal digits, in every message of this load. */
  get word(): string {
    return (this.#numbers[0] >>> 0).toString(16).padStart(8, '0');
  }

  get publishers(): number {
    return (this.#numbers.length - HEAD) / EACH;
  }

  /** Nothing more is published. */
  get ended(): boolean {
    return Atomics.load(this.#numbers, 1) === 1;
  }

  end(): void {
    Atomics.store(this.#numbers, 1, 1);
  }

  /** Of each publisher, the number of its last message; 0: none. */
  published(): Int32Array {
    return Int32Array.from({ length: this.publishers }, (_, i) =>
      Atomics.load(this.#numbers, HEAD + i * EACH),
    );
  }

  /** The number of the publisher's next message. */
  publish(publisher: number, measured: boolean): number {
    const at = HEAD + publisher * EACH;
    const number = this.#numbers[at] + 1;
    if (measured && this.#numbers[at + 1] === NONE_YET)
      Atomics.store(this.#numbers, at + 1, number);
    Atomics.store(this.#numbers, at, number);
    return number;
  }

  /** How many of the publisher's messages `[from, to)` are measured. */
  measured(publisher: number, from: number, to: number): number {
    const first = Atomics.load(this.#numbers, HEAD + publisher * EACH + 1);
    return Math.max(0, to - Math.max(from, first));
  }
}
