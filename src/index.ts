/** The public API, nothing else. */
export { defineHandler, Sent } from './handler.ts';
export type {
  CloseCode,
  CloseReason,
  Connection,
  Follower,
  Handler,
  Keep,
  MessageHandler,
  SocketHandler,
  StartContext,
  SubscribeOptions,
} from './handler.ts';
export { fromHttpServer } from './http-server.ts';
export { serve } from './serve.ts';
export type { CloseResult, Server, ServeOptions, ServerStats } from './serve.ts';
export type { ModeName } from './modes/index.ts';
export type { WorkerStats } from './workers/plan.ts';
export { fromFetch } from './http/fetch.ts';
export type { Fetch, FetchEnv, FetchOptions } from './http/fetch.ts';
export { eventChannel } from './http/event-channel.ts';
export type {
  ChannelOptions,
  EventChannel,
  SharedChannel,
  SharedChannelOptions,
  SharedEvent,
} from './http/event-channel.ts';
export { router } from './http/router.ts';
export type { Route, Router, RouterOptions } from './http/router.ts';
export { sse } from './http/sse.ts';
export type {
  EventStream,
  ServerEvent,
  SlowPolicy,
  SseOptions,
  StartStream,
  StreamEnd,
} from './http/sse.ts';
export { bytes } from './protocols/bytes.ts';
export { http } from './protocols/http1/http.ts';
export type { HttpOptions, HttpProtocol } from './protocols/http1/http.ts';
export type { HttpHeaders } from './protocols/http1/headers.ts';
export type { HttpRequest } from './protocols/http1/request.ts';
export type { HttpResponse } from './protocols/http1/response.ts';
export type {
  FindWebSocketHooks,
  WebSocketCloseReason,
  WebSocketConnection,
  WebSocketHooks,
  WebSocketUpgrade,
} from './http/websocket.ts';
export type { WebSocketOptions } from './protocols/websocket/options.ts';
export { jsonLines } from './protocols/json-lines.ts';
export { lengthPrefix } from './protocols/length-prefix.ts';
export { line } from './protocols/line.ts';
export { msgpack } from './protocols/msgpack.ts';
export {
  resp,
  error as respError,
  nullArray as respNullArray,
  ok as respOk,
  simple as respSimple,
} from './protocols/resp.ts';
export type { RespReply } from './protocols/resp.ts';
export { makeProtocol, type ProtocolName } from './protocols/index.ts';
export { Step } from './protocols/protocol.ts';
export type { After, Codec, Decoder, Protocol, Switch } from './protocols/protocol.ts';
export type { Writer } from './protocols/writer.ts';
export * from './errors.ts';
