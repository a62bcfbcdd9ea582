/** The part of uWebSockets.js that this mode uses. */

export type Text = string | Uint8Array;

export interface UwsRequest {
  /** In lower case; '' where it is missing. The first line of that name. */
  getHeader(lowerCaseName: string): string;
  getUrl(): string;
  getCaseSensitiveMethod(): string;
  /** Undefined where the target has no '?'. */
  getQuery(): string | undefined;
  /** Every line, names in lower case. */
  forEach(callback: (name: string, value: string) => void): void;
}

/** Valid until `onAborted`, `close()`, or the call that ends the response. */
export interface UwsResponse {
  pause(): void;
  resume(): void;
  writeStatus(status: Text): void;
  writeHeader(name: Text, value: Text): void;
  /** One chunk. False: it waits for the peer. */
  write(chunk: Text): boolean;
  end(body?: Text, close?: boolean): void;
  endWithoutBody(): void;
  /** `[taken, done]`: not taken, so the rest is given again in `onWritable`. */
  tryEnd(chunk: Text, total: number): [boolean, boolean];
  getWriteOffset(): number;
  close(): void;
  onWritable(callback: (offset: number) => boolean): void;
  onAborted(callback: () => void): void;
  /** The chunk is the caller's memory: it is gone when the callback returns. */
  onData(callback: (chunk: ArrayBuffer, isLast: boolean) => void): void;
  getRemoteAddress(): ArrayBuffer;
  cork(callback: () => void): void;
  /** Calls the behavior's `open` before it returns. */
  upgrade(
    userData: unknown,
    key: string,
    protocol: string,
    extensions: string,
    context: UwsContext,
  ): void;
}

/** Valid from `open` to `close`. */
export interface UwsWebSocket {
  send(message: Text, isBinary: boolean, compress: boolean): number;
  getBufferedAmount(): number;
  /** Sends a Close; `close` follows at once. */
  end(status: number, text: string): void;
  /** Without one. */
  close(): void;
  cork(callback: () => void): void;
  getUserData(): unknown;
}

/** What upgrades a response. */
export interface UwsContext {
  readonly context: unique symbol;
}

/** Every request that has a Sec-WebSocket-Key comes to `upgrade`. */
export interface UwsBehavior {
  readonly maxPayloadLength: number;
  readonly maxBackpressure: number;
  /** Seconds, 8 to 960 in steps of 4; 0: never. A ping goes out in time. */
  readonly idleTimeout: number;
  readonly sendPingsAutomatically: boolean;
  readonly compression: number;
  upgrade(response: UwsResponse, request: UwsRequest, context: UwsContext): void;
  open(socket: UwsWebSocket): void;
  /** The bytes are gone when it returns. */
  message(socket: UwsWebSocket, bytes: ArrayBuffer, isBinary: boolean): void;
  drain(socket: UwsWebSocket): void;
  close(socket: UwsWebSocket, status: number, text: ArrayBuffer): void;
}

/** Opaque. */
export interface ListenSocket {
  readonly listen: unique symbol;
}

export interface UwsApp {
  ws(pattern: string, behavior: UwsBehavior): void;
  any(pattern: string, callback: (response: UwsResponse, request: UwsRequest) => void): void;
  /** A connection came (`change` > 0) or went. */
  filter(callback: (response: UwsResponse, change: number) => void): void;
  listen(host: string, port: number, callback: (socket: ListenSocket | false) => void): void;
  /** Ends every connection and listener at once. */
  close(): void;
}

export interface Uws {
  readonly DISABLED: number;
  readonly SHARED_COMPRESSOR: number;
  readonly SHARED_DECOMPRESSOR: number;
  App(): UwsApp;
  us_listen_socket_close(socket: ListenSocket): void;
  us_socket_local_port(socket: ListenSocket): number;
}
