/** How a load was made decides what its figures are called, everywhere a result is shown. */
import type { LoadResult } from '../load/result.ts';

export type LoopName = LoadResult['loop'];

export interface LoopWords {
  readonly name: string;
  /** What is counted: one of it, and what it is asked for. */
  readonly unit: string;
  readonly request: string;
  readonly sent: string;
  readonly answered: string;
  readonly failed: string;
  /** The latency that counts, and from when it does. */
  readonly latency: string;
  readonly from: string;
}

export const LOOPS: Readonly<Record<LoopName, LoopWords>> = {
  closed: {
    name: 'closed loop',
    unit: 'answer',
    request: 'request',
    sent: 'sent',
    answered: 'answered',
    failed: 'failed',
    latency: 'service',
    from: 'from when it was sent',
  },
  open: {
    name: 'open loop',
    unit: 'answer',
    request: 'request',
    sent: 'sent',
    answered: 'answered',
    failed: 'failed',
    latency: 'response',
    from: 'from when it was due',
  },
  push: {
    name: 'events as they come',
    unit: 'event',
    request: 'event',
    sent: 'published',
    answered: 'delivered',
    failed: 'missed',
    latency: 'delivery',
    from: 'from when the event says that it left',
  },
  broadcast: {
    name: 'broadcasts',
    unit: 'message',
    request: 'message',
    sent: 'to be delivered',
    answered: 'delivered',
    failed: 'missing',
    latency: 'delivery',
    from: 'from when it was due',
  },
};

/** For several results: their own words where all are deliveries of one kind, else those of requests. */
export function wordsOf(loops: readonly LoopName[]): LoopWords {
  const [first = 'open'] = loops;
  return LOOPS[delivers(first) && loops.every((loop) => loop === first) ? first : 'open'];
}

/** What counts is how soon something arrives; nothing answers anything. */
export function delivers(loop: LoopName): boolean {
  return loop === 'push' || loop === 'broadcast';
}

export function isScheduled(loop: LoopName): boolean {
  return loop === 'open' || loop === 'broadcast';
}

/**
 * What its schedule was asked for, '' where it has none: repeated loads have the same, to the last digit. What came due by
 * stages differs from run to run, and so the stages themselves are said.
 */
export function offerOf({
  offeredPerSecond,
  stages,
}: {
  readonly offeredPerSecond: number | null;
  readonly stages: readonly { readonly durationMs: number; readonly rateHz: number }[] | null;
}): string {
  if (offeredPerSecond === null) return '';
  if (stages === null) return `${offeredPerSecond}/s`;
  return stages
    .map(({ durationMs, rateHz }, i) =>
      i === 0 ? `${rateHz}/s` : `in ${durationMs} ms to ${rateHz}/s`,
    )
    .join(', ');
}

/** What its latencies are: only where there is a schedule is known when something was due. */
export function latencyOf<Latency>(result: {
  readonly loop: LoopName;
  readonly response: Latency;
  readonly service: Latency;
}): Latency {
  return isScheduled(result.loop) ? result.response : result.service;
}
