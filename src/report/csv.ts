/** One line for each interval of the measurement: for spreadsheets and plots. Latencies as in hgrm.ts. */
import type { LoadResult } from '../load/result.ts';
import { LOOPS } from './loops.ts';

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

/** The head has the words of the loop: of a server that sends by itself, `published,delivered,missed`. */
export function formatCsv({ loop, seconds }: Pick<LoadResult, 'loop' | 'seconds'>): string {
  const words: Readonly<Record<string, string>> = { ...LOOPS[loop] };
  const head = COLUMNS.map((name) => words[name] ?? name);
  const lines = seconds.map((second) =>
    COLUMNS.map((name) => Number(second[name].toFixed(3))).join(','),
  );
  return `${[head.join(','), ...lines].join('\n')}\n`;
}
