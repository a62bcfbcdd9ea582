/**
 * What a handler may send, and what it may not, with what a client then hears (RFC 9110, 6 and 8.6; RFC 9112, 6 and 7).
 * The handler `replies` answers with it, and replies.test.ts asks for each by its name, in every mode.
 */
import { Buffer } from 'node:buffer';
import type { Connection } from '../../src/handler.ts';
import { HttpError } from '../../src/errors.ts';
import type { HttpRequest } from '../../src/protocols/http1/request.ts';

export interface Reply {
  readonly reply: (request: HttpRequest, connection: Connection) => unknown;
  /** Default 200. */
  readonly status?: number;
  /** Without Date, Connection and what frames the body. */
  readonly headers?: ReadonlyArray<readonly [string, string]>;
  /** One character for each byte. Default ''. */
  readonly body?: string;
  /** How HTTP/1.1 gets it. Default 'length'. */
  readonly framing?: 'none' | 'length' | 'chunked';
  /** Content-Length, where it is not that of the body. */
  readonly length?: number;
  readonly trailers?: ReadonlyArray<readonly [string, string]>;
  /**
   * Its stream breaks off: the connection ends behind `body`, and a chunked body has no last chunk. 'trailers': by what
   * HTTP/1.0 is not sent.
   */
  readonly breaks?: true | 'trailers';
  /** HEAD hears of no fault: nothing of the stream is looked at, or a length is only said. */
  readonly headStatus?: number;
}

const LARGE = 1_000_000;
const injected = (headers: unknown): Reply => ({ reply: () => ({ headers }), status: 500 });
const impossible = (response: unknown): Reply => ({ reply: () => response, status: 500 });

async function* pieces(...list: unknown[]): AsyncGenerator<Uint8Array | string> {
  for (const piece of list) {
    if (piece instanceof Error) throw piece;
    yield piece as string;
  }
}

const secret = () => new Error('secret');

export const REPLIES: Readonly<Record<string, Reply>> = {
  text: { reply: () => ({ body: 'hello' }), body: 'hello' },
  nothing: { reply: () => ({}) },
  'a promise': { reply: async () => ({ body: 'later' }), body: 'later' },
  'text beyond ASCII': {
    reply: () => ({ body: 'h\u00e9\u{1f600}' }),
    body: 'h\xc3\xa9\xf0\x9f\x98\x80',
  },
  bytes: { reply: () => ({ body: Buffer.from([0, 255, 13, 10]) }), body: '\0\xff\r\n' },
  'a large body': { reply: () => ({ body: 'x'.repeat(LARGE) }), body: 'x'.repeat(LARGE) },
  'a body that looks like a response': {
    reply: () => ({ body: 'HTTP/1.1 200 OK\r\n\r\n' }),
    body: 'HTTP/1.1 200 OK\r\n\r\n',
  },
  'headers of every kind': {
    reply: () => ({ headers: { 'X-A': 'b', n: 1, 'Set-Cookie': ['c', 'd'], l: '\xe9' } }),
    headers: [
      ['X-A', 'b'],
      ['n', '1'],
      ['Set-Cookie', 'c'],
      ['Set-Cookie', 'd'],
      ['l', '\xe9'],
    ],
  },
  'a status without a phrase': { reply: () => ({ status: 599 }), status: 599 },

  // Splitting (CWE-113).
  'CR LF in a value': injected({ a: 'b\r\nSet-Cookie: c' }),
  'LF in a value': injected({ a: 'b\nc: d' }),
  'CR in a value': injected({ a: 'b\rc: d' }),
  'NUL in a value': injected({ a: 'b\0' }),
  'a letter whose low byte is LF': injected({ a: '\u560a' }),
  'CR LF in one value of two': injected({ a: ['b', 'c\r\n\r\nHTTP/1.1 200 OK'] }),
  'CR LF in a pair': injected([['a', 'b\r\nc: d']]),
  'CR LF in a name': injected({ 'a: b\r\nc': 'd' }),
  'a space in a name': injected({ 'a b': 'c' }),
  'a colon in a name': injected({ 'a:b': 'c' }),
  'an empty name': injected({ '': 'c' }),
  'a value that is an object': injected({ a: { toString: () => 'b\r\nc: d' } }),
  'Transfer-Encoding': injected({ 'Transfer-Encoding': 'chunked' }),
  'a Content-Length that is no number': injected({ 'content-length': '1\r\n' }),
  'a Content-Length with a sign': injected({ 'content-length': '+0' }),

  'status 99': impossible({ status: 99 }),
  'status 600': impossible({ status: 600 }),
  'status 200.5': impossible({ status: 200.5 }),
  'status NaN': impossible({ status: Number.NaN }),
  'a status as text': impossible({ status: '200 OK\r\nA: b' }),
  'status 103 as the reply': impossible({ status: 103 }),
  'status 101 unasked': impossible({ status: 101, switchTo: 'websocket' }),
  'no object': impossible('hello'),
  null: impossible(null),
  'no reply': impossible(undefined),
  'no reply, late': { reply: async () => undefined, status: 500 },
  'a body that is a number': impossible({ body: 7 }),
  'a body that is an object': impossible({ body: {} }),

  '204': { reply: () => ({ status: 204 }), status: 204, framing: 'none' },
  '204 with a body': impossible({ status: 204, body: 'x' }),
  '204 with a stream': { reply: () => ({ status: 204, body: pieces('x') }), status: 500 },
  '205': { reply: () => ({ status: 205 }), status: 205 },
  '304': {
    reply: () => ({ status: 304, headers: { etag: '"x"' } }),
    status: 304,
    headers: [['etag', '"x"']],
    framing: 'none',
  },
  '304 that says a length': {
    reply: () => ({ status: 304, headers: { 'content-length': 7 } }),
    status: 304,
    framing: 'none',
    length: 7,
  },
  '304 with a body': impossible({ status: 304, body: 'x' }),

  'the right Content-Length': {
    reply: () => ({ headers: { 'content-length': '2' }, body: 'ab' }),
    body: 'ab',
  },
  'too long a Content-Length': impossible({ headers: { 'content-length': 3 }, body: 'ab' }),
  'too short a Content-Length': impossible({ headers: { 'content-length': 1 }, body: 'ab' }),
  'a Content-Length without a body': {
    reply: () => ({ headers: { 'content-length': 3 } }),
    status: 500,
    headStatus: 200,
  },
  'two Content-Lengths': impossible({
    headers: { 'Content-Length': 2, 'content-length': 3 },
    body: 'ab',
  }),

  'a throw': {
    reply: () => {
      throw secret();
    },
    status: 500,
  },
  'a rejection': { reply: () => Promise.reject(secret()), status: 500 },
  'a throw of nothing': {
    reply: () => {
      // oxlint-disable-next-line typescript/only-throw-error -- what a handler may do
      throw undefined;
    },
    status: 500,
  },
  'an HttpError': {
    reply: () => {
      throw new HttpError(404, 'secret');
    },
    status: 404,
  },
  'an HttpError of no error': {
    reply: () => {
      throw new HttpError(200, 'secret');
    },
    status: 500,
  },

  'a stream': {
    reply: () => ({ body: pieces('ab', '', Buffer.from('c\u00e9'), '\r\n0\r\n\r\n') }),
    body: 'abc\xc3\xa9\r\n0\r\n\r\n',
    framing: 'chunked',
  },
  'an empty stream': { reply: () => ({ body: pieces() }), framing: 'chunked' },
  'a large stream': {
    reply: () => ({ body: pieces(...Array.from({ length: 10 }, () => 'y'.repeat(LARGE / 10))) }),
    body: 'y'.repeat(LARGE),
    framing: 'chunked',
  },
  'a web stream': {
    reply: () => ({ body: new Blob(['blob']).stream() }),
    body: 'blob',
    framing: 'chunked',
  },
  'a stream of known length': {
    reply: () => ({ headers: { 'content-length': 4 }, body: pieces('ab', 'cd') }),
    body: 'abcd',
  },
  trailers: {
    reply: () => ({ body: pieces('a'), trailers: () => ({ 'x-sum': '1', y: 'z' }) }),
    body: 'a',
    framing: 'chunked',
    trailers: [
      ['x-sum', '1'],
      ['y', 'z'],
    ],
  },
  'trailers that split': {
    reply: () => ({ body: pieces('a'), trailers: () => ({ x: 'y\r\n\r\nHTTP/1.1 200 OK' }) }),
    body: 'a',
    framing: 'chunked',
    breaks: 'trailers',
  },
  'a trailer that frames': {
    reply: () => ({ body: pieces('a'), trailers: () => ({ 'content-length': 1 }) }),
    body: 'a',
    framing: 'chunked',
    breaks: 'trailers',
  },
  'a stream that throws at once': {
    reply: () => ({ body: pieces(secret()) }),
    framing: 'chunked',
    breaks: true,
  },
  'a stream that throws': {
    reply: () => ({ body: pieces('ab', secret()) }),
    body: 'ab',
    framing: 'chunked',
    breaks: true,
  },
  'a stream that gives a number': {
    reply: () => ({ body: pieces('ab', 7) }),
    body: 'ab',
    framing: 'chunked',
    breaks: true,
  },
  'a stream that is too short': {
    reply: () => ({ headers: { 'content-length': 4 }, body: pieces('ab') }),
    body: 'ab',
    length: 4,
    breaks: true,
  },
  'a stream that is too long': {
    reply: () => ({ headers: { 'content-length': 2 }, body: pieces('ab', 'cd') }),
    body: 'ab',
    length: 2,
    breaks: true,
  },

  '103 ahead of the reply': {
    reply: (_request, connection) => {
      connection.send({ status: 103, headers: { link: '</x>' } });
      return { body: 'hinted' };
    },
    body: 'hinted',
  },
  'a whole response sent ahead': {
    reply: (_request, connection) => {
      connection.send({ status: 200, body: 'x' });
      return {};
    },
    status: 500,
  },
  'an echo of the request': {
    reply: (request) => ({ headers: { 'x-target': request.target }, body: request.body }),
    headers: [['x-target', `/${encodeURIComponent('an echo of the request')}`]],
  },
};
