/** Request bodies that are read while they come: in order, with backpressure, refused and cut in mid-body. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { HttpError } from '../../src/errors.ts';
import { defineHandler } from '../../src/handler.ts';
import { http } from '../../src/protocols/http1/http.ts';
import type { HttpResponse } from '../../src/protocols/http1/response.ts';
import { Client, split, start } from './exchange.ts';

const BODY = 4 * 1024 * 1024;
const post = (path: string, fields: string, body = '') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
const failures: unknown[] = [];
let taken = 0;

const handler = (concurrency: number) =>
  defineHandler({
    protocol: http({ body: 'stream', bodyLimitBytes: BODY }),
    concurrency,
    async message(request): Promise<HttpResponse> {
      switch (request.path) {
        case '/ignore':
          return { body: 'ignored' };
        case '/early':
          await request.stream()[Symbol.asyncIterator]().next();
          return { body: 'early' };
        case '/break':
          for await (const _ of request.stream()) break;
          return { body: 'broken off' };
        case '/echo':
          return { body: request.stream() };
        case '/slow':
          for await (const piece of request.stream()) {
            taken += piece.length;
            await sleep(5);
          }
          return { body: 'slow' };
        default: {
          try {
            const body = await request.bytes();
            return {
              body: `${body.length} ${[...request.trailers].map((pair) => pair.join('=')).join()} ${body.toString('latin1', 0, 10)}`,
            };
          } catch (error) {
            failures.push(error);
            throw error;
          }
        }
      }
    },
    error() {},
  });

for (const concurrency of [1, 8]) {
  void t.test(`with ${concurrency} at a time`, async (t) => {
    const server = await start(handler(concurrency));
    const { port } = server;
    const ask = async (text: string) => {
      const client = new Client(port);
      const answer = await client.send(text).responses();
      const ends = /\r\nConnection: close\r\n/.test(answer);
      if (ends) await client.rest();
      t.equal(client.ended, ends);
      client.destroy();
      return answer;
    };

    await t.test('by length, and none', async (t) => {
      t.match(await ask(post('/', 'Content-Length: 5', 'hello')), '5  hello');
      t.match(await ask(post('/', 'Content-Length: 0')), '0  ');
      t.match(await ask(post('/', 'X: y')), '0  ');
      t.match(
        await ask(post('/', `Content-Length: ${BODY}`, 'y'.repeat(BODY))),
        `${BODY}  yyyyyyyyyy`,
      );
    });

    await t.test('chunked, with trailers, byte by byte', async (t) => {
      const text = post(
        '/',
        'Transfer-Encoding: chunked',
        '5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n',
      );
      t.match(await ask(text), '6 x=y hello!');
      const client = new Client(port);
      for (const char of text) {
        client.send(char);
        await sleep(0);
      }
      t.match(await client.responses(), '6 x=y hello!');
      client.destroy();
    });

    await t.test('pipelined, in order', async (t) => {
      const client = new Client(port);
      const one = (i: number) => post('/', 'Content-Length: 1', String(i));
      const text = await client
        .send([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(one).join(''))
        .responses(10);
      t.same([...text.matchAll(/1 {2}(\d)/g)].map(([, digit]) => digit).join(''), '0123456789');
      client.destroy();
    });

    await t.test('a reader that is slow holds the client back', async (t) => {
      const client = new Client(port);
      taken = 0;
      client.send(post('/slow', `Content-Length: ${BODY}`)).send('x'.repeat(BODY));
      await sleep(40);
      t.ok(taken < BODY / 2, `${taken} taken`);
      t.match(await client.responses(), 'slow');
      t.equal(taken, BODY);
      client.destroy();
    });

    await t.test('echoed while it comes', async (t) => {
      const client = new Client(port);
      client.send(post('/echo', 'Transfer-Encoding: chunked', '3\r\nabc\r\n'));
      await client.until((text) => text.includes('abc\r\n'));
      client.send('3\r\ndef\r\n');
      t.equal(await client.until((text) => text.includes('def\r\n')), '3\r\ndef\r\n');
      client.send('0\r\n\r\n');
      t.equal(await client.until((text) => text.includes('0\r\n\r\n')), '0\r\n\r\n');
      t.match(await client.send(post('/', 'Content-Length: 1', 'x')).responses(), '1  x');
      client.destroy();
    });

    await t.test('nobody reads: skipped where it is short, else the end', async (t) => {
      const client = new Client(port);
      const short = post('/ignore', 'Content-Length: 5', 'hello');
      const text = await client
        .send(short + short + post('/', 'Content-Length: 1', 'x'))
        .responses(3);
      t.match(text, /ignored[^]*ignored[^]*1 {2}x/);
      client.destroy();
      t.match(
        await ask(post('/ignore', `Content-Length: ${BODY}`)),
        /Connection: close[^]*ignored/,
      );
      t.match(
        await ask(post('/ignore', 'Transfer-Encoding: chunked')),
        /Connection: close[^]*ignored/,
      );
      t.match(
        await ask(post('/early', `Content-Length: ${BODY}`, 'x')),
        /Connection: close[^]*early/,
      );
      t.match(await ask(post('/break', 'Content-Length: 9', 'x')), /broken off/);
    });

    await t.test('100 Continue when it is asked for, and not when it is not', async (t) => {
      const client = new Client(port);
      const expect = 'Expect: 100-continue\r\nContent-Length: 3';
      const text = await client
        .send(post('/', 'Content-Length: 1', 'a') + post('/', expect))
        .until((all) => all.includes('100 Continue'));
      t.match(text, /1 {2}aHTTP\/1.1 100 Continue\r\n\r\n$/);
      t.match(await client.send('xyz').responses(), '3  xyz');
      client.destroy();
      const refused = await ask(post('/ignore', expect));
      t.notMatch(refused, '100 Continue');
      t.match(refused, /Connection: close[^]*ignored/);
      const echo = new Client(port);
      t.match(
        await echo.send(post('/echo', expect)).until((all) => all.includes('chunked')),
        /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/,
      );
      t.match(
        await echo.send('xyz').until((all) => all.includes('0\r\n\r\n')),
        '3\r\nxyz\r\n0\r\n\r\n',
      );
      echo.destroy();
      t.match(
        await ask(post('/', expect, 'xyz')),
        /^HTTP\/1.1 200 OK[^]*3 {2}xyz/,
        'not where it has come',
      );
    });

    await t.test('refused in mid-body: the reader is told, and answers', async (t) => {
      failures.length = 0;
      const bad = await ask(post('/', 'Transfer-Encoding: chunked', '5\r\nhelloX'));
      t.equal(
        split(bad).head,
        'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0',
      );
      t.match(await ask(post('/', 'Transfer-Encoding: chunked', '7fffffff\r\n')), 'HTTP/1.1 413 ');
      t.match(await ask(post('/', `Content-Length: ${BODY + 1}`)), 'HTTP/1.1 413 ');
      t.match(failures, [{ status: 400 }, { status: 413 }]);
      t.ok(failures.every((error) => error instanceof HttpError));
    });

    await t.test('cut in mid-body: the reader is told', async (t) => {
      failures.length = 0;
      for (const how of ['end', 'destroy'] as const) {
        const client = new Client(port);
        client.send(post('/', 'Content-Length: 5', 'abc'));
        await sleep(10);
        client[how]();
        while (failures.length === 0) await sleep(1);
        t.match(failures.pop(), /ended within the body/);
        client.destroy();
      }
    });

    await t.test('a server that stops lets the body come', async (t) => {
      const client = new Client(port);
      client.send(post('/', 'Content-Length: 6', 'abc'));
      await sleep(10);
      const closed = server.close();
      await sleep(10);
      t.match(await client.send('def').rest(), '6  abcdef');
      client.end();
      t.same(await closed, { forced: false });
    });
  });
}
