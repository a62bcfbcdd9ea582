/**
 * The contract of a protocol: bytes in, messages out, and back. A protocol is pure: it knows no socket, no timer and no
 * loop, holds no state but its decoders', and is tested with hex and with its input cut at every byte.
 *
 *     bytes ──feed──▶ decoder ──next/take──▶ message ──▶ handler ──▶ reply ──encode──▶ writer ──▶ bytes
 *
 * A protocol has two sides: `server` decodes requests and encodes replies, `client` does the opposite (the load
 * generator, and tests). Both sides MUST agree: what one encodes the other decodes to an equal value.
 */
import type { ProtocolError } from '../errors.ts';
import type { Writer } from './writer.ts';

/** What `Decoder.next()` found. Integers: they are compared for every message. */
export const Step = {
  /** Not a whole message yet: feed more. `want` says how many bytes, counted from `pos`, can help (0: unknown). */
  MORE: 0,
  /** A whole message, in `[start, end)` of the buffer fed: `take()` makes its value. `pos` is behind it already. */
  MESSAGE: 1,
  /** Bytes of the protocol's own, in `control`, to be sent in the order of the replies (HTTP's 100 Continue). */
  ANSWER: 2,
  /** Bytes of the protocol's own, in `control`, to be sent ahead of the replies still due (a WebSocket pong). */
  URGENT: 3,
  /** Nothing more until every reply due is out: the last message's reply may switch protocols. Ask again then. */
  HOLD: 4,
  /** The bytes from `pos` on belong to the protocol `switches[target]`, once every reply due is out. */
  SWITCH: 5,
  /** The peer said goodbye within the protocol: close in an orderly way when every reply due is out. */
  END: 6,
  /** The peer broke the protocol: `failure` says how. Nothing after it is read. */
  FAIL: 7,
  /** Nobody takes what has come of the last message: nothing more is decoded until the decoder calls `resume`. */
  WAIT: 8,
  /** More of the last message, which was given away before it was whole. `unfinished` says whether more is to come. */
  PART: 9,
} as const;
export type Step = (typeof Step)[keyof typeof Step];

/**
 * Finds messages in one connection's bytes. One decoder serves one connection (or one message, where `framed`).
 *
 * The caller feeds a run of bytes once and then calls `next()` until it gives MORE. Bytes from `pos` on were not
 * consumed: the caller keeps them and feeds them again in front of what comes next. The buffer belongs to the caller,
 * who overwrites it after the loop: a decoder MUST NOT keep it, and `take()` MUST return a value of its own or a copy,
 * unless an option of the protocol asks for views and its docstring states their lifetime.
 */
export interface Decoder<T> {
  /** First byte not consumed. */
  pos: number;
  /** The last message's bytes, framing included: `[start, end)`. Fed alone to a fresh decoder they give the message again if the protocol is `framed`. */
  start: number;
  end: number;
  /** After MORE: the least number of bytes from `pos` on that can help; 0 if unknown. MUST NOT exceed the limit. */
  want: number;
  /** After ANSWER and URGENT. */
  control: Uint8Array | undefined;
  /** After SWITCH: a key of `Protocol.switches`. */
  target: string;
  /** After FAIL. */
  failure: ProtocolError | undefined;
  /** After END: what the peer said for a goodbye, where the protocol has words for it (a WebSocket's Close). */
  readonly farewell?: { readonly status: number; readonly text: string } | undefined;
  /** The message under way may take so long from its first byte on; 0 or undefined: for ever. Time spent in WAIT does not count. */
  readonly deadlineMs?: number;
  /** A message that was given away is still coming. A server that stops waits for it. */
  readonly unfinished?: boolean;
  /** Set by the connection at the first WAIT; called by the decoder when it can go on, and never within `next()`. */
  resume?: (() => void) | undefined;

  /**
   * Gives the bytes `[pos, end)` of `buffer`. Those before `fresh` were fed before and led to MORE, so a search need not
   * start over: if `fresh` is behind `pos`, the bytes `[pos, fresh)` MUST be those of before.
   */
  feed(buffer: Buffer, pos: number, end: number, fresh: number): void;
  /** Never throws, never blocks. After FAIL or END it keeps saying so. */
  next(): Step;
  /** The value of the message that `next()` just found; called at most once, before the following `next()`. Throws a ProtocolError where the framing was right and the content is not (bad JSON). */
  take(): T;
  /** The peer has half-closed. END: at a message boundary (or a last message without its terminator is not an error). FAIL: cut short. */
  finish(): Step;
  /** The deadline has passed: what to tell the peer before the end. */
  expire?(): ProtocolError;
  /** The connection has ended, or decodes nothing more: whoever still reads the last message is told. */
  ended?(): void;
}

/** What a reply wants after its bytes. All optional; `undefined` in the common case. */
export interface After {
  /** Close in an orderly way once the bytes are out. */
  readonly close?: boolean;
  /** Once the bytes are out, go on with `switches[switchTo]`. The decoder MUST have said HOLD after the request. */
  readonly switchTo?: string;
  /** What the next protocol begins with. Plain: it may cross threads. */
  readonly handover?: unknown;
  /** More bytes to come, pulled while this reply is the oldest one due and the peer reads; later replies wait behind it. `return()` is called if the connection ends first. */
  readonly stream?: ReplyStream;
}

/** The bytes of a reply that come while they are sent. */
export interface ReplyStream extends AsyncIterable<Uint8Array | string> {
  /** Nothing but the connection's end tells the peer where it ends: a connection that breaks off in it is reset. */
  readonly untilClose?: boolean;
  /** The server stops: a stream that has no end of its own (events, say) should come to one. May be called more than once. */
  drain?(): void;
  /** What feeds it may still fail when it has ended, or nobody pulls it any more: `failed` is to be told then. */
  onLate?(failed: (error: unknown) => void): void;
}

/** One side of a protocol. */
export interface Codec<In, Out> {
  /** A decoder for one connection. `messageLimitBytes`: the most one message may have, unless the protocol's own options say otherwise. */
  decoder(messageLimitBytes: number): Decoder<In>;
  /**
   * Writes one message. `input` is what it replies to, or undefined for a push. Throws a TypeError that names the
   * value where it cannot be encoded, having written nothing.
   */
  encode(message: Out, writer: Writer, input: In | undefined): After | undefined;
  /** Writes the reply to a message whose handler threw. Where it is missing, the connection is closed instead. The text of `error` MUST NOT be sent: it is the server's own. */
  encodeError?(error: unknown, writer: Writer, input: In | undefined): After | undefined;
  /**
   * `reply`, as `encode` or `encodeError` wrote it, which says besides that the connection ends behind it (HTTP's
   * `Connection: close`). A server that stops then goes on until it has said so: what has come of a message is waited for,
   * and who is between two messages has some time for one that is on its way. Where it is missing, what came whole is
   * answered, and the end follows.
   */
  encodeLast?(reply: Uint8Array): Uint8Array;
  /**
   * Every message has its reply, and the peer tells them apart by their order alone: the next one would be taken for one
   * that is missing. A handler that returns undefined, and has not closed the connection, has then failed.
   */
  readonly repliesToAll?: boolean;
  /** Messages are views of the buffer that was read into: a reply that waits, and lies in one, is copied. */
  readonly givesViews?: boolean;
  /**
   * The goodbye of a connection that we end in an orderly way; `code` is why (CloseReason), the rest what the handler
   * said. The peer's own is then awaited (END), except behind an error. Throws a TypeError where that cannot be said.
   */
  encodeClose?(code: string, status?: number, text?: string): Uint8Array;
  /** How to find out that a peer is dead, in modes with timers. */
  readonly heartbeat?: Heartbeat | undefined;
}

export interface Heartbeat {
  /** Nothing was received for so long: `bytes` are sent, to which every living peer answers. */
  readonly intervalMs: number;
  /** Nothing was received for so long behind them: the connection is cut. */
  readonly timeoutMs: number;
  readonly bytes: Uint8Array;
}

/** A protocol that another one gives way to in mid-connection. */
export interface Switch {
  readonly protocol: Protocol;
  /** The handler's property that holds the hooks (`open`, `message`, `drain`, `close`) for its messages. Without it `message` itself goes on. */
  readonly hooks?: string;
  /** Makes of what was handed over what the hooks find as `connection.request`. A property that is a function of it gives the hooks. */
  revive?(handover: unknown): unknown;
}

export interface Protocol<In = any, Out = any> {
  /** Its word on the command line. */
  readonly name: string;
  /** What the factory was called with: structured-cloneable, so that a worker builds the same protocol by name. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * Every message is one run of bytes that a fresh decoder understands alone. Then `dispatched` ships the bytes as they
   * came and decodes them on the executor. A protocol that is not framed MUST give `pack` and `unpack` to run there.
   */
  readonly framed: boolean;
  /** The same with every message whole, where this one gives messages away while they come (Step.PART). For modes in which nobody can read them meanwhile. */
  readonly whole?: Protocol<In, Out>;
  readonly server: Codec<In, Out>;
  readonly client: Codec<Out, In>;
  /** By name, since a name crosses threads and a function does not. */
  readonly switches?: Readonly<Record<string, Switch>>;
  /** A message as a value that msgpackr can carry, and back. */
  pack?(message: In): unknown;
  unpack?(packed: unknown): In;
  /** What the protocol makes of a handler, once in each loop, before it is used: HTTP answers handshakes for its `websocket`. */
  equip?<T extends object>(handler: T): T;
  /** What its options ask of a mode (Capability), each with the end of a sentence that says why. */
  readonly needs?: Readonly<Record<string, string>>;
}
