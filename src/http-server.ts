/**
 * Puts a server on node:http (plain, Fastify, Express, https, http2) behind a mode: the mode accepts, the server reads
 * and answers. Uses nothing of node:http that is not documented.
 */
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { HandlerError } from './errors.ts';
import type { SocketHandler } from './handler.ts';

/**
 * A connection between two requests is not closed sooner than that after the drain began or its last answer ended: a
 * request may be on its way (nginx has keepalive_min_timeout for it).
 */
const IDLE_GRACE_MS = 100;

/** What brings a request. Listening to these changes what node:http does: we do where the user does, and first. */
const REQUEST_EVENTS = new Set<string | symbol>(['request', 'checkContinue', 'checkExpectation']);

/**
 * A handler around a server that does not listen. Limits and timeouts of requests stay the server's own
 * (`headersTimeout`, `keepAliveTimeout`, …); backlog, Nagle (off by default, as in node:http) and the number of
 * connections are the mode's. Its 'listening' event is emitted once per loop, since node:http arms its timeouts there;
 * `server.address()` is null.
 *
 * On drain idle connections are closed, every other one is told `Connection: close` with its last answer, and http2
 * sessions get a GOAWAY. Upgraded sockets (WebSockets) are the user's: close them in a `drain` of your own, which calls
 * this one too.
 *
 * @example
 * const server = http.createServer((request, response) => response.end('hello\n'));
 * export default fromHttpServer(server);
 *
 * @throws HandlerError if `server` is not a server, or listens already
 */
export function fromHttpServer(server: Server): Required<SocketHandler> {
  if (typeof server?.emit !== 'function' || server.listenerCount('connection') === 0) {
    throw new HandlerError(
      'fromHttpServer takes a node:http server, such as app.server in Fastify or http.createServer(app) with Express.',
    );
  }
  if (server.listening) {
    throw new HandlerError(
      'fromHttpServer takes a server that does not listen: leave its listen() out.',
    );
  }
  const embedding = new Embedding(server);
  return {
    start: () => embedding.start(),
    socket: (socket) => embedding.socket(socket),
    drain: () => embedding.drain(),
    stop: () => embedding.stop(),
  };
}

/** A connection that speaks HTTP/1. */
interface Client {
  /** The newest answer due. */
  due: ServerResponse | undefined;
  /** Bytes read when it last became idle: more of them are a request that has begun, or an upgrade. */
  bytesWhenIdle: number;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

class Embedding {
  #server: Server;
  #clients = new Map<Socket, Client>();
  #sessions = new Set<ServerHttp2Session>();
  #joined = new Set<string | symbol>();
  #draining = false;
  /** The user's own 'request' listeners, while they are called later (drain). */
  #listeners: RequestListener[] = [];

  constructor(server: Server) {
    this.#server = server;
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol !== 'h2') this.#add(socket);
    });
    server.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      if (this.#draining) session.close();
    });
    for (const event of server.eventNames()) this.#join(event);
    server.on('newListener', (event: string) => this.#join(event));
  }

  start(): void {
    this.#server.emit('listening');
  }

  socket(socket: Socket): void {
    if (this.#server instanceof HttpServer) {
      socket.allowHalfOpen = true; // as of its own sockets: `httpAllowHalfOpen` decides
      this.#add(socket);
    }
    this.#server.emit('connection', socket);
  }

  drain(): void {
    this.#draining = true;
    this.#deferRequests();
    for (const session of this.#sessions) session.close();
    for (const [socket, client] of this.#clients) {
      if (client.due === undefined) this.#closeIfIdle(socket, client);
      else announceEnd(client.due);
    }
  }

  stop(): void {
    this.#server.close(); // ends node:http's own timer and emits 'close'
    if (this.#draining) this.#restoreRequests();
    this.#draining = false;
  }

  #add(socket: Socket): void {
    const client: Client = { due: undefined, bytesWhenIdle: socket.bytesRead };
    this.#clients.set(socket, client);
    socket.once('close', () => this.#clients.delete(socket));
    if (this.#draining) this.#closeIfIdle(socket, client);
  }

  /** The user listens to that event: so do we, in front. */
  #join(event: string | symbol): void {
    if (!REQUEST_EVENTS.has(event) || this.#joined.has(event)) return;
    this.#joined.add(event);
    this.#server.prependListener(event, this.#onRequest);
  }

  #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const client = this.#clients.get(request.socket);
    if (client === undefined) return; // http2: its session knows
    const before = client.due;
    client.due = response;
    response.on('close', this.#onAnswered);
    if (!this.#draining) return;
    if (before !== undefined && !before.headersSent) before.removeHeader('Connection'); // not the last one after all
    announceEnd(response);
  };

  /** Called on the response, so that no request needs a function of its own. */
  #onAnswered = onResponse((response) => {
    const { socket } = response.req;
    const client = this.#clients.get(socket);
    if (client === undefined || client.due !== response) return;
    client.due = undefined;
    client.bytesWhenIdle = socket.bytesRead;
    if (this.#draining) this.#closeIfIdle(socket, client);
  });

  #closeIfIdle(socket: Socket, client: Client): void {
    const look = () => {
      const idle = client.due === undefined && socket.bytesRead === client.bytesWhenIdle;
      if (idle && this.#clients.has(socket)) socket.destroySoon();
    };
    // Timers run before the reads of their turn: what has come meanwhile is read first.
    setTimeout(() => setImmediate(look), IDLE_GRACE_MS);
  }

  /**
   * From now on the user's listeners are called when the whole of a read is parsed: only then is it known which of
   * several pipelined requests is the last, whose answer says `Connection: close`. Behind it nothing is answered.
   */
  #deferRequests(): void {
    const server = this.#server;
    const all = server.listeners('request') as RequestListener[];
    this.#listeners = all.filter((listener) => listener !== this.#onRequest);
    for (const listener of this.#listeners) server.removeListener('request', listener);
    server.on('request', this.#later);
  }

  #later: RequestListener = (request, response) => {
    process.nextTick(() => {
      for (const listener of this.#listeners) listener.call(this.#server, request, response);
    });
  };

  #restoreRequests(): void {
    this.#server.removeListener('request', this.#later);
    for (const listener of this.#listeners) this.#server.on('request', listener);
  }
}

function onResponse(listener: (response: ServerResponse) => void) {
  return function close(this: ServerResponse): void {
    listener(this);
  };
}

function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
