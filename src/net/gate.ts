/** Why a connection does not decode. No bit set: it does. */
export const Gate = {
  /** `open` has not settled. */
  OPENING: 1,
  /** As many messages in flight as allowed. */
  FULL: 2,
  /** The peer does not read what was sent. */
  BLOCKED: 4,
  /** The protocol waits until every reply due is out. */
  HELD: 8,
  /** Whoever executes has as many messages under way as it may. */
  STARVED: 16,
  /** Replies due are sent, then the end. Bytes that come are dropped. */
  ENDING: 32,
  CLOSED: 64,
  /** Nobody takes what has come of the last message. */
  WAITING: 128,
  /** The last reply is written: not even what is due leaves any more. */
  LAST: 256,
} as const;
/** It ends, or has ended. */
export const OVER = Gate.ENDING | Gate.CLOSED;
