/** Seeded randomness: a run that fails is run again by its seed (SEED=… in the environment). */

export const SEED = Number(process.env.SEED ?? 20_250_731);

export class Random {
  #state: number;

  constructor(seed: number = SEED) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). mulberry32. */
  next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** Cuts at `cuts` arbitrary places; no piece is empty. */
  cut(bytes: Uint8Array, cuts: number): Uint8Array[] {
    const places = new Set([0, bytes.length]);
    for (let i = 0; i < cuts; i += 1) places.add(this.below(bytes.length));
    const sorted = [...places].sort((a, b) => a - b);
    return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
  }
}
