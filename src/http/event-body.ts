/**
 * The body of an event stream: what is sent waits here until the connection asks for it, and no longer than the policy
 * for slow readers allows.
 *
 *     send() ──▶ queue (at most queueLimitBytes) ──next()──▶ the connection, while the peer reads
 */
import { Buffer } from 'node:buffer';
import { handlerErrors } from '../channels.ts';
import { Sent } from '../handler.ts';
import { attempt, isPromise } from '../attempt.ts';
import { encodeComment, encodeEvent, type ServerEvent } from '../protocols/sse/encode.ts';
import { addHeartbeat, type Beating } from './heartbeat.ts';

/** What is done when `queueLimitBytes` wait for a client that does not read. */
export const SLOW_POLICIES = ['close', 'drop-oldest', 'drop-newest'] as const;
export type SlowPolicy = (typeof SLOW_POLICIES)[number];

/** Why a stream ended: the client went, it was too slow, the handler (or the stop of the server) ended it. */
export type StreamEnd = 'client' | 'slow' | 'server';

/** One client's stream, as a handler sees it. */
export interface EventStream {
  /** What the client had when it lost an earlier stream; '' for a new one. */
  readonly lastEventId: string;
  /** Aborts when the stream ends, whatever ended it. */
  readonly signal: AbortSignal;
  /** Undefined while it is open. */
  readonly ended: StreamEnd | undefined;
  /** Bytes that wait for the client to read. */
  readonly waitingBytes: number;
  /** Events that a drop policy has left out. */
  readonly dropped: number;
  /**
   * Sends an event: 'ok'; 'wait' where more than half of `queueLimitBytes` waits for the client (see `drained()`), or
   * where a drop policy had to drop; 'closed' where the stream has ended.
   *
   * @throws TypeError that names what cannot be sent
   */
  send(event: ServerEvent): Sent;
  /** A comment, which clients ignore. */
  comment(text: string): Sent;
  /** Resolves when nothing waits any more, or the stream has ended. */
  drained(): Promise<void>;
  /** Ends the stream behind what was sent. The client will reconnect, unless it is answered 204 then. */
  close(): void;
}

/** What is to be called when the stream ends, if anything. */
export type Begun = void | (() => void);

/** Encoded once, however many streams it goes to. */
export interface Encoded {
  readonly text: string;
  readonly bytes: number;
}

export function encoded(text: string): Encoded {
  return { text, bytes: Buffer.byteLength(text) };
}

type Piece = IteratorResult<string, undefined>;
const DONE: Piece = { done: true, value: undefined };
const BEAT = ':\n';

export interface BodyOptions {
  readonly heartbeatMs: number;
  readonly queueLimitBytes: number;
  readonly slow: SlowPolicy;
}

export class EventBody implements EventStream, Beating, AsyncIterable<string> {
  readonly lastEventId: string;
  ended: StreamEnd | undefined = undefined;
  waitingBytes = 0;
  dropped = 0;

  readonly #options: BodyOptions;
  #queue: Encoded[] = [];
  #reader: PromiseWithResolvers<Piece> | undefined = undefined;
  /** Called once, when it ends. */
  #stop: Begun = undefined;
  /** What broke it off, told behind what was sent before. */
  #failure: { readonly error: unknown } | undefined = undefined;
  #late = (error: unknown): void => handlerErrors.publish({ error, connection: undefined });
  #drained: PromiseWithResolvers<void> | undefined = undefined;
  #abort: AbortController | undefined = undefined;
  #stopHeart: (() => void) | undefined = undefined;
  /** Something was sent since the last beat. */
  #busy = true;

  constructor(lastEventId: string, options: BodyOptions) {
    this.lastEventId = lastEventId;
    this.#options = options;
    if (options.heartbeatMs > 0) this.#stopHeart = addHeartbeat(this, options.heartbeatMs);
  }

  // ---- the handler's side -------------------------------------------------------------------------------------------

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.ended !== undefined) this.#abort.abort(abortReason(this.ended));
    }
    return this.#abort.signal;
  }

  send(event: ServerEvent): Sent {
    return this.push(encoded(encodeEvent(event)));
  }

  comment(text: string): Sent {
    return this.push(encoded(encodeComment(text)));
  }

  drained(): Promise<void> {
    if (this.waitingBytes === 0 || this.ended !== undefined) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  close(): void {
    this.#end('server');
  }

  /** The server stops: the client is to come back, to another one. */
  drain(): void {
    this.#end('server');
  }

  // ---- what feeds it ------------------------------------------------------------------------------------------------

  /** Takes what `start` has returned. */
  begin(begun: Begun | Promise<Begun>): void {
    if (!isPromise(begun)) this.#begun(begun);
    else begun.then((stop) => this.#begun(stop), this.#fail);
  }

  onLate(failed: (error: unknown) => void): void {
    this.#late = failed;
  }

  #begun(stop: Begun): void {
    this.#stop = stop;
    if (this.ended !== undefined) this.#callStop();
  }

  #callStop(): void {
    const stop = this.#stop;
    this.#stop = undefined;
    if (typeof stop === 'function') attempt(stop, this.#fail);
  }

  #fail = (error: unknown): void => {
    if (this.ended === undefined) {
      this.#failure = { error };
      this.#end('server');
    } else if (!this.#saysThatItEnded(error)) {
      this.#late(error);
    }
  };

  /** Whoever waits with `signal` learns of the end by an error: that one, or one that it caused. */
  #saysThatItEnded(error: unknown): boolean {
    const reason: unknown = this.#abort?.signal.reason;
    return reason !== undefined && (error === reason || (error as Error)?.cause === reason);
  }

  // ---- what sends ---------------------------------------------------------------------------------------------------

  push(event: Encoded): Sent {
    if (this.ended !== undefined) return Sent.CLOSED;
    this.#busy = true;
    if (this.#reader !== undefined) {
      this.#give({ done: false, value: event.text });
      return Sent.OK;
    }
    const { queueLimitBytes, slow } = this.#options;
    if (this.#queue.length > 0 && this.waitingBytes + event.bytes > queueLimitBytes) {
      if (slow === 'close') {
        this.#forget();
        this.#end('slow');
        return Sent.CLOSED;
      }
      if (slow === 'drop-newest') {
        this.dropped += 1;
        return Sent.WAIT;
      }
      this.#dropOldest(queueLimitBytes - event.bytes);
      this.add(event);
      return Sent.WAIT;
    }
    this.add(event);
    return this.waitingBytes > queueLimitBytes / 2 ? Sent.WAIT : Sent.OK;
  }

  /** Adds what has a bound of its own, such as a history. */
  add(event: Encoded): void {
    this.#queue.push(event);
    this.waitingBytes += event.bytes;
  }

  /** A client that has had nothing for a while gets a comment: whoever stands between keeps the connection open. */
  beat(): void {
    if (!this.#busy && this.#reader !== undefined) this.#give({ done: false, value: BEAT });
    this.#busy = false;
  }

  #dropOldest(limitBytes: number): void {
    let count = 0;
    while (count < this.#queue.length && this.waitingBytes > limitBytes) {
      this.waitingBytes -= this.#queue[count].bytes;
      count += 1;
    }
    this.#queue.splice(0, count);
    this.dropped += count;
  }

  // ---- the connection's side ----------------------------------------------------------------------------------------

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Piece> {
    if (this.#queue.length > 0) {
      const value = this.#queue.map(({ text }) => text).join('');
      this.#forget();
      return Promise.resolve({ done: false, value });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.ended !== undefined) return Promise.resolve(DONE);
    this.#reader = Promise.withResolvers<Piece>();
    return this.#reader.promise;
  }

  /** The client has gone. */
  return(): Promise<Piece> {
    this.#forget();
    this.#end('client');
    return Promise.resolve(DONE);
  }

  #give(piece: Piece): void {
    const reader = this.#reader!;
    this.#reader = undefined;
    reader.resolve(piece);
  }

  #forget(): void {
    this.#queue = [];
    this.waitingBytes = 0;
    this.#settleDrained();
  }

  #settleDrained(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  #end(why: StreamEnd): void {
    if (this.ended !== undefined) return;
    this.ended = why;
    this.#stopHeart?.();
    this.#settleDrained();
    if (this.#failure !== undefined) this.#reader?.reject(this.#failure.error);
    else if (this.#reader !== undefined) this.#give(DONE);
    this.#abort?.abort(abortReason(why));
    this.#callStop();
  }
}

const REASONS: Readonly<Record<StreamEnd, string>> = {
  client: 'the client went',
  slow: 'the client did not read what was sent',
  server: 'the server ended it',
};

function abortReason(why: StreamEnd): Error {
  return new Error(`The event stream has ended: ${REASONS[why]}.`);
}
