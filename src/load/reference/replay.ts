/**
 * What the truth was, from the reference server's log. Pure. Two of them:
 *
 * - `lived`: what each request really got, from when it was due until its answer was written. A client that sends late
 *   makes this worse, so it does not show that error.
 * - `replayed`: what each would have got from a client that is never late. The schedule goes through the server's log of
 *   when it noticed nothing and how long it held each answer back: first come, first served.
 */
import type { ReferenceLog } from './log.ts';

export interface Lived {
  /** Until just before, and until just after its answer was written: ascending, in microseconds. */
  readonly leastUs: Float64Array;
  readonly mostUs: Float64Array;
}

/** @param dueAt the schedule: when request number i was due, by the common clock */
export function lived(log: ReferenceLog, dueAt: ReadonlyArray<number> | Float64Array): Lived {
  const pick = (left: Float64Array): Float64Array =>
    log.sequences
      .map((sequence, i) => (left[i] - dueAt[sequence]) * 1000)
      .filter((us) => !Number.isNaN(us))
      .toSorted();
  return { leastUs: pick(log.leftBeforeMs), mostUs: pick(log.leftAfterMs) };
}

/** Of every request of the schedule that was answered: ascending, in microseconds. */
export function replayed(
  log: ReferenceLog,
  dueAt: ReadonlyArray<number> | Float64Array,
): Float64Array {
  const holdMs = new Map<number, number>();
  log.sequences.forEach((sequence, i) => {
    const hold = log.leftBeforeMs[i] - log.arrivedMs[i];
    if (!Number.isNaN(hold)) holdMs.set(sequence, hold);
  });
  const turnMs = costMs(log.arrivedMs);
  const noticed = skipBlind(log.blindMs);
  const times: number[] = [];
  let freeAt = -Infinity;
  dueAt.forEach((due: number, sequence: number) => {
    const hold = holdMs.get(sequence);
    if (hold === undefined) return;
    const takenAt = Math.max(noticed(due), freeAt);
    freeAt = takenAt + turnMs;
    times.push((takenAt + hold - due) * 1000);
  });
  return Float64Array.from(times).toSorted();
}

/** Requests that wait together are taken so far apart: the median of the short gaps. */
export function costMs(arrivedMs: Float64Array): number {
  const gaps: number[] = [];
  for (let i = 1; i < arrivedMs.length; i += 1) {
    const gap = arrivedMs[i] - arrivedMs[i - 1];
    if (gap < SHORT_MS) gaps.push(gap);
  }
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? 0;
}

const SHORT_MS = 0.1;

/** For ascending times: the same time, or the end of the blind stretch that it falls into. */
function skipBlind(blindMs: Float64Array): (time: number) => number {
  let at = 0;
  return (time) => {
    while (at < blindMs.length && blindMs[at + 1] <= time) at += 2;
    return at < blindMs.length && blindMs[at] <= time ? blindMs[at + 1] : time;
  };
}

/** The value that `percentile` percent of them are not above, as HDR has it. */
export function percentileOf(ascending: Float64Array, percentile: number): number {
  if (ascending.length === 0) return 0;
  return ascending[Math.max(0, Math.ceil((ascending.length * percentile) / 100) - 1)];
}
