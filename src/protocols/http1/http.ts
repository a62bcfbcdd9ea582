/** HTTP/1.1 (RFC 9110, RFC 9112): requests and responses, one message each. Strict: what is in doubt is refused. */
import type { Codec, Protocol } from '../protocol.ts';
import type { Writer } from '../writer.ts';
import { ResponseEncoder } from './encode.ts';
import { encodeLast } from './encode-last.ts';
import { encodeRequest } from './encode-request.ts';
import { HeadLines, type Now } from './head-lines.ts';
import { limitsOf, readHttpOptions, type HttpOptions } from './options.ts';
import { RequestDecoder } from './request-decoder.ts';
import { StreamingRequestDecoder } from './streaming-decoder.ts';
import { ResponseDecoder } from './response-decoder.ts';
import { equip } from '../websocket/equip.ts';
import { readWebSocketOptions } from '../websocket/options.ts';
import { websocketSwitches } from '../websocket/websocket.ts';
import type { HttpRequest, HttpRequestInit } from './request.ts';
import type { HttpResponse } from './response.ts';

export type { HttpOptions } from './options.ts';

/** `client.encode()` also takes what a request is made of. */
export interface HttpProtocol extends Protocol<HttpRequest, HttpResponse> {
  readonly client: {
    encode(request: HttpRequestInit, writer: Writer, input: HttpResponse | undefined): undefined;
  } & Codec<HttpResponse, HttpRequest>;
}

/**
 * Requests (HttpRequest) in, responses (HttpResponse) out.
 *
 * Refused, with its status and the connection's end: a line that ends in a bare LF or holds a bare CR, a folded line, a
 * space before a colon, a control byte, an empty name (400); no Host or two, a Host that is none (400); two
 * Content-Lengths, equal or not, or one that is not digits; Content-Length with Transfer-Encoding; a Transfer-Encoding
 * that does not end in chunked, stands twice or comes with HTTP/1.0 (400), other codings (501); a chunk line that is not
 * exact (400); what passes a limit (413, 414, 431, HttpOptions); an unknown method (501), a version that is not 1.0 or
 * 1.1 (505), another expectation than 100-continue (417), a request that takes too long (408).
 *
 * @throws OptionError
 * @example
 * export default defineHandler({
 *   protocol: http({ bodyLimitBytes: 64 * 1024 }),
 *   message: (request) => ({ headers: { 'content-type': 'text/plain' }, body: `You asked for ${request.path}` }),
 * });
 */
export function http(options: HttpOptions = {}): HttpProtocol {
  return makeHttp(options, Date.now);
}

const PINGS = { pings: 'websocket.pingIntervalMs was given, and pings take timers' };

/** The same with a clock of the caller's own. */
export function makeHttp(options: HttpOptions, now: Now): HttpProtocol {
  const checked = readHttpOptions(options);
  const streams = checked.body === 'stream';
  const websocket = readWebSocketOptions(checked.websocket ?? {});
  const lines = new HeadLines(now);
  const encoder = new ResponseEncoder(lines);
  const most = (limitBytes: number) =>
    checked.bodyLimitBytes === undefined ? limitBytes : Number.MAX_SAFE_INTEGER;
  return Object.freeze({
    name: 'http',
    options: checked,
    framed: !streams,
    whole: streams ? makeHttp({ ...checked, body: 'collect' }, now) : undefined,
    switches: websocketSwitches(websocket),
    equip: <T extends object>(handler: T) => equip(handler, websocket),
    needs: websocket.pingIntervalMs ? PINGS : undefined,
    server: Object.freeze({
      decoder(limitBytes: number) {
        const limits = limitsOf(checked, limitBytes);
        return streams
          ? new StreamingRequestDecoder(limits, lines)
          : new RequestDecoder(most(limitBytes), limits, lines);
      },
      encode: encoder.encode.bind(encoder),
      encodeError: encoder.encodeError.bind(encoder),
      encodeLast,
      repliesToAll: true,
    }),
    client: Object.freeze({
      decoder: (limitBytes: number) =>
        new ResponseDecoder(most(limitBytes), limitsOf(checked, limitBytes)),
      encode: encodeRequest,
    }),
  });
}
