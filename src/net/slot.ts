/**
 * Replies that cannot leave yet, in the order of their messages. While every reply is synchronous there is no slot at
 * all; the first promise makes one, and later replies wait behind it.
 *
 *     head ─▶ PENDING ─▶ DONE ─▶ PENDING ─▶ DONE ◀─ tail     (only the head may leave)
 */
import { Buffer } from 'node:buffer';
import type { CloseCode } from '../handler.ts';
import type { After, Codec } from '../protocols/protocol.ts';

export const SlotState = {
  /** Its handler is still at it. */
  PENDING: 0,
  /** `value` is the reply; undefined for none. */
  DONE: 1,
  /** `value` is what the handler threw. */
  FAILED: 2,
  /** `value` is bytes: of the protocol's own, or a reply that was encoded elsewhere, with `after`. */
  BYTES: 3,
  /** Its bytes come from a stream; more may follow. */
  STREAMING: 4,
  /** The connection ends here: `value` is an Ending. */
  ENDS: 5,
} as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

/** Why nothing comes after this slot. */
export interface Ending {
  readonly code: CloseCode;
  readonly error: unknown;
  /** The last bytes. */
  readonly reply: Uint8Array | undefined;
}

export interface Slot {
  state: SlotState;
  value: unknown;
  /** The message that it replies to. */
  input: unknown;
  /** Counts as a message in flight. */
  counted: boolean;
  /** With BYTES: what they want behind them. */
  after: After | undefined;
  next: Slot | undefined;
}

/** A reply that may have to wait, in memory of its own: the next read overwrites a message that is a view, and what lies in it. */
export function lasting(codec: Codec<unknown, unknown>, reply: unknown, message: unknown): unknown {
  if (codec.givesViews !== true) return reply;
  const liesInIt =
    reply instanceof Uint8Array && message instanceof Uint8Array && reply.buffer === message.buffer;
  return liesInIt ? Buffer.from(reply) : reply;
}

export class SlotQueue {
  head: Slot | undefined = undefined;
  tail: Slot | undefined = undefined;

  push(state: SlotState, value: unknown, input: unknown, counted: boolean): Slot {
    const slot: Slot = { state, value, input, counted, after: undefined, next: undefined };
    if (this.tail === undefined) this.head = slot;
    else this.tail.next = slot;
    this.tail = slot;
    return slot;
  }

  shift(): void {
    this.head = this.head?.next;
    if (this.head === undefined) this.tail = undefined;
  }

  /** Only the head stays, where it is `slot`; undefined: none does. */
  cutBehind(slot: Slot | undefined): void {
    this.head = slot;
    this.tail = slot;
    if (slot !== undefined) slot.next = undefined;
  }

  clear(): void {
    this.head = undefined;
    this.tail = undefined;
  }
}
