/**
 * One request and its response. uWebSockets.js shows no connection behind them, so each is the handler's `connection`.
 *
 *     head ─▶ (no body) ─▶ RUNNING ─▶ reply ─▶ DONE         STREAMING: the reply is pulled, or waits for the peer
 *          └▶ COLLECTING ─▶ RUNNING ─▶ STREAMING ─▶ DONE    DONE: uWebSockets.js's objects must not be touched again
 */
import { SocketAddress } from 'node:net';
import { HttpError } from '../../errors.ts';
import {
  Sent,
  type Connection,
  type MessageHandler,
  type SubscribeOptions,
} from '../../handler.ts';
import { StreamPump } from '../../net/stream-pump.ts';
import type { Encoded, Subscriber, Topics } from '../../net/topics.ts';
import { hooksOf, noReply } from '../../net/conversation.ts';
import type { Counters } from '../../net/loop.ts';
import type { Wheel, WheelEntry } from '../../net/wheel.ts';
import type { Codec, Protocol } from '../../protocols/protocol.ts';
import { BodyStream, HIGH_WATER_BYTES } from '../../protocols/http1/body-stream.ts';
import { NO_BODY } from '../../protocols/http1/request.ts';
import type { Source } from '../../protocols/http1/response-stream.ts';
import type { HttpResponse } from '../../protocols/http1/response.ts';
import type { LateCork } from './cork.ts';
import { NativeRequest, type Head } from './request.ts';
import type { Replies } from './reply.ts';
import { NativeSocket, type SocketHost } from './socket.ts';
import type { UwsContext, UwsRequest, UwsResponse } from './uws.ts';

/** CR LF, and the empty line. */
const END_BYTES = 4;

const State = { COLLECTING: 0, RUNNING: 1, STREAMING: 2, DONE: 3 } as const;
type State = (typeof State)[keyof typeof State];

/** What the exchanges of a loop share. */
export interface Host {
  readonly handler: MessageHandler;
  readonly protocol: Protocol;
  readonly replies: Replies;
  readonly counters: Counters;
  readonly topics: Topics;
  /** Bodies under way. */
  readonly bodies: Set<StreamPump>;
  readonly wheel: Wheel;
  /** From a head to the end of its body; 0: for ever. */
  readonly requestTicks: number;
  readonly bodyLimitBytes: number;
  /** Handlers are called before the body has come. */
  readonly streams: boolean;
  /** The server stops: connections end behind their replies. */
  readonly draining: boolean;
  /** What WebSockets share. */
  readonly sockets: SocketHost;
  readonly lateCork: LateCork;
  handlerFailed(error: unknown, exchange: Exchange): void;
  /** It outlives its callback, and `leave` follows. */
  enter(exchange: Exchange): void;
  leave(exchange: Exchange): void;
}

export class Exchange implements Connection<HttpResponse>, WheelEntry, Subscriber {
  readonly id: number;
  state: unknown = undefined;
  stamp = 0;
  bucket = -1;
  index = -1;
  readonly #host: Host;
  readonly #to: UwsResponse;
  readonly #head: Head;
  /** It may become a WebSocket. */
  readonly #context: UwsContext | undefined;
  #phase: State = State.RUNNING;
  /** Inside a callback of uWebSockets.js, which collects what is written there. */
  #inside = true;
  #request: NativeRequest | undefined = undefined;
  #closes = false;
  /** An interim response is out. */
  #begun = false;
  #pieces: Buffer[] = [];
  #received = 0;
  #source: BodyStream | undefined = undefined;
  #readPaused = false;
  #stream: StreamPump | undefined = undefined;
  /** Takes what uWebSockets.js did not, from that offset of the whole body on. */
  #onWritable: ((offset: number) => boolean) | undefined = undefined;
  #address: string | undefined = undefined;
  #abort: AbortController | undefined = undefined;
  #gone = false;
  #entered = false;

  constructor(
    host: Host,
    id: number,
    to: UwsResponse,
    head: Head,
    context: UwsContext | undefined,
  ) {
    this.#host = host;
    this.id = id;
    this.#to = to;
    this.#head = head;
    this.#context = context;
  }

  // ---- the handler's side -------------------------------------------------------------------------------------------

  /** '' once the reply has left. */
  get remoteAddress(): string {
    if (this.#address === undefined && this.#phase === State.DONE) return '';
    this.#address ??= addressOf(this.#to.getRemoteAddress());
    return this.#address;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#gone) this.#abort.abort(clientGone());
    }
    return this.#abort.signal;
  }

  send(message: HttpResponse): Sent {
    if (this.#phase !== State.RUNNING || this.#closes) return Sent.CLOSED;
    this.#corked(() => this.#host.replies.interim(message, this.#to, this.#begun));
    this.#begun = true;
    return Sent.OK;
  }

  close(): void {
    this.#closes = true;
  }

  subscribe(topic: string, options?: SubscribeOptions): void {
    this.#host.topics.subscribe(this, topic, options);
  }

  unsubscribe(topic: string): void {
    this.#host.topics.unsubscribe(this, topic);
  }

  publish(topic: string, message: HttpResponse): void {
    this.#host.topics.publish(topic, message, this);
  }

  // ---- for topics: what is published to a request is an interim response ----------------------------------------------

  readonly isBlocked = false;

  get codec(): Codec<unknown, unknown> {
    return this.#host.protocol.server;
  }

  get isClosed(): boolean {
    return this.#phase === State.DONE;
  }

  deliver({ bytes }: Encoded): boolean {
    if (this.#phase !== State.RUNNING) return false;
    const lines = Buffer.from(bytes).toString('latin1', 0, bytes.length - END_BYTES);
    this.#corked(() => this.#host.replies.interimLines(lines, this.#to, this.#begun));
    this.#begun = true;
    return true;
  }

  // ---- uWebSockets.js's side ----------------------------------------------------------------------------------------

  /** Within the callback that brought it. */
  begin(native: UwsRequest): void {
    const { length } = this.#head;
    if (length === 0) this.#run(new NativeRequest(native, this.#head, NO_BODY, undefined));
    else if (this.#host.streams) this.#streamBody(length);
    else this.#collectBody();
    this.#request?.release();
    this.#inside = false;
    if (this.#phase === State.DONE) return;
    void this.remoteAddress; // it cannot be asked for once the client has gone
    this.#entered = true;
    this.#host.enter(this);
    this.#to.onAborted(() => this.#aborted());
  }

  // ---- the wheel's side: a body that takes too long -----------------------------------------------------------------

  timeoutTicks(): number {
    return this.#host.requestTicks;
  }

  onDue(): void {
    this.#host.wheel.remove(this);
    if (this.#phase === State.DONE) return;
    this.#source?.fail(new HttpError(408, 'The request took too long.'));
    if (this.#phase === State.COLLECTING) this.#refuse(408);
  }

  // ---- bytes in -----------------------------------------------------------------------------------------------------

  #collectBody(): void {
    this.#phase = State.COLLECTING;
    this.#to.onData((chunk, isLast) => {
      if (this.#phase !== State.COLLECTING || !this.#takes(chunk)) return;
      if (chunk.byteLength > 0) this.#pieces.push(copyOf(chunk));
      if (!isLast) return;
      this.#host.wheel.remove(this);
      const body = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#phase = State.RUNNING;
      this.#run(new NativeRequest(undefined, this.#head, body, undefined));
    });
    if (this.#host.requestTicks > 0) this.#host.wheel.add(this);
  }

  #streamBody(length: number | undefined): void {
    const source = new BodyStream(length, false, () => this.#readOn());
    this.#source = source;
    this.#to.onData((chunk, isLast) => {
      if (this.#phase === State.DONE || source.failed || !this.#takes(chunk)) return;
      if (chunk.byteLength > 0) source.push(copyOf(chunk));
      if (isLast) {
        this.#host.wheel.remove(this);
        source.end('');
      } else if (source.waitingBytes >= HIGH_WATER_BYTES && !this.#readPaused) {
        this.#readPaused = true;
        this.#to.pause();
      }
    });
    if (this.#host.requestTicks > 0) this.#host.wheel.add(this);
    this.#run(new NativeRequest(undefined, this.#head, NO_BODY, source));
  }

  /** Counts a piece of the body. False: it is too long, and refused. */
  #takes(chunk: ArrayBuffer): boolean {
    this.#received += chunk.byteLength;
    this.#host.counters.bytesIn += chunk.byteLength;
    if (this.#received <= this.#host.bodyLimitBytes) return true;
    if (this.#source === undefined) this.#refuse(413);
    else this.#source.fail(new HttpError(413, 'The body is too long.'));
    return false;
  }

  #readOn(): void {
    if (!this.#readPaused || this.#phase === State.DONE) return;
    this.#readPaused = false;
    this.#to.resume();
  }

  // ---- the message --------------------------------------------------------------------------------------------------

  #run(request: NativeRequest): void {
    const { counters, handler } = this.#host;
    counters.messages += 1;
    this.#request = request;
    let result: unknown;
    try {
      result = handler.message(request, this);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (isPromise(result)) {
      request.keep();
      result.then(
        (reply) => this.#reply(reply as HttpResponse | undefined),
        (error) => this.#fail(error),
      );
    } else {
      this.#reply(result as HttpResponse | undefined);
    }
  }

  #reply(response: HttpResponse | undefined): void {
    if (this.#phase === State.DONE) return;
    if (response === undefined) {
      if (this.#closes) this.#to.close();
      else this.#fail(noReply(this.#host.protocol));
      return;
    }
    try {
      this.#write(response);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** 500, or the status of an HttpError. The text stays here. */
  #fail(error: unknown): void {
    this.#host.handlerFailed(error, this);
    if (this.#phase === State.DONE) return;
    let status = 500;
    if (error instanceof HttpError && error.status >= 400 && error.status <= 599)
      ({ status } = error);
    this.#write({ status });
  }

  /** What is wrong with it is the client's fault: nothing more of it is read. */
  #refuse(status: number): void {
    this.#host.counters.errors += 1;
    this.#closes = true;
    this.#write({ status });
  }

  // ---- the reply ----------------------------------------------------------------------------------------------------

  #write(response: HttpResponse): void {
    if (response?.status === 101 && this.#context !== undefined) {
      const context = this.#context;
      if (this.#inside) this.#upgrade(response, context);
      else this.#upgradeLate(response, context);
      return;
    }
    const { replies, draining } = this.#host;
    const about = {
      method: this.#head.method,
      keepAlive: this.#head.keepAlive,
      source: this.#source,
    };
    const closes = this.#closes || draining;
    const rest = this.#corked(() => replies.write(response, this.#to, about, this.#begun, closes));
    if (rest === undefined) {
      this.#host.counters.bytesOut += lengthOf(response);
      this.#done();
    } else if (rest.body instanceof Uint8Array) {
      this.#sendBytes(rest.body, rest.total!);
    } else {
      this.#request?.keep();
      this.#pull(rest.body, rest.total);
    }
  }

  #upgradeLate(response: HttpResponse, context: UwsContext): void {
    const upgrade = () => {
      if (this.#phase === State.DONE) return;
      try {
        this.#upgrade(response, context);
      } catch (error) {
        this.#fail(error);
      }
    };
    this.#host.lateCork.run(upgrade).catch((error: unknown) => this.#fail(error));
  }

  /** The connection goes on as a WebSocket (RFC 6455, 4.2.2). */
  #upgrade(response: HttpResponse, context: UwsContext): void {
    const { protocol, handler, replies, sockets } = this.#host;
    const { switchTo = '', handover } = response;
    const next = protocol.switches?.[switchTo];
    if (next?.hooks === undefined) throw new TypeError(`http has no switch "${switchTo}".`);
    const request = next.revive?.(handover) ?? handover;
    const hooks = hooksOf(handler, next.hooks, request);
    if (hooks === undefined) throw new TypeError(`The handler has no ${next.hooks} for it.`);
    const { head, protocol: agreed, deflates } = replies.switching(response);
    const { headers } = this.#request!;
    const extensions = deflates ? (headers.get('sec-websocket-extensions') ?? '') : '';
    const key = headers.get('sec-websocket-key') ?? '';
    // Not the one with compressed messages: that is uWebSockets.js's to do.
    const { server } = protocol.switches!.websocket.protocol;
    const socket = new NativeSocket(sockets, this.id, this.remoteAddress, request, hooks, server);
    this.#to.writeStatus(head);
    this.#to.upgrade({ socket }, key, agreed, extensions, context);
    this.#done();
  }

  /** A long body: what the peer has not taken waits here, and not in uWebSockets.js. */
  #sendBytes(bytes: Uint8Array, total: number): void {
    this.#phase = State.STREAMING;
    this.#host.counters.bytesOut += total;
    const [, isDone] = this.#corked(() => this.#to.tryEnd(bytes, total));
    if (isDone) {
      this.#done();
      return;
    }
    this.#writable((offset) => {
      const [taken, done] = this.#to.tryEnd(bytes.subarray(offset), total);
      if (done) this.#done();
      return taken;
    });
  }

  #pull(body: Source, total: number | undefined): void {
    this.#phase = State.STREAMING;
    const stream = new StreamPump(body, {
      write: (chunk) => {
        if (this.#phase === State.DONE) return false;
        this.#host.counters.bytesOut += chunk.length;
        return total === undefined ? this.#writeChunk(chunk) : this.#writePart(chunk, total);
      },
      done: (error, failed) => {
        this.#host.bodies.delete(stream);
        this.#stream = undefined;
        if (this.#phase === State.DONE) return;
        if (failed) {
          // Its first bytes are out: nothing but the end can tell the peer that the rest is missing.
          this.#host.handlerFailed(error, this);
          this.#to.close();
        } else {
          this.#corked(() => this.#to.end());
          this.#done();
        }
      },
    });
    this.#stream = stream;
    this.#host.bodies.add(stream);
    if (this.#host.draining) stream.drain();
    this.#writable((offset) => this.#onWritable?.(offset) ?? (stream.resume(), true));
    stream.resume();
  }

  #writeChunk(chunk: Uint8Array | string): boolean {
    return this.#corked(() => this.#to.write(chunk));
  }

  /** A piece of a body whose length was announced. */
  #writePart(chunk: Uint8Array | string, total: number): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length === 0) return true;
    const from = this.#to.getWriteOffset();
    const [taken, done] = this.#corked(() => this.#to.tryEnd(bytes, total));
    if (done) this.#done();
    else if (!taken) {
      this.#onWritable = (offset) => {
        const [all, isDone] = this.#to.tryEnd(bytes.subarray(offset - from), total);
        if (isDone) this.#done();
        else if (all) {
          this.#onWritable = undefined;
          this.#stream?.resume();
        }
        return all;
      };
    }
    return taken && !done;
  }

  #writable(callback: (offset: number) => boolean): void {
    this.#to.onWritable((offset) => this.#phase === State.DONE || callback(offset));
  }

  /** What is written goes out in one write. What it throws must not pass through uWebSockets.js. */
  #corked<T>(write: () => T): T {
    if (this.#inside) return write();
    let outcome: { value: T } | { error: unknown } | undefined;
    this.#to.cork(() => {
      try {
        outcome = { value: write() };
      } catch (error) {
        outcome = { error };
      }
    });
    if (outcome !== undefined && 'value' in outcome) return outcome.value;
    throw outcome?.error;
  }

  // ---- the end ------------------------------------------------------------------------------------------------------

  #done(): void {
    if (this.#phase === State.DONE) return;
    this.#phase = State.DONE;
    if (this.bucket >= 0) this.#host.wheel.remove(this);
    this.#host.topics.forget(this);
    if (this.#source?.complete === false) this.#source.discard();
    if (this.#stream !== undefined) this.#host.bodies.delete(this.#stream);
    this.#stream?.cancel();
    this.#stream = undefined;
    if (this.#entered) this.#host.leave(this);
  }

  #aborted(): void {
    this.#gone = true;
    this.#abort?.abort(clientGone());
    this.#source?.fail(new Error('The connection ended within the body.'));
    this.#pieces = [];
    this.#done();
  }
}

function clientGone(): Error {
  return new Error('the connection ended: client');
}

/** The callback's memory is gone when it returns. */
function copyOf(chunk: ArrayBuffer): Buffer {
  return Buffer.from(chunk.slice(0));
}

function lengthOf({ body }: HttpResponse): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : 0;
}

/** '127.0.0.1', '::1'; what comes over IPv4 to an IPv6 socket as '::ffff:127.0.0.1', like Node's. */
function addressOf(binary: ArrayBuffer): string {
  const bytes = new Uint8Array(binary);
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  const words = Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16),
  );
  return new SocketAddress({ address: words.join(':'), family: 'ipv6' }).address;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Promise<unknown>).then === 'function'
  );
}
