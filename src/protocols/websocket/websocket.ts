/**
 * WebSocket (RFC 6455), what HTTP/1.1 gives way to: text (string) and binary messages (Buffer), one message each.
 * Beside it are those with compressed messages (RFC 7692), by the window that was agreed on.
 */
import type { Buffer } from 'node:buffer';
import type { Codec, Protocol, Switch } from '../protocol.ts';
import { CloseStatus } from './codes.ts';
import { WebSocketDecoder } from './decoder.ts';
import type { Deflate } from './deflate.ts';
import { WebSocketEncoder } from './encode.ts';
import { controlFrame, Opcode } from './frame.ts';
import { frameLimits, type WebSocketOptions } from './options.ts';
import { WebSocketRequest } from './request.ts';

export type WebSocketMessage = string | Buffer;
export type WebSocketReply = string | Uint8Array;

const PING_INTERVAL_MS = 30_000;
const PONG_TIMEOUT_MS = 10_000;
/** zlib writes no raw deflate data for a window of 8. */
export const LEAST_WINDOW_BITS = 9;
export const MOST_WINDOW_BITS = 15;

/** @param windowBits of compressed messages; 0: there are none */
export function websocket(
  options: WebSocketOptions,
  windowBits = 0,
): Protocol<WebSocketMessage, WebSocketReply> {
  const deflate: Deflate | undefined =
    windowBits === 0
      ? undefined
      : {
          windowBits,
          level: options.deflateLevel ?? 6,
          thresholdBytes: options.deflateThresholdBytes ?? 1024,
        };
  return Object.freeze({
    name: switchName(windowBits),
    options: options as Readonly<Record<string, unknown>>,
    framed: true,
    server: side(options, deflate, false),
    client: side(options, deflate, true),
  });
}

function side(
  options: WebSocketOptions,
  deflate: Deflate | undefined,
  isClient: boolean,
): Codec<WebSocketMessage, WebSocketReply> {
  const encoder = new WebSocketEncoder(isClient, deflate);
  const intervalMs = options.pingIntervalMs ?? PING_INTERVAL_MS;
  const view = options.view === true;
  return Object.freeze({
    givesViews: view,
    decoder: (limitBytes: number) =>
      new WebSocketDecoder(frameLimits(options, limitBytes), {
        fromClient: !isClient,
        deflate: deflate !== undefined,
        view,
      }),
    encode: encoder.encode.bind(encoder),
    encodeClose: (code: string, status?: number, text = '') =>
      encoder.close(status ?? STATUS[code] ?? CloseStatus.NORMAL, text),
    heartbeat:
      intervalMs === 0
        ? undefined
        : {
            intervalMs,
            timeoutMs: options.pongTimeoutMs ?? PONG_TIMEOUT_MS,
            bytes: controlFrame(Opcode.PING, new Uint8Array(0), isClient),
          },
  } satisfies Codec<WebSocketMessage, WebSocketReply>);
}

/** What a peer is told, by why the connection ends. */
const STATUS: Readonly<Record<string, number>> = {
  stop: CloseStatus.GOING_AWAY,
  idle: CloseStatus.GOING_AWAY,
  error: CloseStatus.INTERNAL_ERROR,
};

/** 'websocket', 'websocket-deflate-15'. */
export function switchName(windowBits: number): string {
  return windowBits === 0 ? 'websocket' : `websocket-deflate-${windowBits}`;
}

/** What `http` switches to. */
export function websocketSwitches(options: WebSocketOptions): Readonly<Record<string, Switch>> {
  const switches: Record<string, Switch> = {};
  const add = (windowBits: number) => {
    switches[switchName(windowBits)] = {
      protocol: websocket(options, windowBits),
      hooks: 'websocket',
      revive: WebSocketRequest.revive,
    };
  };
  add(0);
  if (options.deflate === true) {
    for (let bits = LEAST_WINDOW_BITS; bits <= MOST_WINDOW_BITS; bits += 1) add(bits);
  }
  return Object.freeze(switches);
}
