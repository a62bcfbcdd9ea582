/** One line for each interval of the measurement: for spreadsheets and plots. Latencies as in hgrm.ts. */
import type { LoadResult } from '../load/result.ts';

const COLUMNS = [
  'fromMs',
  'toMs',
  'sent',
  'answered',
  'failed',
  'p50Us',
  'p99Us',
  'maxUs',
] as const;

export function formatCsv({ seconds }: LoadResult): string {
  const lines = seconds.map((second) =>
    COLUMNS.map((name) => Number(second[name].toFixed(3))).join(','),
  );
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}
