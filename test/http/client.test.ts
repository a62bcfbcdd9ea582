/** The client's side: what it encodes the server decodes, and it decodes what servers send (RFC 9112, 4 and 6.3). */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import t from 'tap';
import { http, makeHttp } from '../../src/protocols/http1/http.ts';
import { METHODS } from '../../src/protocols/http1/methods.ts';
import type { HttpRequest } from '../../src/protocols/http1/request.ts';
import type { ResponseDecoder } from '../../src/protocols/http1/response-decoder.ts';
import { Step } from '../../src/protocols/protocol.ts';
import { Writer } from '../../src/protocols/writer.ts';
import { bytes, hear, hearResponses, LIMIT, NOW_MS, plainRequest, written } from './support.ts';

const protocol = makeHttp({}, () => NOW_MS);
const writer = new Writer();

function encoded(request: unknown): string {
  protocol.client.encode(request as HttpRequest, writer, undefined);
  return written(writer);
}

void t.test('requests', (t) => {
  t.equal(encoded({}), 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.equal(
    encoded({ method: 'POST', target: '/x?y', headers: { host: 'b', a: 'c' }, body: '\u00e9' }),
    'POST /x?y HTTP/1.1\r\nhost: b\r\na: c\r\nContent-Length: 2\r\n\r\n\xc3\xa9',
  );
  t.equal(
    encoded({ method: 'POST' }),
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n',
  );
  t.equal(
    encoded({ headers: { x: '\xe9', connection: 'close' }, body: Buffer.from([255]) }),
    'GET / HTTP/1.1\r\nHost: localhost\r\nx: \xe9\r\nConnection: close\r\nContent-Length: 1\r\n\r\n\xff',
  );
  const refused: ReadonlyArray<readonly [unknown, RegExp]> = [
    [undefined, /takes a request/],
    ['GET', /takes a request/],
    [{ method: 'G T' }, /method/],
    [{ method: '' }, /method/],
    [{ target: '/ HTTP/1.1\r\nX: y' }, /target/],
    [{ target: '' }, /target/],
    [{ target: '/\u00e9' }, /target/],
    [{ target: '/\u0141' }, /target/],
    [{ headers: { a: '\r\n' } }, /control byte/],
    [{ headers: { 'content-length': 3 }, body: 'ab' }, /body has 2/],
    [{ headers: { 'transfer-encoding': 'chunked' } }, /set for you/],
  ];
  for (const [request, says] of refused) {
    t.throws(() => encoded(request), { name: 'TypeError', message: says });
    t.equal(writer.size, 0);
  }
  t.end();
});

const name = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
  .filter(
    (each) =>
      !/^(host|connection|expect|upgrade|content-length|transfer-encoding|date)$/i.test(each),
  );
const value = fc.stringMatching(/^[!-~\x80-\xff]([ -~\x80-\xff\t]{0,20}[!-~])?$/);
const headers = fc.array(fc.tuple(name, value), { maxLength: 6 });
const body = fc.uint8Array({ maxLength: 300 });

void t.test('what one side encodes the other decodes', (t) => {
  fc.assert(
    fc.property(
      fc.record({
        method: fc.constantFrom(...METHODS),
        target: fc.webPath().map((path) => `/${path.replaceAll(/[^!-~]|["#<>]/g, '')}`),
        headers,
        body,
      }),
      (given) => {
        if (given.method === 'OPTIONS' && given.target === '*') return;
        const heard = hear([bytes(encoded(given))]);
        const [request] = heard.messages;
        const lengths = request.headers.filter(([each]) => each === 'content-length');
        t.same([request.method, request.target], [given.method, given.target]);
        t.same(request.body, Buffer.from(given.body).toString('latin1'));
        t.ok(lengths.length <= 1);
        t.same(
          request.headers.filter(([each]) => each !== 'content-length' && each !== 'host'),
          given.headers.map(([each, text]) => [each.toLowerCase(), text]),
        );
      },
    ),
    { numRuns: 300, seed: 1 },
  );
  const decoder = protocol.server.decoder(LIMIT);
  const get = bytes('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  decoder.feed(get, 0, get.length, 0);
  decoder.next();
  const request = decoder.take();
  fc.assert(
    fc.property(
      fc.record({
        status: fc.integer({ min: 200, max: 599 }),
        headers,
        body: fc.oneof(body, fc.string()),
      }),
      ({ status, headers, body }) => {
        const bare = status === 204 || status === 304;
        protocol.server.encode({ status, headers, body: bare ? undefined : body }, writer, request);
        const text = bytes(written(writer));
        const whole = hearResponses([text, bytes('HTTP/1.1 204 \r\n\r\n')]);
        t.equal(whole.messages.length, 2);
        const [response] = whole.messages;
        t.equal(response.status, status);
        t.same(Buffer.from(bare ? '' : body), response.body);
        t.same(
          [...response.headers].filter(([each]) => each !== 'content-length' && each !== 'date'),
          headers.map(([each, text]) => [each.toLowerCase(), text]),
        );
      },
    ),
    { numRuns: 300, seed: 2 },
  );
  t.end();
});

void t.test('a request that was received is sent on as it is', (t) => {
  const decoder = protocol.server.decoder(LIMIT);
  const text = bytes(
    'POST /x HTTP/1.1\r\nHost: a\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  );
  decoder.feed(text, 0, text.length, 0);
  decoder.next();
  t.equal(
    encoded(decoder.take()),
    'POST /x HTTP/1.1\r\nhost: a\r\nx: y\r\nContent-Length: 2\r\n\r\nab',
  );
  t.end();
});

/** Heard whole, cut at every byte, and byte by byte. */
function heardAll(text: string, end = false) {
  const all = bytes(text);
  const view = (pieces: readonly Buffer[]) => {
    const heard = hearResponses(pieces, {}, end);
    return {
      step: heard.step,
      says: heard.says,
      messages: heard.messages.map((each) => ({
        status: each.status,
        headers: [...each.headers],
        body: each.body.toString('latin1'),
        trailers: [...each.trailerFields],
        keepAlive: each.keepAlive,
      })),
    };
  };
  const whole = view([all]);
  for (let at = 1; at < all.length; at += 1)
    assert.deepEqual(view([all.subarray(0, at), all.subarray(at)]), whole);
  assert.deepEqual(view(Array.from(all, (byte) => Buffer.from([byte]))), whole);
  return whole;
}

const response = (status: number, headers: Array<[string, string]>, body = '', more = {}) => ({
  status,
  headers,
  body,
  trailers: [],
  keepAlive: true,
  ...more,
});
const takes = (what: string, text: string, expected: unknown[], end = false) =>
  t.test(`takes ${what}`, (t) => {
    t.same(heardAll(text, end).messages, expected);
    t.end();
  });

void takes('a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab', [
  response(200, [['content-length', '2']], 'ab'),
]);
void takes('no phrase', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', [
  response(200, [['content-length', '0']]),
]);
void takes(
  'chunks and trailers',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n',
  [response(200, [['transfer-encoding', 'chunked']], 'a', { trailers: [['x', 'y']] })],
);
void takes(
  'several',
  'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
  [
    response(204, []),
    response(304, [['content-length', '9']]),
    response(200, [['content-length', '1']], 'x'),
  ],
);
void takes(
  'interim ones, which are passed over',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  [response(200, [['content-length', '0']])],
);
void takes(
  '101, and nothing behind it',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x01\x02',
  [response(101, [['upgrade', 'x']], '', { keepAlive: false })],
);
void takes(
  'Connection: close, and nothing behind it',
  'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nxHTTP',
  [
    response(
      200,
      [
        ['connection', 'close'],
        ['content-length', '1'],
      ],
      'x',
      { keepAlive: false },
    ),
  ],
);
void takes('HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', [
  response(200, [['content-length', '1']], 'x', { keepAlive: false }),
]);
void takes(
  'a body up to the end',
  'HTTP/1.1 200 OK\r\nX: y\r\n\r\nabc',
  [response(200, [['x', 'y']], 'abc', { keepAlive: false })],
  true,
);

const refuses = (what: string, text: string) =>
  t.test(`refuses ${what}`, (t) => {
    const { step, messages } = heardAll(text);
    t.equal(step, Step.FAIL);
    t.same(messages, []);
    t.end();
  });
for (const line of [
  'HTTP/2 200 OK',
  'HTTP/1.2 200 OK',
  'http/1.1 200 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1 600 OK',
  'HTTP/1.1 200',
  'HTTP/1.1 200 O\rK',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 OK\nX: y',
  '\r\nHTTP/1.1 200 OK',
  'ICY 200 OK',
]) {
  void refuses(JSON.stringify(line), `${line}\r\nContent-Length: 0\r\n\r\n`);
}
void refuses('two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx');
void refuses(
  'a length and chunks',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
);
void refuses(
  'another coding',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
);
void refuses(
  'HTTP/1.0 with chunks',
  'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
);
void refuses('a folded line', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n');
void refuses('a body beyond the limit', 'HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n');

void t.test('answers to HEAD have no body (RFC 9112, 6.3)', (t) => {
  const decoder = http().client.decoder(LIMIT) as ResponseDecoder;
  const text = bytes(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
  );
  decoder.expect(true);
  decoder.expect(false);
  decoder.feed(text, 0, text.length, 0);
  t.equal(decoder.next(), Step.MESSAGE);
  t.equal(decoder.take().body.length, 0);
  t.equal(decoder.next(), Step.MESSAGE);
  t.equal(decoder.take().body.length, 1);
  t.equal(decoder.next(), Step.MORE);
  t.end();
});

void t.test('a response that is cut short', (t) => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc';
  t.equal(hearResponses([bytes(text)], {}, true).step, Step.FAIL);
  t.equal(hearResponses([bytes(text.slice(0, 20))], {}, true).step, Step.FAIL);
  t.end();
});

void t.test('plainRequest is what this suite compares', (t) => {
  const decoder = protocol.server.decoder(LIMIT);
  const text = bytes('GET /a?b HTTP/1.1\r\nHost: c:1\r\n\r\n');
  decoder.feed(text, 0, text.length, 0);
  decoder.next();
  const request = decoder.take();
  t.same(plainRequest(request).headers, [['host', 'c:1']]);
  t.same([request.path, request.query, request.host], ['/a', 'b', 'c:1']);
  t.end();
});
