/**
 * Loaded by `--import` into every process and thread of a server of ours: what its loop says of itself. Raw, a batch at
 * a time, since a loop does not know when a measurement begins; loops.ts makes figures of the batches in the window.
 * Costs fifty timers and four small writes a second.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance, PerformanceObserver } from 'node:perf_hooks';
import { threadId } from 'node:worker_threads';

/** What one line of its file holds. Times of day in ms. */
export interface Batch {
  readonly fromMs: number;
  readonly toMs: number;
  /** How late each tick was. */
  readonly delaysMs: readonly number[];
  /** How long each garbage collection took. */
  readonly gcsMs: readonly number[];
  /** 0 to 1: performance.eventLoopUtilization(). */
  readonly busyShare: number;
}

export const FOLDER = 'PATTERNS_BENCH_PROBE';
const TICK_MS = 20;
const BATCH_MS = 250;

const folder = process.env[FOLDER];
if (folder !== undefined) watch(join(folder, `${process.pid}-${threadId}.jsonl`));

function watch(file: string): void {
  let gcsMs: number[] = [];
  let delaysMs: number[] = [];
  let fromMs = Date.now();
  let last = performance.now();
  let used = performance.eventLoopUtilization();
  const note = (entries: readonly { readonly duration: number }[]): void => {
    for (const { duration } of entries) gcsMs.push(round(duration));
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const tick = (): void => {
    const now = performance.now();
    delaysMs.push(round(Math.max(0, now - last - TICK_MS)));
    last = now;
    const toMs = Date.now();
    if (toMs - fromMs < BATCH_MS) return;
    note(observer.takeRecords());
    const now2 = performance.eventLoopUtilization();
    const busyShare = round(performance.eventLoopUtilization(now2, used).utilization);
    const batch: Batch = { fromMs, toMs, delaysMs, gcsMs, busyShare };
    [used, fromMs, delaysMs, gcsMs] = [now2, toMs, [], []];
    try {
      appendFileSync(file, `${JSON.stringify(batch)}\n`);
    } catch {
      clearInterval(timer); // the folder is gone: the run is over
    }
  };
  const timer = setInterval(tick, TICK_MS).unref();
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
