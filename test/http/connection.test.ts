/**
 * RFC 9112, 9 (connection management: keep-alive, pipelining, close), RFC 9110, 10.1.1 (100-continue): what takes more than
 * one write and one answer, on a socket, in every mode.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { defineHandler } from '../../src/handler.ts';
import { http } from '../../src/protocols/http1/http.ts';
import { forEveryMode, serveWith } from '../modes/support/combos.ts';
import { ask, askAndEnd, Client, split, start, until } from './exchange.ts';

const get = (target: string, fields = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const post = (fields: string, body = '') =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
/** More than the kernel's buffers hold, so that the client is still at it when it is refused. */
const FLOOD_BYTES = 8 * 1024 * 1024;

const TESTS: Readonly<Record<string, (t: Test, port: number) => Promise<void>>> = {
  'keep-alive: one after the other on one connection (9.3)': async (t, port) => {
    const client = new Client(port);
    for (let i = 0; i < 3; i += 1) {
      const { head, body } = split(
        await client.send(post('Content-Length: 2', `a${i}`)).responses(),
      );
      t.equal(head, 'HTTP/1.1 200 OK\r\nx-method: POST\r\nContent-Length: 2');
      t.equal(body, `a${i}`);
    }
    client.destroy();
  },

  'pipelined: answers in the order of the requests (9.3.2)': async (t, port) => {
    const client = new Client(port);
    const answers = await client
      .send(get('/after/40') + get('/after/1') + get('/throw') + get('/after/20') + get('/'))
      .responses(5);
    t.same(
      [...answers.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status),
      ['200', '200', '500', '200', '200'],
    );
    t.same(
      [...answers.matchAll(/\/after\/\d+/g)].map(([path]) => path),
      ['/after/40', '/after/1', '/after/20'],
    );
    client.destroy();
  },

  'Connection: close: the answer, then the end, and nothing behind it is heard (9.6)': async (
    t,
    port,
  ) => {
    const client = new Client(port);
    const text = await client.send(get('/after/5', 'Connection: close\r\n') + get('/never')).rest();
    t.equal(text.match(/HTTP\/1.1/g)?.length, 1);
    t.match(text, /\r\nConnection: close\r\n[^]*\/after\/5$/);
    client.destroy();
  },

  'HTTP/1.0 ends, unless it asks to stay (9.3)': async (t, port) => {
    const client = new Client(port);
    t.match(
      await client.send('GET / HTTP/1.0\r\n\r\n').rest(),
      /^HTTP\/1.1 200 OK\r\n[^]*Connection: close\r\n/,
    );
    client.destroy();
    const kept = new Client(port);
    const old = 'GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    for (let i = 0; i < 2; i += 1)
      t.match(await kept.send(old).responses(), '\r\nConnection: keep-alive\r\n');
    t.notOk(kept.ended);
    kept.destroy();
  },

  'what is refused is answered behind the answers due, and nothing after it': async (t, port) => {
    const client = new Client(port);
    const text = await client.send(`${get('/after/20')}BAD\r\n\r\n${get('/never')}`).rest();
    t.match(
      text,
      /\/after\/20HTTP\/1.1 400 Bad Request\r\n[^]*Connection: close\r\nContent-Length: 0\r\n\r\n$/,
    );
    client.destroy();
  },

  'the client that sends on after its refusal still gets it': async (t, port) => {
    const client = new Client(port);
    client.send(post('Content-Length: 99999999')).send('x'.repeat(FLOOD_BYTES));
    t.match(await client.rest(), /^HTTP\/1.1 413 Content Too Large\r\n[^]*\r\n\r\n$/);
    const chunks = new Client(port);
    chunks.send(post('Transfer-Encoding: chunked', '5\r\nhello!')).send('x'.repeat(FLOOD_BYTES));
    t.match(await chunks.rest(), /^HTTP\/1.1 400 Bad Request\r\n[^]*\r\n\r\n$/);
    chunks.destroy();
    client.destroy();
  },

  'a client that half-closes gets its answers (9.6)': async (t, port) => {
    t.match(
      await askAndEnd(port, get('/after/10') + get('/after/1')),
      /\/after\/10[^]*\/after\/1$/,
    );
    t.equal(
      await askAndEnd(port, post('Content-Length: 5', 'abc')),
      '',
      'cut short: nobody to tell',
    );
    t.match(await askAndEnd(port, `${get('/a')}\r\n`), /^HTTP\/1.1 200[^]*\r\n\r\n$/);
  },

  '100 Continue, before the body (RFC 9110, 10.1.1)': async (t, port) => {
    const client = new Client(port);
    const head = post('Expect: 100-continue\r\nContent-Length: 3');
    t.equal(
      await client.send(head).until((text) => text.endsWith('\r\n\r\n')),
      'HTTP/1.1 100 Continue\r\n\r\n',
    );
    t.match(await client.send('abc').responses(), /^HTTP\/1.1 200 OK[^]*abc$/);
    t.match(
      await client.send(`${head}abc`).responses(),
      /^HTTP\/1.1 200/,
      'not where the body is there',
    );
    // Behind an answer that is due, and before its own.
    const both = await client
      .send(get('/after/20') + head)
      .until((text) => text.includes('100 Continue\r\n\r\n'));
    t.match(both, /^HTTP\/1.1 200 OK[^]*\/after\/20HTTP\/1.1 100 Continue\r\n\r\n$/);
    client.destroy();
    t.match(await ask(port, post('Expect: other\r\nContent-Length: 0')), /^HTTP\/1.1 417/);
    t.match(
      await askAndEnd(port, 'POST / HTTP/1.0\r\nExpect: other\r\nContent-Length: 1\r\n\r\nx'),
      /^HTTP\/1.1 200[^]*x$/,
      'ignored of HTTP/1.0',
    );
  },

  '413 instead of 100 Continue (RFC 9110, 10.1.1)': async (t, port) => {
    const client = new Client(port);
    const answer = await client
      .send(post('Expect: 100-continue\r\nContent-Length: 9999999'))
      .rest();
    t.match(answer, /^HTTP\/1.1 413 [^]*\r\nConnection: close\r\n[^]*\r\n\r\n$/);
    client.destroy();
  },

  'HEAD between others, pipelined (RFC 9110, 9.3.2)': async (t, port) => {
    const head = get('/after/5').replace('GET', 'HEAD');
    const answer = await askAndEnd(port, get('/after/9') + head + get('/after/1'));
    t.match(
      answer,
      /\/after\/9HTTP\/1.1 200 OK\r\n[^]*Content-Length: 8\r\n\r\nHTTP\/1.1 200 OK\r\n[^]*\/after\/1$/,
    );
  },

  'byte by byte, and the next request with the last one': async (t, port) => {
    const client = new Client(port);
    const text = post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\nA: b\r\n\r\n');
    for (const byte of text.slice(0, -1)) {
      client.send(byte);
      await sleep(0);
    }
    const answers = await client.send(text.slice(-1) + get('/after/1')).responses(2);
    t.match(answers, /^HTTP\/1.1 200 OK\r\n[^]*helloHTTP\/1.1 200 OK\r\n[^]*\/after\/1$/);
    client.destroy();
  },

  'a request cut anywhere gets the same answer': async (t, port) => {
    const text = post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\nA: b\r\n\r\n');
    const whole = split(await ask(port, text));
    for (let at = 1; at < text.length; at += 7) {
      const client = new Client(port);
      client.send(text.slice(0, at));
      await sleep(1);
      t.same(split(await client.send(text.slice(at)).responses()), whole, `cut at ${at}`);
      client.destroy();
    }
  },

  'an error of the handler is 500, or what it says, and the connection goes on': async (
    t,
    port,
  ) => {
    const client = new Client(port);
    for (let i = 0; i < 2; i += 1) {
      const { head, body } = split(await client.send(get('/throw')).responses());
      t.equal(head, 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0');
      t.equal(body, '');
    }
    t.match(
      await client.send(post('Content-Length: 1', '{').replace('/', '/json')).responses(),
      'HTTP/1.1 400 Bad Request',
    );
    t.match(await client.send(get('/')).responses(), 'HTTP/1.1 200');
    client.destroy();
  },
};

void t.test('in every mode', async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'], unless: inSingle }, async (t, combo) => {
    const handler = new URL('./handlers/connection.ts', import.meta.url);
    const server = await serveWith(t, combo, { handler });
    const { port } = server.address as { port: number };
    for (const [what, test] of Object.entries(TESTS)) await t.test(what, (t) => test(t, port));
  });
});

function inSingle({ mode, readPath }: { mode: string; readPath: string }): string | undefined {
  return readPath === 'fast' || mode === 'single' ? undefined : 'in single alone';
}

void t.test(
  'a stream waits for a client that does not read, and is told when it goes',
  async (t) => {
    let cancelled = 0;
    let pulled = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          pulled += 1;
          yield Buffer.alloc(65_536, 'x');
        }
      } finally {
        cancelled += 1;
      }
    }
    const server = await start(
      defineHandler({ protocol: http(), message: () => ({ body: endless() }) }),
    );
    t.teardown(() => server.close());
    const client = new Client(server.port);
    client.send(get('/'));
    await client.until((text) => text.length > 100_000);
    client.socket.pause();
    let before = -1;
    const isStill = (): boolean => {
      const still = before === pulled;
      before = pulled;
      return still;
    };
    while (!isStill()) await sleep(100);
    t.ok(pulled < 400, `${pulled} pieces were pulled`);
    client.destroy();
    await until(() => cancelled > 0);
    t.equal(cancelled, 1);
  },
);
