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
}

/** Opaque. */
export interface ListenSocket {
  readonly listen: unique symbol;
}

export interface UwsApp {
  any(pattern: string, callback: (response: UwsResponse, request: UwsRequest) => void): void;
  /** A connection came (`change` > 0) or went. */
  filter(callback: (response: UwsResponse, change: number) => void): void;
  listen(host: string, port: number, callback: (socket: ListenSocket | false) => void): void;
  /** Ends every connection and listener at once. */
  close(): void;
}

export interface Uws {
  App(): UwsApp;
  us_listen_socket_close(socket: ListenSocket): void;
  us_socket_local_port(socket: ListenSocket): number;
}
