/**
 * One request and its response. uWebSockets.js shows no connection behind them, so each is the handler's `connection`.
 *
 *     head ─▶ (no body) ─▶ RUNNING ─▶ reply ─▶ DONE         STREAMING: the reply is pulled, or waits for the peer
 *          └▶ COLLECTING ─▶ RUNNING ─▶ STREAMING ─▶ DONE    DONE: uWebSockets.js's objects must not be touched again
 */
import { SocketAddress } from 'node:net';
import { isPromise } from '../../attempt.ts';
import { HttpError } from '../../errors.ts';
import {
  Sent,
  type Connection,
  type MessageHandler,
  type SubscribeOptions,
} from '../../handler.ts';
import type { Encoded, Subscriber, Topics } from '../../net/topics.ts';
import { hooksOf, noReply } from '../../net/conversation.ts';
import type { Codec, Protocol } from '../../protocols/protocol.ts';
import { NO_BODY } from '../../protocols/http1/request.ts';
import type { HttpResponse } from '../../protocols/http1/response.ts';
import { BodyIn, type BodyHost } from './body-in.ts';
import { BodyOut, type OutHost } from './body-out.ts';
import type { LateCork } from './cork.ts';
import { NativeRequest, type Head } from './request.ts';
import type { Replies, Rest } from './reply.ts';
import { NativeSocket, type SocketHost } from './socket.ts';
import type { UwsContext, UwsRequest, UwsResponse } from './uws.ts';

/** CR LF, and the empty line. */
const END_BYTES = 4;

const State = { COLLECTING: 0, RUNNING: 1, STREAMING: 2, DONE: 3 } as const;
type State = (typeof State)[keyof typeof State];

/** What the exchanges of a loop share. */
export interface Host extends BodyHost, OutHost {
  readonly handler: MessageHandler;
  readonly protocol: Protocol;
  readonly replies: Replies;
  readonly topics: Topics;
  /** What WebSockets share. */
  readonly sockets: SocketHost;
  readonly lateCork: LateCork;
  handlerFailed(error: unknown, exchange: Exchange): void;
  /** It outlives its callback, and `leave` follows. */
  enter(exchange: Exchange): void;
  leave(exchange: Exchange): void;
}

export class Exchange implements Connection<HttpResponse>, Subscriber {
  readonly id: number;
  state: unknown = undefined;
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
  /** The request's. */
  #bodyIn: BodyIn | undefined = undefined;
  /** The reply's, where it is long. */
  #bodyOut: BodyOut | undefined = undefined;
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
    else this.#receive(length);
    this.#request?.release();
    this.#inside = false;
    if (this.#phase === State.DONE) return;
    void this.remoteAddress; // it cannot be asked for once the client has gone
    this.#entered = true;
    this.#host.enter(this);
    this.#to.onAborted(() => this.#aborted());
  }

  #receive(length: number | undefined): void {
    this.#bodyIn = new BodyIn(this.#host, this.#to, length, {
      collected: (body) => {
        this.#phase = State.RUNNING;
        this.#run(new NativeRequest(undefined, this.#head, body, undefined));
      },
      refused: (status) => this.#refuse(status),
    });
    const { source } = this.#bodyIn;
    if (source === undefined) this.#phase = State.COLLECTING;
    else this.#run(new NativeRequest(undefined, this.#head, NO_BODY, source));
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
      source: this.#bodyIn?.source,
    };
    const closes = this.#closes || draining;
    const rest = this.#corked(() => replies.write(response, this.#to, about, this.#begun, closes));
    if (rest === undefined) {
      this.#host.counters.bytesOut += lengthOf(response);
      this.#done();
    } else {
      this.#writeBody(rest);
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
    const { head, protocol: agreed, offer } = replies.switching(response);
    const key = this.#request!.headers.get('sec-websocket-key') ?? '';
    // Not the one with compressed messages: that is uWebSockets.js's to do.
    const { server } = protocol.switches!.websocket.protocol;
    const socket = new NativeSocket(sockets, this.id, this.remoteAddress, request, hooks, server);
    this.#to.writeStatus(head);
    this.#to.upgrade({ socket }, key, agreed, offer, context);
    this.#done();
  }

  #writeBody({ body, total }: NonNullable<Rest>): void {
    this.#phase = State.STREAMING;
    this.#bodyOut = new BodyOut(this.#host, this.#to, {
      corked: (write) => this.#corked(write),
      done: () => this.#done(),
      failed: (error) => this.#host.handlerFailed(error, this),
    });
    if (body instanceof Uint8Array) {
      this.#bodyOut.send(body, total!);
    } else {
      this.#request?.keep();
      this.#bodyOut.pull(body, total);
    }
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
    this.#host.topics.forget(this);
    this.#bodyIn?.end();
    this.#bodyOut?.end();
    if (this.#entered) this.#host.leave(this);
  }

  #aborted(): void {
    this.#gone = true;
    this.#abort?.abort(clientGone());
    this.#bodyIn?.abort();
    this.#done();
  }
}

function clientGone(): Error {
  return new Error('the connection ended: client');
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
