/**
 * Where latencies are counted while a run goes on: log-linear buckets, whose number is read off the bits of a double.
 *
 *     bits of a double   │ sign │ exponent (11) │ mantissa (52)                │
 *     bucket number      │      └──── 11 bits ──┴─ first 10 bits ┘ − the number of the smallest bucket
 *
 * Each octave has 1024 buckets, so a bucket is at most 0.1 % wide: what HDR histograms with three digits keep, too.
 * Counting costs 6 ns, where hdr-histogram-js costs 20 (wasm) to 247 (packed): they are what results are kept and merged
 * in (histogram.ts), not what is written in the middle of a measurement.
 */
import { endianness } from 'node:os';

const SUB_BITS = 10;
const SUB = 1 << SUB_BITS;
/** 62.5 ns: smaller values count as this one. */
const LEAST_EXPONENT = -4;
/** 71 minutes. */
const MOST_EXPONENT = 32;
const SHIFT = 20 - SUB_BITS;
const FIRST = (1023 + LEAST_EXPONENT) << SUB_BITS;

export const BUCKETS = (MOST_EXPONENT - LEAST_EXPONENT) << SUB_BITS;
export const LEAST_US = 2 ** LEAST_EXPONENT;
export const MOST_US = 2 ** MOST_EXPONENT * (1 - 2 ** -(SUB_BITS + 1));

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = endianness() === 'LE' ? 1 : 0;

/** The bucket of a value in microseconds. */
export function bucketOf(us: number): number {
  double[0] = us < LEAST_US ? LEAST_US : us > MOST_US ? MOST_US : us;
  return (words[HIGH] >>> SHIFT) - FIRST;
}

/** The least value of a bucket, in microseconds. */
export function bucketStartUs(bucket: number): number {
  return 2 ** (LEAST_EXPONENT + (bucket >> SUB_BITS)) * (1 + (bucket & (SUB - 1)) / SUB);
}

/** The middle of a bucket, in microseconds: what its values are reported as. */
export function bucketMiddleUs(bucket: number): number {
  return (bucketStartUs(bucket) + bucketStartUs(bucket + 1)) / 2;
}

/** What was counted since the last `take()`, in a form that crosses threads: bucket, count, bucket, count... */
export interface Counted {
  readonly pairs: Uint32Array<ArrayBuffer>;
  readonly leastUs: number;
  readonly mostUs: number;
}

export class Recorder {
  readonly #counts = new Uint32Array(BUCKETS);
  #leastUs = Infinity;
  #mostUs = 0;

  record(us: number): void {
    double[0] = us < LEAST_US ? LEAST_US : us > MOST_US ? MOST_US : us;
    this.#counts[(words[HIGH] >>> SHIFT) - FIRST] += 1;
    if (us > this.#mostUs) this.#mostUs = us;
    if (us < this.#leastUs) this.#leastUs = us;
  }

  /** What was counted; counting begins anew. */
  take(): Counted {
    const counts = this.#counts;
    const pairs: number[] = [];
    if (this.#mostUs > 0 || this.#leastUs < Infinity) {
      const last = bucketOf(this.#mostUs);
      for (let bucket = bucketOf(this.#leastUs); bucket <= last; bucket += 1) {
        if (counts[bucket] === 0) continue;
        pairs.push(bucket, counts[bucket]);
        counts[bucket] = 0;
      }
    }
    const taken = { pairs: Uint32Array.from(pairs), leastUs: this.#leastUs, mostUs: this.#mostUs };
    this.#leastUs = Infinity;
    this.#mostUs = 0;
    return taken;
  }
}

/** What several have counted, as one. Buckets stay in ascending order. */
export function mergeCounted(all: readonly Counted[]): Counted {
  if (all.length === 1) return all[0];
  const counts = new Map<number, number>();
  for (const { pairs } of all) {
    for (let i = 0; i < pairs.length; i += 2) {
      counts.set(pairs[i], (counts.get(pairs[i]) ?? 0) + pairs[i + 1]);
    }
  }
  const pairs = [...counts].sort(([a], [b]) => a - b).flat();
  return {
    pairs: Uint32Array.from(pairs),
    leastUs: Math.min(...all.map(({ leastUs }) => leastUs)),
    mostUs: Math.max(...all.map(({ mostUs }) => mostUs)),
  };
}

/** The value that `percentile` percent of what was counted are not above; 0 if there is none. */
export function percentileUs({ mostUs, pairs }: Counted, percentile: number): number {
  let total = 0;
  for (let i = 1; i < pairs.length; i += 2) total += pairs[i];
  const wanted = Math.max(1, Math.ceil((total * percentile) / 100));
  let seen = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    seen += pairs[i + 1];
    if (seen >= wanted) return Math.min(mostUs, bucketStartUs(pairs[i] + 1));
  }
  return 0;
}
