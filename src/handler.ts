/**
 * What the user writes. A handler is a module's default export, so that any thread or process can load it by its URL;
 * it is the same in every mode.
 */
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import type { Protocol } from './protocols/protocol.ts';
import { HandlerError, PushError, TopicError } from './errors.ts';
import type { FindWebSocketHooks, WebSocketHooks } from './http/websocket.ts';

const TOPIC_LIMIT_CHARS = 1024;

/** What became of a `send()`. */
export const Sent = {
  /** Taken: go on. */
  OK: 'ok',
  /** Taken, but the peer reads too slowly: wait for `drain` before sending more. */
  WAIT: 'wait',
  /** Not taken: the connection is closed or closing. */
  CLOSED: 'closed',
} as const;
export type Sent = (typeof Sent)[keyof typeof Sent];

/** Why a connection ended. */
export type CloseCode =
  | 'client' // the peer ended it, in an orderly way
  | 'reset' // the peer or the network broke it
  | 'handler' // the handler called close()
  | 'idle' // nothing was read or written for idleTimeoutMs, or the peer does not answer pings
  | 'send-limit' // the peer did not read, and sendLimitBytes were waiting for it
  | 'protocol' // the peer broke the protocol; `error` says how
  | 'error' // the handler threw or rejected, and the protocol has no error reply
  | 'stop' // the server is stopping
  | 'executor'; // the executor of its messages died

export interface CloseReason {
  readonly code: CloseCode;
  readonly error?: unknown;
  /** Of a WebSocket: what the peer's Close said; 1005 where that was nothing, 1006 where there was none (RFC 6455, 7.1.5). */
  readonly status?: number;
  readonly text?: string;
}

export type Slow = 'close' | 'skip';

/** How a connection takes what is published to a topic. */
export interface SubscribeOptions {
  /**
   * While the peer does not read: 'close' (default) lets messages pile up, and at `sendLimitBytes` closes the
   * connection, as for `send()`; 'skip' leaves out those that come meanwhile, counted in `stats()` as dropped.
   */
  readonly slow?: Slow;
}

/** One client, as a handler sees it. In `dispatched` it stands for the real one on the reading loop. */
export interface Connection<Out = unknown, State = unknown> {
  /** Unique in its worker, counted from 1. */
  readonly id: number;
  /** The peer's IP address; '' for a Unix socket. */
  readonly remoteAddress: string;
  /** What `open` returned. Yours to change. */
  state: State;
  /** Aborts when the connection ends, whatever ended it. Made when first asked for. */
  readonly signal: AbortSignal;
  /**
   * Sends a message at once, at a message boundary, not behind pending replies. Outside of the handler's own
   * `message()` or `open()` call (and its promise) the handler must declare `pushes: true`, else this throws PushError.
   */
  send(message: Out): Sent;
  /**
   * From now on it gets what is published to `topic`, whichever loop publishes it, sent as `send()` sends: at once, at a
   * message boundary, not behind pending replies. Topics need `pushes: true`, else this throws PushError. A topic is any
   * text; it is there while somebody subscribes to it. When the connection ends it leaves its topics by itself.
   *
   * @throws TopicError past `limits.subscriptions`, and for a topic that is empty or longer than 1024 characters
   */
  subscribe(topic: string, options?: SubscribeOptions): void;
  unsubscribe(topic: string): void;
  /**
   * Sends a message to every subscriber of `topic` but itself, in all loops of the server; also after the end, in
   * `close`. What one publisher publishes to a topic arrives at each subscriber in that order, at most once: a worker
   * that is too slow (`limits.busLimitBytes`) or dies loses messages. To cross, a message must survive structured clone;
   * bytes may be sent by reference, so do not change them afterwards. What the protocol cannot encode reaches nobody,
   * and is counted and reported as an error in the loops that tried.
   */
  publish(topic: string, message: unknown): void;
  /**
   * Closes in an orderly way: nothing more is read, replies due are sent, then the end. `status` and `text` are for
   * protocols that have a goodbye: WebSocket's Close.
   */
  close(status?: number, text?: string): void;
}

/** A loop's own ear for a topic (StartContext.follow). */
export interface Follower {
  /**
   * Called once, first: messages are numbered from `after` + 1 on. A number means something only within its epoch, which
   * is another one each time that a server starts.
   */
  begin(epoch: string, after: number): void;
  /** Numbers rise by one; where some are left out, those messages are lost to this loop. */
  message(message: unknown, number: number): void;
}

/** How much of a topic is kept for loops that begin to follow it later (a worker that replaces another), or fell behind. */
export interface Keep {
  /** Messages. Default 100. */
  readonly history?: number;
  /** Bytes of them; the last one is kept whatever its size. Default 1 MiB. */
  readonly historyLimitBytes?: number;
}

export interface StartContext<Data = unknown> {
  /** `serve({ data })`, as structured clone gives it. */
  readonly data: Data;
  /** Counted from 1; 0 where the main loop itself runs handlers. Kept by a worker that replaces a dead one. */
  readonly workerId: number;
  /** As `connection.publish`, to every subscriber: for timers and outside sources. Needs `pushes: true`, too. */
  readonly publish: (topic: string, message: unknown) => void;
  /**
   * From now on this loop gets what is published to `topic`, whoever publishes it, itself included: numbered by the main
   * loop, so in one order for all loops of the server, each message at most once. It begins with what is kept; the promise
   * settles behind that, with a function that ends it. A loop that falls behind by `limits.busLimitBytes` gets what it has
   * missed later, as far as it is kept. Needs `pushes: true`.
   *
   * @throws PushError; TopicError past `limits.subscriptions` of the loop, for what is followed already, and for a topic
   * that is none
   */
  readonly follow: (topic: string, follower: Follower, keep?: Keep) => Promise<() => void>;
}

type Awaitable<T> = T | Promise<T>;

/**
 * Takes messages. Runs in every mode. Any of it may be async; nobody waits for the promises of `drain`, `close` and `error`,
 * and one that rejects is an error as if they had thrown.
 */
export interface MessageHandler<In = any, Out = any, State = any, Data = any> {
  /** How bytes become messages. Without it `serve({ protocol })` decides, else `bytes()`. */
  readonly protocol?: Protocol<In, Out>;
  /** Once per loop, before the first connection: pools, timers and outside sources live here. */
  start?(context: StartContext<Data>): Awaitable<void>;
  /** Once per loop, after the last connection. */
  stop?(): Awaitable<void>;
  /** A client came. Returns the connection's state. Nothing is read until a promise it returns settles. */
  open?(connection: Connection<Out, State>): Awaitable<State>;
  /**
   * A message came. Returns the reply, a promise of it, or undefined for none (null is a value; with http, where every
   * request has its response, none is an error and is answered 500). Messages of one connection start in the order in
   * which they came, and replies leave in that order, whatever finishes first.
   * If it throws or rejects, the protocol's error reply is sent if there is one, else the connection is closed.
   */
  message(input: In, connection: Connection<Out, State>): Awaitable<Out | undefined | void>;
  /** After `send()` returned WAIT: the peer has taken what was waiting. */
  drain?(connection: Connection<Out, State>): void;
  /** The connection has ended. Called once for each `open`. */
  close?(connection: Connection<Out, State>, reason: CloseReason): void;
  /** `open`, `message`, `drain` or `close` threw or rejected, for the handler's own log. */
  error?(error: unknown, connection: Connection<Out, State>): void;
  /** Takes WebSockets, where the protocol is `http`: hooks, or a function that gives those for a request, or none. */
  readonly websocket?: WebSocketHooks | FindWebSocketHooks;
  /** In `dispatched`, one connection's messages may run on any executor. Such a handler has no `open`, `drain` or `close`. */
  readonly stateless?: boolean;
  /** It sends outside of its own message, or uses topics. `blocking` refuses it. */
  readonly pushes?: boolean;
  /** How many messages of one connection may be in flight. Default: `limits.inFlight`. 1: one after the other. */
  readonly concurrency?: number;
}

/** Takes the socket itself: puts an existing server behind a mode that reads in a loop. */
export interface SocketHandler<Data = any> {
  start?(context: StartContext<Data>): Awaitable<void>;
  /** Ends what is idle and finishes what is in flight; `stop` follows when every socket is closed. */
  drain?(): void;
  stop?(): Awaitable<void>;
  /** A plain net.Socket that nobody has read from. It is the handler's: also its errors. */
  socket(socket: Socket): void;
}

export type Handler = MessageHandler | SocketHandler;

export function isSocketHandler(handler: Handler): handler is SocketHandler {
  return 'socket' in handler;
}

/**
 * Checks a handler and gives it back with every type inferred: the messages' from `protocol`, the connection's state
 * from `open`.
 *
 * @example
 * export default defineHandler({
 *   protocol: line(),
 *   open: () => ({ count: 0 }),
 *   message: (text, { state }) => `${(state.count += 1)} ${text}`,
 * });
 *
 * @throws HandlerError that names the member that is missing or of the wrong type.
 */
export function defineHandler<In, Out, State = undefined, Data = any>(
  handler: MessageHandler<In, Out, State, Data>,
): MessageHandler<In, Out, State, Data>;
export function defineHandler<Data = any>(handler: SocketHandler<Data>): SocketHandler<Data>;
export function defineHandler(handler: Handler): Handler {
  checkHandler(handler, 'The handler');
  return handler;
}

const FUNCTIONS = [
  'start',
  'stop',
  'open',
  'message',
  'drain',
  'close',
  'error',
  'socket',
] as const;

/** Throws a HandlerError unless `value` is a handler. `what` begins the sentence. */
export function checkHandler(value: unknown, what: string): asserts value is Handler {
  if (typeof value !== 'object' || value === null) {
    throw new HandlerError(
      `${what} is ${describe(value)}, not an object with message() or socket().`,
    );
  }
  const handler = value as Record<string, unknown>;
  for (const name of FUNCTIONS) {
    if (handler[name] !== undefined && typeof handler[name] !== 'function') {
      throw new HandlerError(
        `${what} has ${name} as ${describe(handler[name])}; it must be a function.`,
      );
    }
  }
  if ((handler.message === undefined) === (handler.socket === undefined)) {
    throw new HandlerError(
      `${what} must have either message() or socket(), and has ${handler.message ? 'both' : 'neither'}.`,
    );
  }
  for (const name of ['stateless', 'pushes'] as const) {
    if (handler[name] !== undefined && typeof handler[name] !== 'boolean') {
      throw new HandlerError(
        `${what} has ${name} as ${describe(handler[name])}; it must be true or false.`,
      );
    }
  }
  const { concurrency, protocol } = handler;
  if (
    concurrency !== undefined &&
    !(Number.isSafeInteger(concurrency) && (concurrency as number) > 0)
  ) {
    throw new HandlerError(
      `${what} has concurrency ${describe(concurrency)}; it must be a whole number from 1 on.`,
    );
  }
  if (protocol !== undefined && typeof (protocol as Protocol)?.server?.decoder !== 'function') {
    throw new HandlerError(
      `${what} has a protocol that is ${describe(protocol)}, not a Protocol such as line().`,
    );
  }
  if (handler.stateless === true) {
    for (const name of ['open', 'drain', 'close'] as const) {
      if (handler[name] !== undefined) {
        throw new HandlerError(
          `${what} is stateless, so its messages may run where ${name}() did not: remove ${name}() or stateless.`,
        );
      }
    }
  }
}

/** @throws PushError, TopicError */
export function checkTopic(handler: MessageHandler, topic: string): void {
  if (handler.pushes !== true) {
    throw new PushError(
      'The handler uses topics: declare `pushes: true` on it (mode blocking cannot run such a handler).',
    );
  }
  checkTopicName(topic);
}

/** @throws TopicError */
export function checkTopicName(topic: string): void {
  if (typeof topic !== 'string') throw notATopic(`of type ${typeof topic}`);
  if (topic === '' || topic.length > TOPIC_LIMIT_CHARS) throw notATopic(`${topic.length} long`);
  if (!topic.isWellFormed()) throw notATopic('one with a lone surrogate');
}

function notATopic(given: string): TopicError {
  return new TopicError(
    `A topic is a well-formed text of 1 to ${TOPIC_LIMIT_CHARS} characters, and the one given is ${given}.`,
  );
}

/** @throws TopicError */
export function checkSubscriptions(own: ReadonlySet<string>, limit: number): void {
  if (own.size < limit) return;
  throw new TopicError(
    `The connection is subscribed to ${own.size} topics, and limits.subscriptions is ${limit}: unsubscribe from one, or raise it.`,
  );
}

/** @throws TopicError */
export function readKeep(keep: Keep): Required<Keep> {
  const { history = 100, historyLimitBytes = 1024 * 1024 } = keep;
  for (const [name, value] of Object.entries({ history, historyLimitBytes })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new TopicError(`${name} is ${describe(value)}; it must be a whole number from 0 on.`);
  }
  return { history, historyLimitBytes };
}

/** @throws TopicError */
export function readSlow(options: SubscribeOptions | undefined): Slow {
  const slow = options?.slow ?? 'close';
  if (slow === 'close' || slow === 'skip') return slow;
  throw new TopicError(`slow is "${String(slow)}"; it must be 'close' or 'skip'.`);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : inspect(value);
}
