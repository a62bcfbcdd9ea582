/** RFC 9112, 4 and 6 to 7; RFC 9110, 6.6.1 (Date), 8.6 (Content-Length), 9.3.2 (HEAD), 15 (statuses). What may be sent. */
import { Buffer } from 'node:buffer';
import t from 'tap';
import { HttpError } from '../../src/errors.ts';
import { makeHttp } from '../../src/protocols/http1/http.ts';
import type { HttpRequest } from '../../src/protocols/http1/request.ts';
import type { HttpResponse } from '../../src/protocols/http1/response.ts';
import type { After } from '../../src/protocols/protocol.ts';
import { Writer } from '../../src/protocols/writer.ts';
import { bytes, LIMIT, NOW_MS, written } from './support.ts';

let now = NOW_MS;
const protocol = makeHttp({}, () => now);
const writer = new Writer();
const DATE = 'Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n';

function requestOf(text: string): HttpRequest {
  const decoder = protocol.server.decoder(LIMIT);
  decoder.feed(bytes(text), 0, text.length, 0);
  decoder.next();
  return decoder.take();
}
const GET = requestOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
const HEAD = requestOf('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
const CLOSE = requestOf('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
const OLD = requestOf('GET / HTTP/1.0\r\n\r\n');
const OLD_KEPT = requestOf('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n');
const UPGRADE = requestOf('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');

function encode(response: unknown, request: HttpRequest | null = GET) {
  const input = request ?? undefined;
  const after: After | undefined = protocol.server.encode(response as HttpResponse, writer, input);
  return { text: written(writer), after };
}

async function drained(after: After | undefined): Promise<string> {
  let text = '';
  for await (const piece of after!.stream!) {
    text += typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1');
  }
  return text;
}

async function* pieces(...list: unknown[]): AsyncGenerator<Uint8Array | string> {
  for (const piece of list) yield piece as string;
}

const sends = (
  what: string,
  response: unknown,
  request: HttpRequest,
  text: string,
  closes = false,
) =>
  t.test(what, (t) => {
    const sent = encode(response, request);
    t.equal(sent.text, text);
    t.equal(sent.after?.close ?? false, closes);
    t.end();
  });

void sends('nothing given', {}, GET, `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 0\r\n\r\n`);
void sends(
  'text',
  { body: 'h\u00e9llo \u{1f600}' },
  GET,
  `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 11\r\n\r\nh\xc3\xa9llo \xf0\x9f\x98\x80`,
);
void sends(
  'bytes',
  { body: Buffer.from([0, 255]) },
  GET,
  `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 2\r\n\r\n\0\xff`,
);
void sends(
  'headers by name',
  { headers: { 'X-A': 'b', n: 1, list: ['c', 'd'], none: undefined } },
  GET,
  `HTTP/1.1 200 OK\r\n${DATE.slice(0, -2)}\r\nX-A: b\r\nn: 1\r\nlist: c\r\nlist: d\r\nContent-Length: 0\r\n\r\n`,
);
void sends(
  'headers one by one',
  {
    headers: [
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ],
  },
  GET,
  `HTTP/1.1 200 OK\r\n${DATE}Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n`,
);
void sends(
  'a header beyond ASCII, as latin1',
  { headers: { x: '\xe9' }, body: '\u00e9' },
  GET,
  `HTTP/1.1 200 OK\r\n${DATE}x: \xe9\r\nContent-Length: 2\r\n\r\n\xc3\xa9`,
);
void sends(
  'a status without a phrase',
  { status: 299 },
  GET,
  `HTTP/1.1 299 \r\n${DATE}Content-Length: 0\r\n\r\n`,
);
void sends(
  'a Date of its own',
  { headers: { date: 'now' } },
  GET,
  'HTTP/1.1 200 OK\r\ndate: now\r\nContent-Length: 0\r\n\r\n',
);
void sends(
  'a Content-Length that is right',
  { headers: { 'Content-Length': 2 }, body: 'ab' },
  GET,
  `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 2\r\n\r\nab`,
);
void sends(
  '204 without Content-Length (8.6)',
  { status: 204 },
  GET,
  `HTTP/1.1 204 No Content\r\n${DATE.slice(0, -2)}\r\n\r\n`,
);
void sends(
  '304 without',
  { status: 304, headers: { etag: '"x"' } },
  GET,
  `HTTP/1.1 304 Not Modified\r\n${DATE}etag: "x"\r\n\r\n`,
);
void sends(
  '304 with the length that 200 would have',
  { status: 304, headers: { 'content-length': '7' } },
  GET,
  `HTTP/1.1 304 Not Modified\r\n${DATE}Content-Length: 7\r\n\r\n`,
);
void sends(
  'HEAD, with the length and without the body (9.3.2)',
  { body: 'hello' },
  HEAD,
  `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 5\r\n\r\n`,
);
void sends(
  'HEAD, with a length that is only said',
  { headers: { 'content-length': 70_000 } },
  HEAD,
  `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 70000\r\n\r\n`,
);
void sends(
  'Connection: close asked for (9112, 9.6)',
  { body: 'x' },
  CLOSE,
  `HTTP/1.1 200 OK\r\n${DATE}Connection: close\r\nContent-Length: 1\r\n\r\nx`,
  true,
);
void sends(
  'Connection: close given',
  { headers: { Connection: 'Close' } },
  GET,
  `HTTP/1.1 200 OK\r\n${DATE}Connection: close\r\nContent-Length: 0\r\n\r\n`,
  true,
);
void sends(
  'HTTP/1.0',
  { body: 'x' },
  OLD,
  `HTTP/1.1 200 OK\r\n${DATE}Connection: close\r\nContent-Length: 1\r\n\r\nx`,
  true,
);
void sends(
  'HTTP/1.0 that stays',
  { body: 'x' },
  OLD_KEPT,
  `HTTP/1.1 200 OK\r\n${DATE}Connection: keep-alive\r\nContent-Length: 1\r\n\r\nx`,
);

void t.test('headers are read anew where they differ, and kept where they do not', (t) => {
  const headers: Record<string, string> = { a: '1' };
  t.match(encode({ headers }).text, '\r\na: 1\r\n');
  t.match(encode({ headers }).text, '\r\na: 1\r\n');
  headers.a = '2';
  t.match(encode({ headers }).text, '\r\na: 2\r\n');
  headers.b = '3';
  t.match(encode({ headers }).text, '\r\na: 2\r\nb: 3\r\n');
  delete headers.a;
  t.match(encode({ headers }).text, 'GMT\r\nb: 3\r\n');
  t.notMatch(encode({}).text, 'b: 3');
  headers.connection = 'close';
  t.equal(encode({ headers }).after?.close, true);
  t.equal(encode({ headers }).after?.close, true, 'from the last time');
  t.equal(encode({ headers: { b: '3' } }).after, undefined);
  const list = { list: ['x'] };
  encode({ headers: list });
  list.list.push('y');
  t.match(encode({ headers: list }).text, 'list: x\r\nlist: y');
  t.throws(() => encode({ headers: { b: '\r\n' } }), TypeError);
  t.throws(() => encode({ headers: { b: '\r\n' } }), TypeError, 'and again');
  t.match(encode({ headers: { b: '3' } }).text, 'GMT\r\nb: 3\r\n');
  t.end();
});

void t.test('the Date is that of its second', (t) => {
  now = NOW_MS + 999;
  t.match(encode({}).text, 'Date: Sun, 06 Nov 1994 08:49:37 GMT');
  now = NOW_MS + 1000;
  t.match(encode({}).text, 'Date: Sun, 06 Nov 1994 08:49:38 GMT');
  now = NOW_MS;
  t.match(encode({}).text, 'Date: Sun, 06 Nov 1994 08:49:37 GMT', 'also backwards');
  t.end();
});

void t.test('what cannot be sent is refused, and nothing of it is written', (t) => {
  const refused: ReadonlyArray<readonly [unknown, RegExp, HttpRequest?]> = [
    [undefined, /takes a response/],
    ['text', /takes a response/],
    [null, /takes a response/],
    [{ status: 600 }, /status/],
    [{ status: 200.5 }, /status/],
    [{ status: Number.NaN }, /status/],
    [{ status: '200' }, /status/],
    [{ status: 99 }, /status/],
    [{ status: 103 }, /send/],
    [{ status: 101 }, /101/],
    [{ status: 101, switchTo: 'x' }, /upgrade/],
    [{ headers: { 'a\r\nb': 'c' } }, /header name/],
    [{ headers: { '': 'c' } }, /header name/],
    [{ headers: { 'a:': 'c' } }, /header name/],
    [{ headers: { 'a b': 'c' } }, /header name/],
    [{ headers: { '\u00e9': 'c' } }, /header name/],
    [{ headers: { a: 'b\r\nc: d' } }, /control byte/],
    [{ headers: { a: 'b\nc' } }, /control byte/],
    [{ headers: { a: 'b\rc' } }, /control byte/],
    [{ headers: { a: 'b\0' } }, /control byte/],
    [{ headers: { a: '\u0100' } }, /latin1/],
    [{ headers: { a: '\u560a' } }, /latin1/], // whose low byte is an LF
    [{ headers: { a: ['b', 'c\r\n'] } }, /control byte/],
    [{ headers: [['a', 'b\r\n']] }, /control byte/],
    [{ headers: { a: {} } }, /string or a number/],
    [{ headers: { a: Number.NaN } }, /string or a number/],
    [{ headers: { 'Transfer-Encoding': 'chunked' } }, /set for you/],
    [{ headers: { 'content-length': 'x' } }, /whole number/],
    [{ headers: { 'content-length': -1 } }, /whole number/],
    [{ headers: { 'content-length': 3 }, body: 'ab' }, /body has 2/],
    [{ headers: { 'content-length': 3 } }, /body has 0/],
    [{ headers: { 'Content-Length': 3, 'content-length': 4 }, body: 'abc' }, /two Content-Lengths/],
    [{ body: 7 }, /body/],
    [{ body: {} }, /body/],
    [{ status: 204, body: 'x' }, /no body/],
    [{ status: 304, body: 'x' }, /no body/],
    [{ status: 204, body: pieces('x') }, /no body/],
    [{ headers: { 'content-length': 3 }, body: 'ab' }, /body has 2/, HEAD],
  ];
  for (const [response, says, request] of refused) {
    t.throws(() => encode(response, request ?? GET), { name: 'TypeError', message: says });
    t.equal(writer.size, 0);
  }
  t.throws(() => encode({}, null), /returned by message/);
  t.throws(() => encode({ status: 200 }, null), /returned by message/);
  t.end();
});

void t.test('a stream, in chunks (9112, 7.1)', async (t) => {
  const { text, after } = encode({
    body: pieces('a\u00e9', '', Buffer.from('bcd'), new Uint8Array(0)),
  });
  t.equal(text, `HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n`);
  t.equal(after?.close, false);
  t.equal(await drained(after), '3\r\na\u00e9\r\n3\r\nbcd\r\n0\r\n\r\n');
});

void t.test('a stream whose length is known', async (t) => {
  const { text, after } = encode({ headers: { 'content-length': 5 }, body: pieces('ab', 'cde') });
  t.equal(text, `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 5\r\n\r\n`);
  t.equal(await drained(after), 'abcde');
  await t.rejects(
    drained(encode({ headers: { 'content-length': 5 }, body: pieces('abcd') }).after),
    /1 bytes short/,
  );
  await t.rejects(
    drained(encode({ headers: { 'content-length': 5 }, body: pieces('abcd', 'ef') }).after),
    /longer/,
  );
  await t.rejects(drained(encode({ body: pieces(7) }).after), /strings or Uint8Arrays/);
});

void t.test('a stream to HTTP/1.0 ends with the connection (9112, 6.3)', async (t) => {
  const { text, after } = encode({ body: pieces('ab', 'c') }, OLD_KEPT);
  t.equal(text, `HTTP/1.1 200 OK\r\n${DATE}Connection: close\r\n\r\n`);
  t.equal(after?.close, true);
  t.equal(await drained(after), 'abc');
});

void t.test('trailers (9112, 7.1.2)', async (t) => {
  const trailers = () => ({ digest: 'x', 'X-Y': 'z' });
  t.equal(
    await drained(encode({ body: pieces('a'), trailers }).after),
    '1\r\na\r\n0\r\ndigest: x\r\nX-Y: z\r\n\r\n',
  );
  for (const bad of [
    { 'content-length': 1 },
    { host: 'a' },
    { connection: 'close' },
    { a: '\r\n' },
    { 'transfer-encoding': 'x' },
  ]) {
    await t.rejects(
      drained(encode({ body: pieces('a'), trailers: () => bad as never }).after),
      TypeError,
    );
  }
});

void t.test('a stream that HEAD does not want is told so', async (t) => {
  let returned = false;
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: 'x' }),
      return: async () => {
        returned = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const { text, after } = encode({ body }, HEAD);
  t.equal(text, `HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n`);
  t.equal(after, undefined);
  await new Promise(setImmediate);
  t.ok(returned);
});

void t.test('1xx: ahead of the reply, or with a switch', (t) => {
  t.same(encode({ status: 103, headers: { link: '</a>' } }, null), {
    text: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
    after: undefined,
  });
  t.throws(() => encode({ status: 103, body: 'x' }, null), /no body/);
  const { text, after } = encode(
    { status: 101, switchTo: 'x', headers: { upgrade: 'x', Connection: 'Upgrade' } },
    UPGRADE,
  );
  t.equal(text, 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nConnection: Upgrade\r\n\r\n');
  t.equal(after?.switchTo, 'x');
  t.end();
});

void t.test('a handler that throws: 500, or the status it names, and never its text', (t) => {
  const failed = (error: unknown, request: HttpRequest | null = GET) => {
    const after = protocol.server.encodeError!(error, writer, request ?? undefined);
    return { text: written(writer), close: after?.close ?? false };
  };
  t.same(failed(new Error('secret')), {
    text: `HTTP/1.1 500 Internal Server Error\r\n${DATE}Content-Length: 0\r\n\r\n`,
    close: false,
  });
  t.match(
    failed(new HttpError(404, 'secret')).text,
    /^HTTP\/1.1 404 Not Found\r\n[^]*Content-Length: 0\r\n\r\n$/,
  );
  t.match(failed(new HttpError(200, 'no error')).text, 'HTTP/1.1 500 ');
  t.match(failed(new HttpError(4.5, 'none')).text, 'HTTP/1.1 500 ');
  t.equal(failed(new Error('x'), CLOSE).close, true);
  t.equal(failed(new Error('x'), null).close, true);
  t.end();
});
