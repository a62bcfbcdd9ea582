/** Latencies after the measurement: kept and merged in HDR histograms, whose values are whole nanoseconds. */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { bucketMiddleUs, MOST_US, type Counted } from './buckets.ts';

/** HDR's number of significant digits. */
export const DIGITS = 3;

/** The percentiles of a result, with their names. */
export const PERCENTILES = [
  ['p50', 50],
  ['p90', 90],
  ['p95', 95],
  ['p99', 99],
  ['p999', 99.9],
] as const;
export type PercentileName = (typeof PERCENTILES)[number][0];

export class Latencies {
  readonly hdr: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: Math.ceil(MOST_US * 1000),
    numberOfSignificantValueDigits: DIGITS,
    bitBucketSize: 64,
    useWebAssembly: false,
  });
  /** Exact, where the histogram rounds. */
  leastUs = Infinity;
  mostUs = 0;

  get count(): number {
    return this.hdr.totalCount;
  }

  get meanUs(): number {
    return this.count === 0 ? 0 : this.hdr.mean / 1000;
  }

  add({ pairs, leastUs, mostUs }: Counted): void {
    for (let i = 0; i < pairs.length; i += 2) {
      this.hdr.recordValueWithCount(Math.round(bucketMiddleUs(pairs[i]) * 1000), pairs[i + 1]);
    }
    this.leastUs = Math.min(this.leastUs, leastUs);
    this.mostUs = Math.max(this.mostUs, mostUs);
  }

  /** The value that `percentile` percent of all are not above, and never outside of what was measured; 0 if there is none. */
  atUs(percentile: number): number {
    if (this.count === 0) return 0;
    const us = this.hdr.getValueAtPercentile(percentile) / 1000;
    return Math.max(this.leastUs, Math.min(this.mostUs, us));
  }

  /** HDR's V2 encoding, compressed, in base64: other tools read it. Values are nanoseconds. */
  encode(): string {
    return encodeIntoCompressedBase64(this.hdr);
  }
}
