/** How the threads of a load are started. */
import { setFlagsFromString } from 'node:v8';
import type { WorkerOptions } from 'node:worker_threads';

/**
 * Young objects of a load thread may fill so much before they are collected. A spinning pacer makes 50 MB of them in a
 * second (one Immediate for each turn of the loop): with V8's first size of 1 MiB that is 50 collections a second, which
 * took 1.9 % of the time and so were the p99 of the schedule's lag.
 */
const YOUNG_MIB = 32;

/** The user has said how much. */
const hasOwnSize = /semi-space-size/.test(
  `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`,
);

/** From the command line of this process, where that is `node -e`: the option would refuse a file. */
export function threadOptions(): WorkerOptions {
  const { execArgv } = process;
  if (!execArgv.some((option) => option.startsWith('--input-type'))) return {};
  return { execArgv: execArgv.filter((option) => option.startsWith('--conditions')) };
}

/**
 * Lets the threads that start until the next `resetYoungSize()` have more room for young objects. V8 takes the size when
 * a thread's heap is made, and only as a flag of the process: so it is set for that moment alone.
 */
export function raiseYoungSize(): void {
  if (!hasOwnSize) setFlagsFromString(`--min-semi-space-size=${YOUNG_MIB}`);
}

export function resetYoungSize(): void {
  if (!hasOwnSize) setFlagsFromString('--min-semi-space-size=0');
}
