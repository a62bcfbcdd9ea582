/** What crosses between the main thread and the load threads. Times are of the common clock (clock.ts). */
import type { Counts } from './account.ts';
import type { Counted } from './buckets.ts';
import type { Plan } from './plan.ts';
import type { BroadcastCounts, ConnectCounts, PushCounts } from './result.ts';
import type { UsageFigures } from './usage.ts';

export interface WorkerData {
  readonly plan: Plan;
  /** Counted from 0. */
  readonly thread: number;
}

export type ToThread =
  /** Open the connections. */
  | { readonly type: 'connect' }
  /** Begin to send at this time: the warm-up, or the measurement at once if `measureAtMs` is the same. */
  | { readonly type: 'start'; readonly atMs: number; readonly measureAtMs: number }
  /** The warm-up is over then. */
  | { readonly type: 'measure'; readonly atMs: number }
  /** End early. */
  | { readonly type: 'stop' }
  /** Close what is open, and go. */
  | { readonly type: 'close' };

export type FromThread =
  | { readonly type: 'ready'; readonly tid: number }
  /** Each connection was opened or has failed; `problem` is why the last one failed, `reset` that it was accepted, and reset. */
  | {
      readonly type: 'connected';
      readonly opened: number;
      readonly problem: string;
      readonly reset: boolean;
    }
  | { readonly type: 'interval'; readonly interval: Interval }
  | { readonly type: 'done'; readonly report: ThreadReport }
  /** What is measured so far is all that there will be: this thread sends nothing more, and says why. */
  | { readonly type: 'gaveUp'; readonly reason: string }
  /** The load cannot go on. */
  | { readonly type: 'broken'; readonly message: string; readonly isOption: boolean };

/** What happened from `fromMs` to `toMs`. Counts and latencies of warm-up requests, or of measured ones, never of both. */
export interface Interval {
  readonly warmup: boolean;
  /** Closed loop, warm-up: open connections that have brought no answer yet. */
  readonly silent: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly counts: Counts;
  readonly latencies: Readonly<Record<RecorderName, Counted>>;
}

export const RECORDERS = [
  'response', // from the scheduled send: open loop
  'responseFloor', // the least it can have been, had the client not been late
  'service', // from the real send
  'serviceFloor',
  'lag', // how late the client itself sent: open loop
  'connect', // from the attempt to the open connection
] as const;
export type RecorderName = (typeof RECORDERS)[number];

/** A thread's own account, at the end of its measurement. Its usage is from measuredFrom to measuredTo. */
export interface ThreadReport extends UsageFigures {
  /** When the first measured request could have been sent, and when sending ended. */
  readonly measuredFromMs: number;
  readonly measuredToMs: number;
  /** When the last request was answered or failed, and when the last was answered. */
  readonly drainedToMs: number;
  readonly answeredToMs: number;
  /** When sending ended none of its connections was there, and none could be opened. */
  readonly away: boolean;
  /** Connections that brought no answer while it was measured. */
  readonly silent: number;
  readonly inFlight: number;
  /** Of those sent: in the warm-up. */
  readonly carried: number;
  /** Open loop: requests that were due, and of those the ones never sent for want of a free connection. */
  readonly scheduled: number;
  readonly unsent: number;
  readonly connects: ConnectCounts;
  /** Of the turns of the loop in which something was done. Idle spins of the pacer do not count. */
  readonly busyMs: number;
  /** The first few sentences about what went wrong, with their counts. */
  readonly problems: ReadonlyArray<readonly [string, number]>;
  readonly bytesRead: number;
  /** Measured answers by their status, where they have one. */
  readonly statuses: ReadonlyArray<readonly [number, number]>;
  readonly push: PushCounts;
  readonly broadcast: Omit<BroadcastCounts, 'publishers'>;
}
