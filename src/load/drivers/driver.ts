/**
 * The contract of a driver: what the engine sends, and what counts as an answer. The engine knows sockets, clocks and
 * schedules; a driver knows bytes. It MUST NOT touch either of the others, and is tested with bytes alone.
 *
 *     sequence ──request──▶ writer ──▶ bytes        bytes ──feed──▶ session ──next──▶ ANSWER, WRONG, ...
 *
 * A driver serves one thread, a session one connection. Adding a protocol whose client codec answers each request with
 * one message needs no driver of its own: codec.ts takes it by name.
 */
import type { Writer } from '../../protocols/writer.ts';

/** What `Session.next()` found. Integers: they are compared for every answer. */
export const Found = {
  /** Nothing more in what was fed. */
  MORE: 0,
  /** The whole answer to the oldest request due on this connection. MUST NOT be given when none is due. */
  ANSWER: 1,
  /** The same, but it is not the answer that the request was to have; `problem` says why. */
  WRONG: 2,
  /** The handshake is done: requests may follow. Only where `open()` returned false. */
  READY: 3,
  /** Bytes of the protocol's own, in `control`, to be sent before the next request (a WebSocket pong). */
  SEND: 4,
  /** The peer said goodbye within the protocol: no more answers. */
  END: 5,
  /** The peer broke the protocol, or sent what nobody had asked for; `problem` says which. Nothing after it is read. */
  FAIL: 6,
  /** A whole answer, whose `status` says that the request was not served; `problem` says which. */
  DENIED: 7,
  /** A message that nobody had asked for, in `pushed`. */
  EVENT: 8,
} as const;
export type Found = (typeof Found)[keyof typeof Found];

/** What a server has sent by itself. */
export interface PushedEvent {
  /**
   * When it left, in milliseconds since 1970 by this machine's clock; of a broadcast, when it was due, by the clock that
   * threads share. NaN where it does not say.
   */
  sentAtMs: number;
  /** Of a broadcast: how late it left. */
  lateMs?: number;
  /** Of a broadcast: it was published behind the warm-up. */
  measured?: boolean;
  /** How many before it never came. */
  missed: number;
  /** It has come before. */
  repeated: boolean;
}

/** One connection's conversation. */
export interface Session {
  /** After SEND. */
  readonly control: Uint8Array | undefined;
  /** After WRONG, DENIED and FAIL: a sentence. */
  readonly problem: string;
  /** After ANSWER, WRONG and DENIED, where answers have one: HTTP's, 100 to 599. They are counted. */
  readonly status?: number;
  /** After EVENT. */
  readonly pushed?: PushedEvent;
  /** It goes on where the connection before it was lost. */
  readonly resumes?: boolean;
  /** How long the server wants clients to wait before they connect again. */
  readonly reconnectMs?: number;
  /**
   * The connection is there: writes what MUST go before the first request, if anything. True: requests may follow at
   * once; false: after READY.
   */
  open(writer: Writer): boolean;
  /**
   * Writes one request. `sequence` numbers the measured requests of the whole load from 0, and those of the warm-up from
   * -1 downwards; a driver MAY make its content depend on it and on nothing else that changes.
   */
  request(sequence: number, writer: Writer): void;
  /** Of a broadcast: writes a message, due by the clock that threads share, and so late already. No answer follows. */
  publish?(sequence: number, dueMs: number, lateMs: number, writer: Writer): void;
  /** Of a broadcast: measured messages that were published, and have not come; undefined where it never listened. */
  readonly outstanding?: number | undefined;
  /** Gives `[0, end)` of `buffer`, which is overwritten after the loop over `next()`: what is not consumed MUST be copied. */
  feed(buffer: Buffer, end: number): void;
  /** MUST NOT throw. Called until it gives MORE, END or FAIL. */
  next(): Found;
  /** The peer has half-closed. ANSWER where that is how an answer ends; END; FAIL where it cuts one short. */
  finish(): Found;
}

export interface Driver {
  /** `before`: of the connection that this one replaces, if it replaces one. `publisher`: its number, of a broadcast. */
  session(before?: Session, publisher?: number): Session;
}
