/** What the loops of a server said of themselves (probe.ts), as figures of the window. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FOLDER, type Batch } from './probe.ts';

/** One event loop of a server of ours, in the window. */
export interface LoopFigures {
  readonly pid: number;
  /** 0: the process's own. */
  readonly threadId: number;
  /** What it covers of the window. */
  readonly seconds: number;
  /** How late its timers were. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly gcMs: number;
  readonly gcCount: number;
  readonly gcLongestMs: number;
  /** Share of its time in which it was not idle: 0 to 1. */
  readonly busyShare: number;
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A folder for one run; `env` tells the server of it. */
export class LoopReports {
  readonly #folder = mkdtempSync(join(tmpdir(), 'patterns-bench-loops-'));
  readonly env: Readonly<Record<string, string>> = { [FOLDER]: this.#folder };

  read(window: Window): LoopFigures[] {
    return readdirSync(this.#folder)
      .toSorted(new Intl.Collator('en', { numeric: true }).compare)
      .flatMap((name) => {
        const [pid, threadId] = name.replace('.jsonl', '').split('-').map(Number);
        const batches = parseBatches(readFileSync(join(this.#folder, name), 'utf8'));
        const figures = loopFigures(batches, window);
        return figures === undefined ? [] : [{ pid, threadId, ...figures }];
      });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A process that is killed may leave half a line. */
export function parseBatches(text: string): Batch[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Batch);
}

/** Of the batches that lie in the window as a whole; undefined where none does. */
export function loopFigures(
  batches: readonly Batch[],
  { fromMs, toMs }: Window,
): Omit<LoopFigures, 'pid' | 'threadId'> | undefined {
  const inside = batches.filter((batch) => batch.fromMs >= fromMs && batch.toMs <= toMs);
  if (inside.length === 0) return undefined;
  const lengthOf = (batch: Batch): number => batch.toMs - batch.fromMs;
  const totalMs = inside.reduce((sum, batch) => sum + lengthOf(batch), 0);
  const busyMs = inside.reduce((sum, batch) => sum + batch.busyShare * lengthOf(batch), 0);
  const delays = inside.flatMap(({ delaysMs }) => delaysMs).toSorted((a, b) => a - b);
  const gcs = inside.flatMap(({ gcsMs }) => gcsMs);
  return {
    seconds: totalMs / 1000,
    delayP50Ms: percentile(delays, 0.5),
    delayP99Ms: percentile(delays, 0.99),
    delayMaxMs: delays.at(-1) ?? 0,
    gcMs: gcs.reduce((sum, ms) => sum + ms, 0),
    gcCount: gcs.length,
    gcLongestMs: Math.max(0, ...gcs),
    busyShare: busyMs / totalMs,
  };
}

/** The least value that so many are not above. Of sorted values; 0 of none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
