/** HdrHistogram's interval log (V2): one histogram for each second, in nanoseconds, its maximum in milliseconds. */
import { decodeFromCompressedBase64, HistogramLogWriter } from 'hdr-histogram-js';
import type { LoadResult } from '../load/result.ts';

const NS_PER_MS = 1_000_000;

export function formatHlog({ environment, label, seconds, target }: LoadResult): string {
  let text = '';
  const writer = new HistogramLogWriter((chunk) => (text += chunk));
  const startedMs = Date.parse(environment.startedAt);
  writer.outputLogFormatVersion();
  writer.outputComment(`${target}: ${label}`);
  // The writer's own line for it is followed by an empty one, which not every reader takes.
  writer.outputComment(
    `[StartTime: ${(startedMs / 1000).toFixed(3)} (seconds since epoch), ${environment.startedAt}]`,
  );
  writer.outputLegend();
  for (const { fromMs, histogram, toMs } of seconds) {
    const decoded = decodeFromCompressedBase64(histogram);
    writer.outputIntervalHistogram(decoded, fromMs / 1000, toMs / 1000, NS_PER_MS);
  }
  return text;
}
