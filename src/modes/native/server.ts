/** One loop's share of a server on uWebSockets.js: its listener, its limits, and how it stops. */
import type { StreamPump } from '../../net/stream-pump.ts';
import { ListenError } from '../../errors.ts';
import type { MessageHandler } from '../../handler.ts';
import { formatAddress, listen, type Address, type TcpAddress } from '../../net/listener.ts';
import type { Conversation } from '../../net/conversation.ts';
import { IDLE_LOOK_MS, IDLE_LOOKS } from '../../net/lifetime.ts';
import type { Counters, Loop } from '../../net/loop.ts';
import type { Topics } from '../../net/topics.ts';
import type { Wheel } from '../../net/wheel.ts';
import { limitsOf, type HttpOptions } from '../../protocols/http1/options.ts';
import type { Protocol } from '../../protocols/protocol.ts';
import type { WebSocketOptions } from '../../protocols/websocket/options.ts';
import { LateCork } from './cork.ts';
import { Exchange, type Host } from './exchange.ts';
import { Replies } from './reply.ts';
import { readHead } from './request.ts';
import type { NativeSocket, SocketHost } from './socket.ts';
import type {
  ListenSocket,
  Uws,
  UwsApp,
  UwsBehavior,
  UwsContext,
  UwsRequest,
  UwsResponse,
  UwsWebSocket,
} from './uws.ts';

/** As in `http({ websocket })`. */
const COMPRESS_BYTES = 1024;
const PING_MS = 30_000;
const PONG_MS = 10_000;
/** What it may have waiting is measured behind each message (NativeSocket). */
const MOST_WAITING_BYTES = 2 ** 31 - 1;

export class NativeServer implements Host, SocketHost {
  readonly handler: MessageHandler;
  readonly protocol: Protocol;
  readonly replies = new Replies();
  readonly counters: Counters;
  readonly topics: Topics;
  readonly wheel: Wheel;
  readonly requestTicks: number;
  readonly bodyLimitBytes: number;
  readonly streams: boolean;
  readonly bodies = new Set<StreamPump>();
  draining = false;
  readonly lateCork: LateCork;
  readonly #uws: Uws;
  readonly #app: UwsApp;
  readonly #loop: Loop;
  readonly #options: HttpOptions;
  #listening: ListenSocket | undefined = undefined;
  #ids = 0;
  readonly #sockets = new Set<NativeSocket>();
  /** Exchanges that wait for a handler or a peer. */
  #waiting = 0;
  #closed = false;

  /** `loop` lends its limits, counters and deadlines; it has no connections. */
  constructor(uws: Uws, loop: Loop, options: HttpOptions) {
    const limits = limitsOf(options, loop.limits.messageLimitBytes);
    this.handler = loop.handler;
    this.protocol = loop.protocol;
    this.counters = loop.counters;
    this.topics = loop.topics;
    this.wheel = loop.wheel;
    this.requestTicks = loop.wheel.ticks(limits.requestTimeoutMs);
    this.bodyLimitBytes = limits.bodyLimitBytes;
    this.streams = limits.body === 'stream';
    this.lateCork = new LateCork(uws);
    this.#uws = uws;
    this.#loop = loop;
    this.#options = options;
    this.#app = uws.App();
    this.#app.filter((response, change) => this.#count(response, change));
    this.#app.ws('/*', this.#behavior(this.#options.websocket ?? {}));
    this.#app.any('/*', (response, request) => this.#take(response, request));
  }

  /** @throws ListenError */
  async listen(target: TcpAddress): Promise<TcpAddress> {
    this.#app.listen(target.host, target.port, (socket) => {
      if (socket !== false) this.#listening = socket;
    });
    if (!this.#listening) throw await whyNotListening(target);
    return { host: target.host, port: this.#uws.us_socket_local_port(this.#listening) };
  }

  stats(): Counters {
    return this.#loop.stats();
  }

  /**
   * Answers what was received, ends every connection, and resolves. Each answer says that it is the last. uWebSockets.js
   * ends all other connections together, and does not say of which something has come: that is when none has brought a
   * request for as long as one alone has for it in other modes.
   */
  async drain(): Promise<void> {
    this.draining = true;
    this.#stopListening();
    for (const body of this.bodies) body.drain();
    for (const socket of this.#sockets) socket.stop();
    await this.#allIdle();
    this.close();
  }

  /** Ends everything at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    this.#app.close();
    this.lateCork.close();
  }

  // ---- for exchanges ------------------------------------------------------------------------------------------------

  handlerFailed(error: unknown, connection: Exchange | NativeSocket): void {
    this.#loop.handlerFailed(error, connection as unknown as Conversation);
  }

  enter(_exchange: Exchange): void {
    this.#waiting += 1;
  }

  leave(_exchange: Exchange): void {
    this.#waiting -= 1;
  }

  // ---- for WebSockets -----------------------------------------------------------------------------------------------

  get sockets(): SocketHost {
    return this;
  }

  get inFlightLimit(): number {
    return this.#loop.inFlightLimit;
  }

  get sendLimitBytes(): number {
    return this.#loop.limits.sendLimitBytes;
  }

  get compressBytes(): number {
    const { deflate, deflateThresholdBytes = COMPRESS_BYTES } = this.#options.websocket ?? {};
    return deflate === true ? deflateThresholdBytes : Infinity;
  }

  opened(socket: NativeSocket): void {
    this.#sockets.add(socket);
    if (this.draining) socket.stop();
  }

  closed(socket: NativeSocket): void {
    this.counters.open -= 1; // the filter is told of no end of theirs
    this.#sockets.delete(socket);
  }

  // ---- inside -------------------------------------------------------------------------------------------------------

  #count(response: UwsResponse, change: number): void {
    const { counters } = this;
    if (change < 0) {
      counters.open -= 1;
      return;
    }
    counters.open += 1;
    if (counters.open > this.#loop.limits.connections) {
      counters.refused += 1;
      response.close();
    } else {
      counters.accepted += 1;
    }
  }

  #take(response: UwsResponse, request: UwsRequest, context?: UwsContext): void {
    const head = readHead(request, this.#options, this.bodyLimitBytes);
    if (typeof head === 'number') {
      this.counters.errors += 1;
      this.replies.write({ status: head }, response, NOTHING, false, true);
      return;
    }
    this.#ids += 1;
    new Exchange(this, this.#ids, response, head, context).begin(request);
  }

  #allIdle(): Promise<void> {
    let looks = 0;
    let ids = this.#ids;
    return new Promise((resolve) => {
      const look = (): void => {
        const isIdle = this.#waiting === 0 && this.#sockets.size === 0;
        looks = isIdle && ids === this.#ids ? looks + 1 : 0;
        ids = this.#ids;
        const isEmpty = isIdle && this.counters.open === 0;
        if (!this.#closed && !isEmpty && looks < IDLE_LOOKS) return;
        clearInterval(timer);
        resolve();
      };
      const timer = setInterval(look, IDLE_LOOK_MS);
    });
  }

  #behavior(options: WebSocketOptions): UwsBehavior {
    const { DISABLED, SHARED_COMPRESSOR, SHARED_DECOMPRESSOR } = this.#uws;
    const { pingIntervalMs = PING_MS, pongTimeoutMs = PONG_MS } = options;
    const silentMs = pingIntervalMs === 0 ? 0 : pingIntervalMs + pongTimeoutMs;
    return {
      maxPayloadLength: options.messageLimitBytes ?? this.#loop.limits.messageLimitBytes,
      maxBackpressure: MOST_WAITING_BYTES,
      idleTimeout: silentMs === 0 ? 0 : Math.min(960, Math.max(8, Math.ceil(silentMs / 4000) * 4)),
      sendPingsAutomatically: silentMs > 0,
      compression: options.deflate === true ? SHARED_COMPRESSOR | SHARED_DECOMPRESSOR : DISABLED,
      upgrade: (response, request, context) => this.#take(response, request, context),
      open: (socket) => of(socket).onOpen(socket),
      message: (socket, bytes, isBinary) => of(socket).onMessage(bytes, isBinary),
      drain: (socket) => of(socket).onDrain(),
      close: (socket, status, text) =>
        of(socket).onClose(status, Buffer.from(text).toString('utf8')),
    };
  }

  #stopListening(): void {
    if (this.#listening !== undefined) this.#uws.us_listen_socket_close(this.#listening);
    this.#listening = undefined;
  }
}

function of(socket: UwsWebSocket): NativeSocket {
  return (socket.getUserData() as { socket: NativeSocket }).socket;
}

const NOTHING = Object.freeze({ method: 'GET', keepAlive: true, source: undefined });

/** uWebSockets.js says nothing but that it does not: Node, tried in its place, says why. */
async function whyNotListening(target: Address): Promise<Error> {
  const sink = { handle: () => {}, socket: () => {} };
  const options = { backlog: 1, reusePort: true, raw: false };
  try {
    (await listen(target, options, sink)).close();
  } catch (error) {
    return error as Error;
  }
  return new ListenError(
    `Cannot listen on ${formatAddress(target)}: uWebSockets.js could not, and does not say why; try another address.`,
  );
}
