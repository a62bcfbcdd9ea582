/**
 * One event loop's connections: what they share, how many they may be, and how they end.
 */
import type { Socket } from 'node:net';
import { handlerErrors } from '../channels.ts';
import {
  isSocketHandler,
  type Handler,
  type MessageHandler,
  type SocketHandler,
} from '../handler.ts';
import type { Limits } from '../options.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { Writer } from '../protocols/writer.ts';
import { attempt } from '../attempt.ts';
import { systemClock, type Clock } from './clock.ts';
import { LoneBus, type Bus } from './bus.ts';
import { Conversation } from './conversation.ts';
import { IDLE_LOOK_MS } from './lifetime.ts';
import { socketFrom, takeHandle, type Handle } from './handles.ts';
import type { Replies } from './replies.ts';
import { fastWire, plainWire } from './socket-wire.ts';
import { Topics } from './topics.ts';
import { Wheel } from './wheel.ts';
import type { Wire } from './wire.ts';

const READ_BUFFER_BYTES = 64 * 1024;
const LINGER_MS = 5000;
/** Deadlines are met within this, or a sixteenth of the shortest. */
const TICK_MS = 500;

/** Counted since the loop started; `open` is now. */
export interface Counters {
  accepted: number;
  open: number;
  /** Closed on arrival: the connection limit was reached. */
  refused: number;
  messages: number;
  /** Handlers that threw or rejected, and peers that broke the protocol. */
  errors: number;
  bytesIn: number;
  bytesOut: number;
  /** Parts of the worker that died and were replaced: threads in `blocking`. */
  restarts: number;
  /** Topics with a subscriber here, and how many subscribers they have; both are now. */
  topics: number;
  subscriptions: number;
  /** Messages that handlers published here, and how often messages reached a subscriber here. */
  published: number;
  delivered: number;
  /** Published messages that a slow subscriber (`slow: 'skip'`) or, past `busLimitBytes`, a slow loop did not get. */
  dropped: number;
}

export const NOTHING_COUNTED: Counters = Object.freeze({
  accepted: 0,
  open: 0,
  refused: 0,
  messages: 0,
  errors: 0,
  bytesIn: 0,
  bytesOut: 0,
  restarts: 0,
  topics: 0,
  subscriptions: 0,
  published: 0,
  delivered: 0,
  dropped: 0,
});

export interface LoopOptions {
  readonly handler: Handler;
  readonly protocol: Protocol;
  readonly limits: Limits;
  readonly nagle: boolean;
  /** Its timers run. Default true; where reads block they do not. */
  readonly timed?: boolean;
  /** Shared read buffer, or 'data' events. */
  readonly fast: boolean;
  readonly clock?: Clock;
  /** The way to the other loops. Default: there are none. */
  readonly bus?: Bus;
  /** Makes the conversations of a mode that executes elsewhere. */
  readonly conversation?: (loop: Loop, id: number) => Conversation;
  /** Called for every connection that ended. */
  readonly onClosed?: () => void;
}

export class Loop {
  readonly handler: MessageHandler;
  readonly protocol: Protocol;
  readonly limits: Limits;
  readonly wheel: Wheel;
  readonly idleTicks: number;
  readonly lingerTicks: number;
  readonly inFlightLimit: number;
  readonly timed: boolean;
  readonly topics: Topics;
  readonly counters: Counters = { ...NOTHING_COUNTED };
  /** Collects what the read under way produces. */
  readonly writer = new Writer();
  /** For everything else; never holds anything between two calls. */
  readonly lateWriter = new Writer();
  /** Whose bytes are being decoded. */
  reading: Replies | undefined = undefined;

  #options: LoopOptions;
  #clock: Clock;
  #buffer: Buffer | undefined = undefined;
  #conversations = new Set<Conversation>();
  #sockets = new Set<Socket>();
  #dirty: Replies[] = [];
  #ids = 0;
  #draining = false;
  /** Ends the looks at idle connections. */
  #stopLooks: (() => void) | undefined = undefined;
  #onEmpty: (() => void) | undefined = undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.handler = options.handler as MessageHandler;
    this.protocol = options.protocol;
    this.limits = options.limits;
    this.topics = new Topics(this, options.bus ?? new LoneBus());
    this.timed = options.timed ?? true;
    this.inFlightLimit = Math.min(this.handler.concurrency ?? Infinity, this.limits.inFlight);
    const idleMs = this.limits.idleTimeoutMs;
    this.wheel = new Wheel(
      this.#clock,
      idleMs === 0 ? TICK_MS : Math.max(10, Math.min(TICK_MS, Math.ceil(idleMs / 16))),
    );
    this.idleTicks = this.wheel.ticks(idleMs);
    this.lingerTicks = this.wheel.ticks(LINGER_MS);
  }

  /** Takes an accepted handle into service, or closes it where the limit is reached. */
  adoptHandle(handle: Handle): void {
    if (!this.#admit()) {
      handle.close();
      this.#options.onClosed?.();
      return;
    }
    if (!this.#options.nagle) handle.setNoDelay?.(true);
    if (isSocketHandler(this.#options.handler)) {
      this.#serveSocket(
        this.#options.handler,
        socketFrom(handle, {}), // read from at once, as net.Server does it
      );
    } else if (this.#options.fast) {
      this.#buffer ??= Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
      const conversation = this.#conversation();
      conversation.attach(fastWire(handle, this.#buffer, conversation));
    } else {
      this.#servePlain(socketFrom(handle, { allowHalfOpen: true, pauseOnCreate: true }));
    }
  }

  /** The same for a paused socket that nobody has read from. */
  adoptSocket(socket: Socket): void {
    if (this.#options.fast && !isSocketHandler(this.#options.handler))
      return this.adoptHandle(takeHandle(socket));
    if (!this.#admit()) {
      socket.destroy();
      this.#options.onClosed?.();
      return;
    }
    if (!this.#options.nagle) socket.setNoDelay(true);
    const { handler } = this.#options;
    socket.allowHalfOpen = !isSocketHandler(handler); // lost on the way to another process
    if (!isSocketHandler(handler)) return this.#servePlain(socket);
    unpause(socket);
    this.#serveSocket(handler, socket);
  }

  /** Serves a wire that is not a socket: a blocking descriptor, memory. Undefined: the limit is reached. */
  adoptWire(make: (conversation: Conversation) => Wire): Conversation | undefined {
    if (!this.#admit()) return undefined;
    const conversation = this.#conversation();
    conversation.attach(make(conversation));
    return conversation;
  }

  get isFull(): boolean {
    return this.counters.open >= this.limits.connections;
  }

  stats(): Counters {
    let bytesOut = this.counters.bytesOut;
    for (const conversation of this.#conversations) bytesOut += conversation.bytesWritten;
    let { bytesIn } = this.counters;
    for (const socket of this.#sockets) {
      bytesIn += socket.bytesRead;
      bytesOut += socket.bytesWritten;
    }
    const dropped = this.counters.dropped + this.topics.bus.dropped;
    return { ...this.counters, bytesIn, bytesOut, dropped };
  }

  /** Answers what was received, ends every connection, and resolves when the last one is gone. */
  drain(): Promise<void> {
    this.#draining = true;
    for (const conversation of this.#conversations) conversation.drain();
    this.#stopLooks ??= this.#clock.every(IDLE_LOOK_MS, this.#look);
    const { handler } = this.#options;
    if (isSocketHandler(handler)) attempt(() => handler.drain?.(), this.#socketHandlerFailed);
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#checkEmpty();
    });
  }

  /** Ends every connection at once. Returns how many had messages in flight. */
  destroy(): void {
    for (const conversation of this.#conversations) conversation.abort('stop');
    for (const socket of this.#sockets) socket.destroy();
  }

  // ---- for conversations --------------------------------------------------------------------------------------------

  add(conversation: Conversation): void {
    this.#conversations.add(conversation);
    this.wheel.add(conversation);
    if (this.#draining) conversation.drain();
  }

  remove(conversation: Conversation): void {
    if (!this.#conversations.delete(conversation)) return;
    this.topics.forget(conversation);
    this.wheel.remove(conversation);
    this.counters.bytesOut += conversation.bytesWritten;
    this.#left();
  }

  markDirty(conversation: Replies): void {
    if (this.#dirty.push(conversation) === 1) this.#clock.soon(this.#flushDirty);
  }

  handlerFailed(error: unknown, connection: Conversation): void {
    this.counters.errors += 1;
    handlerErrors.publish({ error, connection });
    attempt(
      () => this.handler.error?.(error, connection),
      (second) => {
        this.counters.errors += 1;
        handlerErrors.publish({ error: second, connection });
      },
    );
  }

  // ---- inside -------------------------------------------------------------------------------------------------------

  #flushDirty = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const conversation of dirty) conversation.flushDirty();
  };

  #look = (): void => {
    for (const conversation of this.#conversations) conversation.endIfIdle();
  };

  #admit(): boolean {
    if (this.isFull) {
      this.counters.refused += 1;
      return false;
    }
    this.counters.accepted += 1;
    this.counters.open += 1;
    return true;
  }

  #conversation(): Conversation {
    this.#ids += 1;
    return this.#options.conversation?.(this, this.#ids) ?? new Conversation(this, this.#ids);
  }

  #servePlain(socket: Socket): void {
    const conversation = this.#conversation();
    conversation.attach(plainWire(socket, conversation));
  }

  #serveSocket(handler: SocketHandler, socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.counters.bytesIn += socket.bytesRead;
      this.counters.bytesOut += socket.bytesWritten;
      this.#left();
    });
    // An 'error' without a listener would end the worker: the handler's own listeners come in front of this one.
    socket.on('error', () => {});
    attempt(
      () => handler.socket(socket),
      (error) => {
        this.#socketHandlerFailed(error);
        socket.destroy();
      },
    );
  }

  #socketHandlerFailed = (error: unknown): void => {
    this.counters.errors += 1;
    handlerErrors.publish({ error, connection: undefined });
  };

  #left(): void {
    this.counters.open -= 1;
    this.#options.onClosed?.();
    this.#checkEmpty();
  }

  #checkEmpty(): void {
    if (this.counters.open > 0 || this.#onEmpty === undefined) return;
    this.#stopLooks?.();
    this.#stopLooks = undefined;
    this.#onEmpty();
  }
}

/** Undoes pause(): data wait for a listener, as in a socket that net.Server has just made. */
function unpause(socket: Socket): void {
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
  socket.read(0);
}
