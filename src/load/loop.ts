/**
 * The contract of a loop: when to send. It is told what happens to connections and requests, and sends with
 * `slot.send()` and `slot.flush()`. Times are milliseconds of the thread's own clock.
 */
import type { Failure } from './account.ts';
import type { Plan } from './plan.ts';
import type { Slot } from './slot.ts';
import type { TurnWatch } from './turn-watch.ts';

export interface Loop {
  /** Measured requests that the schedule had due; 0 where there is no schedule. */
  readonly scheduled: number;
  /** Measured requests that are due and not sent. */
  readonly waiting: number;
  /** Begins to send, at `at`. */
  start(at: number): void;
  /** The warm-up is to end at `at`. MUST call `host.begun()` then, or as soon as it can, and send no warm-up request afterwards. */
  measure(at: number): void;
  /** Nothing new becomes due. What is due already MUST still be sent when there is room. */
  stop(): void;
  /** Nothing at all is sent any more. */
  close(): void;
  /** There may be room on a connection: fill it, and flush it. */
  freed(slot: Slot, at: number): void;
  /** A request of the connection was answered or has failed. Its stamps are at `slot.head`. */
  answered(slot: Slot, at: number): void;
  /** An attempt to connect failed. Requests that can only wait for it fail with it (`host.failUnsent`). */
  refused(failure: Failure): void;
}

/** What a loop needs of its thread. */
export interface LoopHost {
  readonly plan: Plan;
  readonly thread: number;
  readonly slots: readonly Slot[];
  readonly watch: TurnWatch;
  readonly openConnections: number;
  /** The measurement has begun: requests due from `measureFrom` on are measured. */
  begun(measureFrom: number): void;
  /** As many requests as the plan's `count` have become due: the load ends when they are answered. */
  finished(): void;
  /** A request that never got a connection: it counts as sent, and as failed for the connection's reason. */
  failUnsent(dueAt: number, failure: Failure): void;
  /** By how much the loop was late for what was due at `dueAt`. */
  recordLag(dueAt: number, lagMs: number): void;
}
