/** HdrHistogram's percentile distribution, in milliseconds: what its plotter reads. */
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import type { LoadResult } from '../load/result.ts';
import { latencyOf } from './loops.ts';

const TICKS_PER_HALF = 5;
const NS_PER_MS = 1_000_000;

/** Of the response in the open loop, of the service in the closed one, of the delivery where the server sends by itself. */
export function formatHgrm(result: LoadResult): string {
  const histogram = decodeFromCompressedBase64(latencyOf(result).histogram);
  return histogram.outputPercentileDistribution(TICKS_PER_HALF, NS_PER_MS);
}
