/** The opening handshake, both sides (RFC 6455, 4). */
import { createHash, randomBytes } from 'node:crypto';
import { listOf, type HttpHeaders } from '../http1/headers.ts';
import type { HttpRequest, HttpRequestInit } from '../http1/request.ts';
import type { HttpResponse } from '../http1/response.ts';
import { readExtensions, type Extension } from './extensions.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const VERSION = '13';
/** 16 bytes in base64. */
const KEY = /^[0-9A-Za-z+/]{22}==$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a client offers. */
export interface Offer {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly extensions: readonly Extension[];
}

/** It asks for a WebSocket. Whether it does so as it should is for `readOffer`. */
export function asksForWebSocket(request: HttpRequest): boolean {
  const upgrade = request.headers.get('upgrade');
  return upgrade !== undefined && hasWord(upgrade, 'websocket');
}

/** RFC 6455, 4.2.1. What is no handshake gives the response that says so. */
export function readOffer(request: HttpRequest): Offer | HttpResponse {
  const { headers } = request;
  // HTTP/1.1, Upgrade and Connection are there, else `upgrade` is false; and http() wants the Host.
  if (request.method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
  if (request.body.length > 0 || request.source !== undefined)
    return refusal('A body came with it.');
  if (headers.get('sec-websocket-version') !== VERSION) {
    return {
      status: 426, // RFC 6455, 4.4; RFC 9110, 15.5.22
      headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': VERSION },
    };
  }
  const key = headers.get('sec-websocket-key');
  if (key === undefined || !KEY.test(key)) {
    return refusal('Sec-WebSocket-Key must be 16 bytes in base64, once.');
  }
  const protocols = readTokens(headers.get('sec-websocket-protocol'));
  if (protocols === undefined)
    return refusal('Sec-WebSocket-Protocol must be a list of tokens, each once.');
  const extensions = readExtensions(headers.get('sec-websocket-extensions'));
  if (extensions === undefined) return refusal('Sec-WebSocket-Extensions is malformed.');
  return { key, protocols, extensions };
}

function refusal(text: string): HttpResponse {
  return { status: 400, headers: { 'content-type': 'text/plain' }, body: `${text}\n` };
}

export function isOffer(offer: Offer | HttpResponse): offer is Offer {
  return 'key' in offer;
}

/** Sec-WebSocket-Accept (4.2.2). */
export function acceptKey(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/**
 * Whether a page from there may connect (10.2). Behind a proxy that ends TLS the schemes differ, so 'same' compares
 * hosts and ports, the scheme's own port being none.
 */
export function isOriginAllowed(
  headers: HttpHeaders,
  host: string,
  origins: 'same' | 'any' | readonly string[],
): boolean {
  const origin = headers.get('origin');
  if (origin === undefined || origins === 'any') return true;
  if (origins !== 'same') return origins.includes(origin);
  if (!URL.canParse(origin)) return false; // 'null': a sandbox, a file
  const { protocol, host: from } = new URL(origin);
  const own = `${protocol}//${host}`;
  return from !== '' && URL.canParse(own) && new URL(own).host === from;
}

/** A comma-separated list of tokens, none twice; undefined where it is none. Without the header it is empty. */
function readTokens(value: string | undefined): string[] | undefined {
  if (value === undefined) return [];
  const tokens = listOf(value);
  if (!tokens.every((token) => TOKEN.test(token))) return undefined;
  return new Set(tokens).size === tokens.length ? tokens : undefined;
}

/** In a comma-separated list, in any case; `websocket/13` is no `websocket`. */
function hasWord(list: string, word: string): boolean {
  return list.split(',').some((one) => one.trim().toLowerCase() === word);
}

// ---- the client's side ------------------------------------------------------------------------------------------------

export interface ClientOptions {
  readonly target: string;
  readonly host: string;
  readonly protocols: readonly string[];
  /** Offers compressed messages, each by itself. */
  readonly deflate: boolean;
  readonly origin: string | undefined;
}

const OFFER = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

/** A request that asks for a WebSocket, and the key that its answer goes with. */
export function clientRequest(options: ClientOptions): { request: HttpRequestInit; key: string } {
  const key = randomBytes(16).toString('base64');
  const headers: Record<string, string> = {
    host: options.host,
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': key,
    'sec-websocket-version': VERSION,
  };
  if (options.protocols.length > 0)
    headers['sec-websocket-protocol'] = options.protocols.join(', ');
  if (options.deflate) headers['sec-websocket-extensions'] = OFFER;
  if (options.origin !== undefined) headers.origin = options.origin;
  return { request: { target: options.target, headers }, key };
}

/** What the answer says: what is wrong with it (4.1), or what was agreed on. */
export function readAnswer(
  status: number,
  headers: HttpHeaders,
  key: string,
  options: ClientOptions,
): { problem: string } | { problem: undefined; deflate: boolean; protocol: string } {
  if (status !== 101) return { problem: `the server answered the handshake with ${status}` };
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    return { problem: 'the server switches to something else than WebSocket' };
  }
  if (!hasWord(headers.get('connection') ?? '', 'upgrade')) {
    return { problem: 'the handshake has no Connection: Upgrade' };
  }
  if (headers.get('sec-websocket-accept') !== acceptKey(key)) {
    return { problem: 'the handshake has another key' };
  }
  const protocol = headers.get('sec-websocket-protocol') ?? '';
  if (protocol !== '' && !options.protocols.includes(protocol)) {
    return { problem: `the server chose the subprotocol ${protocol}, which was not offered` };
  }
  const extensions = readExtensions(headers.get('sec-websocket-extensions'));
  if (extensions === undefined || !(extensions.length === 0 || isAgreed(extensions, options))) {
    return { problem: 'the server chose an extension that was not offered' };
  }
  return { problem: undefined, deflate: extensions.length > 0, protocol };
}

/** Each message by itself, as was asked for (RFC 7692, 7.1.1.1). */
function isAgreed(extensions: readonly Extension[], { deflate }: ClientOptions): boolean {
  const [{ name, parameters }] = extensions;
  return (
    deflate &&
    extensions.length === 1 &&
    name === 'permessage-deflate' &&
    parameters.some(([one]) => one === 'server_no_context_takeover')
  );
}
