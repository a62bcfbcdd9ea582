/** What a user writes for WebSockets: hooks beside `message` on a handler over `http`. */
import type { CloseReason, Connection } from '../handler.ts';
import type { HeadersInit, HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import type { WebSocketRequest } from '../protocols/websocket/request.ts';
import type { WebSocketMessage, WebSocketReply } from '../protocols/websocket/websocket.ts';

type Awaitable<T> = T | Promise<T>;

/** One WebSocket. Text is a string, binary messages are bytes, both ways. */
export interface WebSocketConnection<State = unknown> extends Connection<WebSocketReply, State> {
  /** What opened it: target, path, query, params, headers, the subprotocol, and what `upgrade` gave. */
  readonly request: WebSocketRequest;
  /**
   * Closes with the closing handshake (RFC 6455, 7): replies due are sent, then a Close with this status (default 1000)
   * and text, and the peer's Close is awaited, for 5 s at most. `blocking` has no timers: it does not wait, and a server
   * that stops there ends idle connections without a Close.
   *
   * @throws TypeError for a status that nobody may send, or more than 123 bytes of text
   */
  close(status?: number, text?: string): void;
}

/** What `upgrade` gives to accept. */
export interface WebSocketUpgrade {
  /** One of those that the client offers. Default: the first of the client's that is among `protocols`. */
  readonly protocol?: string;
  /** For the response, beside the handshake's own: Set-Cookie, say. */
  readonly headers?: HeadersInit;
  /** Found again in `connection.request.data`. Plain: it may cross to another thread. */
  readonly data?: unknown;
}

export interface WebSocketHooks<State = any> {
  /** The subprotocols that are spoken here. */
  readonly protocols?: readonly string[];
  /**
   * Whether to take a handshake that is in order and comes from an allowed origin: a response with a status refuses it,
   * anything else accepts. Throwing is answered as in `message`: 500, or an HttpError's status.
   */
  upgrade?(request: HttpRequest): Awaitable<WebSocketUpgrade | HttpResponse | undefined | void>;
  /** It is open. Returns the connection's state. Nothing is read until a promise it returns settles. */
  open?(connection: WebSocketConnection<State>): Awaitable<State>;
  /** A message: a string for text, a Buffer of your own for binary. What it returns is sent, in the order of the messages. */
  message(
    data: WebSocketMessage,
    connection: WebSocketConnection<State>,
  ): Awaitable<WebSocketReply | undefined | void>;
  /** After `send()` returned WAIT: the peer has taken what was waiting. */
  drain?(connection: WebSocketConnection<State>): void;
  /** It has ended. `reason.status` and `reason.text` are those of the peer's Close; 1005: a Close without one, 1006: none. */
  close?(connection: WebSocketConnection<State>, reason: WebSocketCloseReason): void;
}

/** Gives the hooks for a request, or none: it is then a request as any other. */
export type FindWebSocketHooks = (request: HttpRequest) => WebSocketHooks | undefined;

export interface WebSocketCloseReason extends CloseReason {
  readonly status: number;
  readonly text: string;
}
