/**
 * A harness for tests of your own: a handler runs in memory against bytes, without a socket, a port or a real clock, and
 * through the same code that serves it in production. What each `write()` gives is one read of the server.
 */
import { handlerErrors } from './channels.ts';
import { HandlerError } from './errors.ts';
import {
  checkHandler,
  checkTopicName,
  isSocketHandler,
  type CloseReason,
  type MessageHandler,
} from './handler.ts';
import type { Conversation } from './net/conversation.ts';
import { Loop, type Counters } from './net/loop.ts';
import { ManualClock } from './net/manual-clock.ts';
import { MemoryWire } from './net/memory-wire.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, readOptions, type OptionsInput } from './options.ts';
import { makeProtocol, type ProtocolName } from './protocols/index.ts';
import type { Protocol } from './protocols/protocol.ts';
import { equipped, topicsOf } from './workers/load.ts';

export interface HarnessOptions {
  /** For a handler that brings none. Default `bytes()`. */
  readonly protocol?: Protocol | ProtocolName;
  /** As in `serve({ limits })`, with the same defaults. */
  readonly limits?: OptionsInput['limits'];
  /** What the handler's `start()` gets. */
  readonly data?: unknown;
}

/**
 * Starts a handler in memory.
 *
 * @example
 * const server = await harness(handler, { protocol: 'line' });
 * const client = server.connect();
 * client.write('hel');
 * client.write('lo\n');
 * await client.settled();
 * t.equal(client.text, 'hello\n');
 * client.end();
 * await client.settled();
 * t.strictSame(client.closed, { code: 'client' });
 * await server.stop();
 *
 * @throws OptionError, HandlerError, and what the handler's `start()` throws
 */
export async function harness(
  handler: MessageHandler,
  options: HarnessOptions = {},
): Promise<Harness> {
  checkHandler(handler, 'The handler');
  if (isSocketHandler(handler)) {
    throw new HandlerError('The harness has no sockets: serve a socket handler in mode single.');
  }
  const { limits } = readOptions({ limits: options.limits ?? {} });
  const clock = new ManualClock();
  const protocol = choose(handler.protocol, options.protocol);
  const loop = new Loop({
    handler: equipped(handler, protocol),
    protocol,
    limits: { ...limits, idleTimeoutMs: limits.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS },
    nagle: false,
    fast: false,
    clock,
  });
  await handler.start?.({ data: options.data, workerId: 0, ...topicsOf(loop.topics) });
  return new Harness(loop, clock);
}

function choose(own: Protocol | undefined, given: HarnessOptions['protocol']): Protocol {
  if (given === undefined) return own ?? makeProtocol('bytes');
  const asked = typeof given === 'string' ? makeProtocol(given) : given;
  if (own === undefined) return asked;
  throw new HandlerError(
    `protocol "${asked.name}" was given, but the handler brings its own, ${own.name}; leave it out.`,
  );
}

/** A server in memory. */
export class Harness {
  /** Deadlines (idle timeouts) pass when it is advanced, and never by themselves. */
  readonly clock: ManualClock;
  /** What the handler threw or rejected with, oldest first. */
  readonly errors: unknown[] = [];
  #loop: Loop;
  #clients: TestClient[] = [];

  constructor(loop: Loop, clock: ManualClock) {
    this.#loop = loop;
    this.clock = clock;
    handlerErrors.subscribe(this.#onError);
  }

  /** A new client. Where `limits.connections` is reached it is refused: `ended` at once, and never `closed`. */
  connect(options: { remoteAddress?: string } = {}): TestClient {
    const client = new TestClient(this.#loop, options.remoteAddress ?? '127.0.0.1');
    this.#clients.push(client);
    return client;
  }

  /** As `server.publish()`. */
  publish(topic: string, message: unknown): void {
    checkTopicName(topic);
    this.#loop.topics.broadcast(topic, message);
  }

  stats(): Counters {
    return this.#loop.stats();
  }

  /** Resolves when every client has settled. */
  async settled(): Promise<void> {
    for (const client of this.#clients) await client.settled();
  }

  /** Stops as a server does: answers what was received, ends every connection, calls `stop()`. */
  async stop(): Promise<void> {
    const drained = this.#loop.drain();
    for (const client of this.#clients) client.end();
    await drained;
    await this.#loop.handler.stop?.();
    handlerErrors.unsubscribe(this.#onError);
  }

  #onError = (message: unknown): void => {
    const { error, connection } = message as { error: unknown; connection: Conversation };
    if (this.#clients.some((client) => client.connection === connection)) this.errors.push(error);
  };
}

/** The other end of one connection. */
export class TestClient {
  /** What the handler gets; undefined if the client was refused. */
  readonly connection: Conversation | undefined;
  #wire: MemoryWire;
  #taken = 0;

  constructor(loop: Loop, remoteAddress: string) {
    const wire = new MemoryWire(remoteAddress);
    this.#wire = wire;
    this.connection = loop.adoptWire((conversation) => wire.connect(conversation));
    if (this.connection === undefined) wire.destroy();
  }

  /** Everything that came from the server. */
  get received(): Buffer {
    return this.#wire.received;
  }

  /** The same as text. */
  get text(): string {
    return this.received.toString('utf8');
  }

  /** Text that came since the last call. */
  take(): string {
    const text = this.received.toString('utf8', this.#taken);
    this.#taken = this.received.length;
    return text;
  }

  /** The server has ended its side, or the whole connection. */
  get ended(): boolean {
    return this.#wire.ended;
  }

  /** Why the connection ended, once both sides have. */
  get closed(): CloseReason | undefined {
    return this.#wire.over ? this.connection?.reason : undefined;
  }

  /** Bytes that wait for `resume()`. */
  get waitingBytes(): number {
    return this.#wire.waitingBytes;
  }

  /** One read of the server (of 64 KiB at most: longer is several). */
  write(bytes: Uint8Array | string): void {
    this.#wire.send(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  /** Half-closes: the server reads what was written, then the end. */
  end(): void {
    this.#wire.sendEnd();
  }

  /** Breaks the connection. */
  reset(): void {
    this.#wire.break(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  /** Reads no more: what the server sends waits, and its back-pressure sets in. */
  pause(): void {
    this.#wire.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#wire.flow();
  }

  /**
   * Resolves when every message that the server has read is answered, or cannot be before this client reads on. A
   * handler that waits for the test itself never settles: `turn()` then.
   */
  async settled(): Promise<void> {
    do await this.turn();
    while (this.#wire.isMoving || (this.connection?.isBusy === true && !this.#wire.blocked));
  }

  /** Lets the event loop go round, so that what is ready to happen happens. */
  async turn(): Promise<void> {
    for (let i = 0; i < TURNS; i += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
}

/** A reply takes one for its promise and one for its bytes. */
const TURNS = 3;

export { ManualClock } from './net/manual-clock.ts';
