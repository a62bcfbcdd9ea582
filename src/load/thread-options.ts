/**
 * How the threads of a load are started, and their garbage collector.
 *
 * A spinning pacer makes 100 MB of young objects in a second: one Immediate for each turn of its loop. With V8's first
 * size of 1 MiB that is 50 collections a second; they took 1.9 % of the time, and so were the p99 of the schedule's lag.
 * With 32 MiB there are 8 a second. Each waits for helper threads, which on two busy cores may wait for a core: the longest
 * took 3 to 5 ms, without helpers 0.4 ms (12 runs at 20,000 requests/s, taking turns).
 *
 * V8 has both as flags of the process alone: the size is read when a thread's heap is made, the other at each collection.
 */
import { setFlagsFromString } from 'node:v8';
import type { WorkerOptions } from 'node:worker_threads';

const YOUNG_MIB = 32;

/** What the user has said about it goes. */
const given = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`;
const ownSize = /semi-space-size/.test(given);
const ownHelpers = /parallel-scavenge|single-threaded/.test(given);

/** Loads under way in this process. */
let loads = 0;

/** From the command line of this process, where that is `node -e`: the option would refuse a file. */
export function threadOptions(): WorkerOptions {
  const { execArgv } = process;
  if (!execArgv.some((option) => option.startsWith('--input-type'))) return {};
  return { execArgv: execArgv.filter((option) => option.startsWith('--conditions')) };
}

/** Before the threads of a load start. */
export function tuneCollector(): void {
  loads += 1;
  if (!ownSize) setFlagsFromString(`--min-semi-space-size=${YOUNG_MIB}`);
  if (!ownHelpers) setFlagsFromString('--no-parallel-scavenge');
}

/** The threads have started: whatever else starts has the usual size. */
export function restoreYoungSize(): void {
  if (!ownSize) setFlagsFromString('--min-semi-space-size=0');
}

/** The load is over. */
export function restoreCollector(): void {
  loads -= 1;
  restoreYoungSize();
  if (loads === 0 && !ownHelpers) setFlagsFromString('--parallel-scavenge');
}
