/**
 * One WebSocket, for the same hooks as in the other modes: order, limits and the closing handshake are kept here, frames,
 * pings and deflate by uWebSockets.js.
 *
 *     message ─▶ (waiting) ─▶ hooks.message ─▶ [ reply | PENDING | reply ] ─▶ send
 */
import { attempt, isPromise } from '../../attempt.ts';
import { PushError } from '../../errors.ts';
import {
  Sent,
  type CloseCode,
  type CloseReason,
  type Connection,
  type MessageHandler,
  type SubscribeOptions,
} from '../../handler.ts';
import type { Hooks } from '../../net/conversation.ts';
import type { Counters } from '../../net/loop.ts';
import { lasting } from '../../net/slot.ts';
import type { Encoded, Subscriber, Topics } from '../../net/topics.ts';
import { show } from '../../protocols/framing/options.ts';
import type { Codec } from '../../protocols/protocol.ts';
import { CloseStatus } from '../../protocols/websocket/codes.ts';
import { LENGTH_16, OPCODE, Opcode, SHORT_BYTES } from '../../protocols/websocket/frame.ts';
import type { UwsWebSocket } from './uws.ts';

type Data = string | Buffer;

/** What the WebSockets of a loop share. */
export interface SocketHost {
  readonly handler: MessageHandler;
  readonly counters: Counters;
  readonly topics: Topics;
  readonly inFlightLimit: number;
  readonly sendLimitBytes: number;
  /** Longer messages are compressed where that was agreed on. */
  readonly compressBytes: number;
  handlerFailed(error: unknown, socket: NativeSocket): void;
  opened(socket: NativeSocket): void;
  closed(socket: NativeSocket): void;
}

const ReplyState = { PENDING: 0, DONE: 1, FAILED: 2 } as const;

interface Reply {
  state: (typeof ReplyState)[keyof typeof ReplyState];
  value: unknown;
}

interface Farewell {
  readonly code: CloseCode;
  readonly status: number;
  readonly text: string;
}

export class NativeSocket implements Connection, Subscriber {
  readonly id: number;
  readonly request: unknown;
  readonly remoteAddress: string;
  state: unknown = undefined;
  readonly #host: SocketHost;
  readonly #hooks: Hooks;
  /** Of messages that are not compressed. */
  readonly codec: Codec<unknown, unknown>;
  #socket: UwsWebSocket | undefined = undefined;
  /** Inside its own `open` or `message` call. */
  #inside = false;
  #opening = false;
  #opened = false;
  readonly #replies: Reply[] = [];
  /** Messages that came while too many were in flight, or before `open` had settled. */
  #waiting: Data[] = [];
  #waitingBytes = 0;
  /** We close, once every reply due is out. */
  #leaving: Farewell | undefined = undefined;
  /** The peer's Close, or its absence, has been seen. */
  #reason: CloseReason | undefined = undefined;
  #wantsDrain = false;
  #abort: AbortController | undefined = undefined;

  constructor(
    host: SocketHost,
    id: number,
    address: string,
    request: unknown,
    hooks: Hooks,
    codec: Codec<unknown, unknown>,
  ) {
    this.#host = host;
    this.id = id;
    this.remoteAddress = address;
    this.request = request;
    this.#hooks = hooks;
    this.codec = codec;
  }

  // ---- the handler's side -------------------------------------------------------------------------------------------

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(ended(this.#reason));
    }
    return this.#abort.signal;
  }

  send(message: unknown): Sent {
    if (this.#socket === undefined || this.#leaving !== undefined) return Sent.CLOSED;
    const { handler } = this.#host;
    if (!this.#inside && this.#replies.length === 0 && !this.#opening && handler.pushes !== true) {
      throw new PushError(
        'The handler sent outside of its own message: declare `pushes: true` on it (mode blocking cannot run such a handler).',
      );
    }
    return this.#write(checked(message));
  }

  /** @throws TypeError for a status that nobody may send, or more than 123 bytes of text */
  close(status?: number, text?: string): void {
    this.#leave('handler', status, text);
  }

  subscribe(topic: string, options?: SubscribeOptions): void {
    this.#host.topics.subscribe(this, topic, options);
  }

  unsubscribe(topic: string): void {
    this.#host.topics.unsubscribe(this, topic);
  }

  publish(topic: string, message: unknown): void {
    this.#host.topics.publish(topic, message, this);
  }

  // ---- for topics ---------------------------------------------------------------------------------------------------

  get isClosed(): boolean {
    return this.#reason !== undefined;
  }

  get isBlocked(): boolean {
    return this.#socket !== undefined && this.#socket.getBufferedAmount() > 0;
  }

  /** A frame: what is in it goes, since uWebSockets.js frames by itself. */
  deliver({ bytes }: Encoded): boolean {
    if (this.#socket === undefined || this.#leaving !== undefined) return false;
    const length = bytes[1];
    const header = length <= SHORT_BYTES ? 2 : length === LENGTH_16 ? 4 : 10;
    this.#write(bytes.subarray(header), (bytes[0] & OPCODE) === Opcode.BINARY);
    return true;
  }

  // ---- the server's side --------------------------------------------------------------------------------------------

  /** The server stops. */
  stop(): void {
    this.#leave('stop');
  }

  onOpen(socket: UwsWebSocket): void {
    this.#socket = socket;
    this.#host.opened(this);
    let state: unknown;
    this.#inside = true;
    try {
      state = this.#hooks.open?.(this);
    } catch (error) {
      this.#inside = false;
      this.#openFailed(error);
      return;
    }
    this.#inside = false;
    if (!isPromise(state)) {
      this.#hasOpened(state);
      return;
    }
    this.#opening = true;
    state.then(
      (value) => {
        this.#opening = false;
        this.#hasOpened(value);
      },
      (error) => this.#openFailed(error),
    );
  }

  /** `bytes` are gone when this returns. */
  onMessage(bytes: ArrayBuffer, isBinary: boolean): void {
    if (this.#leaving !== undefined) return;
    this.#host.counters.bytesIn += bytes.byteLength;
    const isView = this.codec.givesViews === true && !this.#isFull;
    const data = isBinary
      ? Buffer.from(isView ? bytes : bytes.slice(0))
      : Buffer.from(bytes).toString('utf8');
    if (!this.#isFull) {
      this.#run(data);
      return;
    }
    // uWebSockets.js has no way to stop reading: what comes meanwhile waits here, and has a limit.
    this.#waiting.push(data);
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes > this.#host.sendLimitBytes) {
      this.#end({ code: 'send-limit', status: CloseStatus.POLICY, text: '' });
    }
  }

  onDrain(): void {
    if (!this.#wantsDrain || this.#socket!.getBufferedAmount() > 0) return;
    this.#wantsDrain = false;
    this.#call(() => this.#hooks.drain?.(this));
  }

  /** Exactly once, last. `status` is the peer's, or ours where we closed. */
  onClose(status: number, text: string): void {
    this.#socket = undefined;
    this.#waiting = [];
    this.#replies.length = 0;
    this.#reason = this.#reasonOf(status, text);
    this.#host.topics.forget(this);
    this.#host.closed(this);
    this.#abort?.abort(ended(this.#reason));
    if (this.#opened) this.#callClose();
  }

  // ---- inside -------------------------------------------------------------------------------------------------------

  get #isFull(): boolean {
    return (
      this.#opening || this.#waiting.length > 0 || this.#replies.length >= this.#host.inFlightLimit
    );
  }

  #hasOpened(state: unknown): void {
    this.state = state;
    this.#opened = true;
    if (this.#reason !== undefined) this.#callClose();
    else this.#goOn();
  }

  #openFailed(error: unknown): void {
    this.#host.handlerFailed(error, this);
    this.#end({ code: 'error', status: CloseStatus.INTERNAL_ERROR, text: '' });
  }

  #run(data: Data): void {
    this.#host.counters.messages += 1;
    let result: unknown;
    this.#inside = true;
    try {
      result = this.#hooks.message(data, this);
    } catch (error) {
      this.#inside = false;
      this.#settle({ state: ReplyState.FAILED, value: error });
      return;
    }
    this.#inside = false;
    if (!isPromise(result)) {
      this.#settle({ state: ReplyState.DONE, value: result }, data);
      return;
    }
    const reply: Reply = { state: ReplyState.PENDING, value: undefined };
    this.#replies.push(reply);
    const settle = (state: Reply['state'], value: unknown) => {
      reply.state = state;
      reply.value = lasting(this.codec, value, data);
      this.#goOn();
    };
    result.then(
      (value) => settle(ReplyState.DONE, value),
      (error) => settle(ReplyState.FAILED, error),
    );
  }

  /** A reply that is there now: out at once if none is due before it. */
  #settle(reply: Reply, data?: Data): void {
    if (this.#replies.length > 0)
      this.#replies.push({ ...reply, value: lasting(this.codec, reply.value, data) });
    else this.#sendReply(reply);
    this.#endIfDone();
  }

  /** Sends what is ready, then runs what waits. */
  #goOn(): void {
    if (this.#socket === undefined) return;
    this.#socket.cork(() => {
      for (let reply = this.#replies[0]; reply !== undefined; reply = this.#replies[0]) {
        if (reply.state === ReplyState.PENDING || this.#socket === undefined) break;
        this.#replies.shift();
        this.#sendReply(reply);
      }
    });
    while (this.#waiting.length > 0 && this.#mayRun) {
      const data = this.#waiting.shift()!;
      this.#waitingBytes -= Buffer.byteLength(data);
      this.#run(data);
    }
    this.#endIfDone();
  }

  get #mayRun(): boolean {
    return this.#leaving === undefined && this.#replies.length < this.#host.inFlightLimit;
  }

  #sendReply({ state, value }: Reply): void {
    if (this.#socket === undefined || value === undefined) {
      if (state !== ReplyState.FAILED) return;
    }
    try {
      if (state === ReplyState.FAILED) throw value;
      this.#write(checked(value));
    } catch (error) {
      this.#host.handlerFailed(error, this);
      // Whoever called ends it: `end()` within our cork() would send the Close, and never the FIN.
      this.#leaving = { code: 'error', status: CloseStatus.INTERNAL_ERROR, text: '' };
      this.#replies.length = 0;
    }
  }

  #write(message: string | Uint8Array, isBinary = typeof message !== 'string'): Sent {
    const socket = this.#socket;
    if (socket === undefined) return Sent.CLOSED;
    const { counters, compressBytes, sendLimitBytes } = this.#host;
    const length = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
    counters.bytesOut += length;
    socket.send(message, isBinary, length >= compressBytes);
    const waiting = socket.getBufferedAmount();
    if (waiting > sendLimitBytes) {
      this.#leaving = { code: 'send-limit', status: CloseStatus.ABNORMAL, text: '' };
      socket.close();
      return Sent.CLOSED;
    }
    if (waiting === 0) return Sent.OK;
    this.#wantsDrain = true;
    return Sent.WAIT;
  }

  #leave(code: CloseCode, status?: number, text?: string): void {
    // It says what may be sent; its frame is uWebSockets.js's to make.
    const frame = Buffer.from(this.codec.encodeClose!(code, status, text));
    if (this.#leaving !== undefined) return;
    this.#leaving = { code, status: frame.readUInt16BE(2), text: text ?? '' };
    this.#waiting = [];
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#leaving === undefined || this.#replies.length > 0 || this.#inside) return;
    this.#end(this.#leaving);
  }

  #end(farewell: Farewell): void {
    this.#leaving = farewell;
    this.#socket?.end(farewell.status, farewell.text);
  }

  #reasonOf(status: number, text: string): CloseReason {
    const code = this.#leaving?.code;
    if (code !== undefined) return { code, status, text };
    if (status !== CloseStatus.ABNORMAL) return { code: 'client', status, text };
    // Its text is then uWebSockets.js's own, not the peer's.
    const why = /^$|FIN|timed out/.exec(text);
    if (why?.[0] === 'timed out') return { code: 'idle', status, text: '' };
    if (why !== null) return { code: 'client', status, text: '' };
    return { code: 'protocol', error: new Error(text), status, text: '' };
  }

  #callClose(): void {
    this.#call(() => this.#hooks.close?.(this, this.#reason!));
  }

  #call(hook: () => unknown): void {
    attempt(hook, (error) => this.#host.handlerFailed(error, this));
  }
}

/** @throws TypeError */
function checked(message: unknown): string | Uint8Array {
  if (typeof message === 'string' || message instanceof Uint8Array) return message;
  throw new TypeError(
    `A WebSocket takes text (a string) or bytes (a Uint8Array), and got ${show(message)}.`,
  );
}

function ended(reason: CloseReason): Error {
  return new Error(`the connection ended: ${reason.code}`, { cause: reason.error });
}
