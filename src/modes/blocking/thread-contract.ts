/** What the child's main loop and its blocking threads share. */
import type { HandlerErrorNote } from '../../workers/error-relay.ts';
import type { PackedError } from '../../workers/messages.ts';
import type { Plan } from '../../workers/plan.ts';

export const ThreadState = {
  /** Not in a read: at a message, or without a connection. */
  BUSY: 0,
  /** In a read that blocks, or about to be. */
  READING: 1,
  /** The main loop has closed the connection under the read: what it still brings is dropped. */
  CLOSING: 2,
  /** In a read, and something has come of a message that a server that stops waits for. */
  AMID: 3,
} as const;

export const COUNTS = ['messages', 'errors', 'bytesIn', 'bytesOut'] as const;
export type Count = (typeof COUNTS)[number];

export interface ThreadStart {
  readonly plan: Plan;
  /** Its own among the threads. */
  readonly workerId: number;
  readonly control: Int32Array;
  readonly counts: Float64Array;
}

/** Main loop to thread: serve this connection, 'drain' (it may be streaming), or 'stop'. */
export interface Assignment {
  readonly fd: number;
  readonly remoteAddress: string;
}

export type ThreadNote =
  /** `announces`: the last reply tells the peer of the end (Codec.encodeLast). */
  | { readonly type: 'ready'; readonly announces: boolean }
  /** It cannot run the handler, and ends. */
  | { readonly type: 'failed'; readonly error: PackedError }
  /** `reset`: the peer is to see that it was broken off. */
  | { readonly type: 'returned'; readonly peerEnded: boolean; readonly reset: boolean }
  | HandlerErrorNote;
