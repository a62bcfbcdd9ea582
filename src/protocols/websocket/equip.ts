/** What `http` makes of a handler with `websocket` hooks: one that answers handshakes itself. */
import { HandlerError } from '../../errors.ts';
import { show } from '../framing/options.ts';
import type { HttpRequest } from '../http1/request.ts';
import type { HttpResponse } from '../http1/response.ts';
import { agreeOnDeflate } from './extensions.ts';
import {
  acceptKey,
  asksForWebSocket,
  isOffer,
  isOriginAllowed,
  readOffer,
  type Offer,
} from './handshake.ts';
import type { WebSocketOptions } from './options.ts';
import { WebSocketRequest } from './request.ts';
import { switchName } from './websocket.ts';

/** As much of the hooks as the handshake needs: WebSocketHooks. */
interface Hooks {
  readonly message: unknown;
  readonly protocols?: readonly string[];
  upgrade?(request: HttpRequest): unknown;
}

type Find = (request: HttpRequest) => Hooks | undefined;
type Message = (request: HttpRequest, connection: unknown) => unknown;

/** What `upgrade()` may return: WebSocketUpgrade, or a response that refuses. */
interface Upgrade {
  readonly status?: number;
  readonly protocol?: string;
  readonly headers?: HttpResponse['headers'];
  readonly data?: unknown;
}

/**
 * The same handler, whose `message` answers what asks for a WebSocket, where its hooks take it. A request that asks in
 * another way than it should is refused; one that no hooks take is a request as any other (RFC 9110, 7.8).
 *
 * @throws HandlerError where the hooks are none
 */
export function equip<T extends object>(handler: T, options: WebSocketOptions): T {
  const { websocket } = handler as { websocket?: unknown };
  if (websocket === undefined) return handler;
  const find = finder(websocket);
  const equipped = bound(handler) as T & { message: Message; websocket: Find };
  const plain = equipped.message;
  equipped.message = (request, connection) => {
    if (!request.upgrade || !asksForWebSocket(request)) return plain(request, connection);
    const hooks = find(request);
    return hooks === undefined ? plain(request, connection) : answer(request, hooks, options);
  };
  equipped.websocket = find;
  return equipped;
}

function finder(websocket: unknown): Find {
  if (typeof websocket === 'function') {
    return (request) => {
      const hooks: unknown = (websocket as Find)(request);
      if (hooks !== undefined) checkHooks(hooks, 'websocket() gave');
      return hooks;
    };
  }
  checkHooks(websocket, 'The handler has websocket:');
  return () => websocket;
}

const FUNCTIONS = ['open', 'message', 'drain', 'close', 'upgrade'] as const;

function checkHooks(value: unknown, what: string): asserts value is Hooks {
  if (typeof value !== 'object' || value === null) {
    throw new HandlerError(`${what} ${show(value)}; it must be hooks with message().`);
  }
  const hooks = value as Record<string, unknown>;
  for (const name of FUNCTIONS) {
    const isNeeded = name === 'message';
    if (typeof hooks[name] === 'function' || (hooks[name] === undefined && !isNeeded)) continue;
    throw new HandlerError(
      `${what} hooks with ${name} as ${show(hooks[name])}; it must be a function.`,
    );
  }
}

/** A handler whose methods are called on the one that was given, be it a class's with private fields. */
function bound(handler: object): object {
  const self = Object.create(handler) as Record<string, unknown>;
  for (const name of ['start', 'stop', 'open', 'message', 'drain', 'close', 'error']) {
    const method = (handler as Record<string, unknown>)[name];
    if (typeof method !== 'function') continue;
    Object.defineProperty(self, name, { value: method.bind(handler), writable: true });
  }
  Object.defineProperty(self, 'websocket', { value: undefined, writable: true });
  return self;
}

function answer(
  request: HttpRequest,
  hooks: Hooks,
  options: WebSocketOptions,
): HttpResponse | Promise<HttpResponse> {
  const offer = readOffer(request);
  if (!isOffer(offer)) return offer;
  if (!isOriginAllowed(request.headers, request.host, options.origins ?? 'same')) {
    return { status: 403 };
  }
  const given = hooks.upgrade?.(request);
  return given instanceof Promise
    ? given.then((upgrade: unknown) => accept(request, offer, hooks, options, upgrade))
    : accept(request, offer, hooks, options, given);
}

/** @throws TypeError where `upgrade()` gave what cannot be sent */
function accept(
  request: HttpRequest,
  offer: Offer,
  hooks: Hooks,
  options: WebSocketOptions,
  given: unknown,
): HttpResponse {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new TypeError(
      `upgrade() gave ${show(given)}; it must give nothing, { protocol, headers, data }, or a response with a status.`,
    );
  }
  const upgrade = (given ?? {}) as Upgrade;
  if (upgrade.status !== undefined) return upgrade;
  const protocol = choose(upgrade.protocol, hooks.protocols, offer.protocols);
  const agreed = options.deflate === true ? agreeOnDeflate(offer.extensions) : undefined;
  const headers: Array<readonly [string, string]> = [
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Accept', acceptKey(offer.key)],
  ];
  if (protocol !== '') headers.push(['Sec-WebSocket-Protocol', protocol]);
  if (agreed !== undefined) headers.push(['Sec-WebSocket-Extensions', agreed.header]);
  return {
    status: 101,
    headers: [...headers, ...lines(upgrade.headers)],
    switchTo: switchName(agreed?.windowBits ?? 0),
    handover: WebSocketRequest.pack(request, protocol, upgrade.data),
  };
}

/** What upgrade() says; else the first of the client's that the hooks have; '' for none (RFC 6455, 4.2.2). */
function choose(
  said: string | undefined,
  own: readonly string[] | undefined,
  offered: readonly string[],
): string {
  if (said === undefined) return offered.find((one) => own?.includes(one) === true) ?? '';
  if (said === '' || offered.includes(said)) return said;
  throw new TypeError(
    `upgrade() chose the subprotocol ${show(said)}, which the client does not offer (${offered.join(', ') || 'it offers none'}).`,
  );
}

/** Headers of the handshake's own are not the hooks' to set. */
const OWN = /^(?:upgrade|connection|sec-websocket-)/i;

function* lines(headers: Upgrade['headers']): Iterable<readonly [string, string]> {
  if (headers === undefined) return;
  const entries: Iterable<readonly [string, unknown]> =
    Symbol.iterator in headers
      ? (headers as Iterable<readonly [string, string]>)
      : Object.entries(headers);
  for (const [name, value] of entries) {
    if (OWN.test(name))
      throw new TypeError(`upgrade() gave the header ${name}, which is the handshake's own.`);
    for (const one of Array.isArray(value) ? (value as string[]) : [value as string])
      yield [name, one];
  }
}
