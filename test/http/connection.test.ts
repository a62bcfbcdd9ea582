/** RFC 9112, 9 (connection management: keep-alive, pipelining, close), RFC 9110, 10.1.1 (100-continue), on a socket. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { defineHandler, Sent } from '../../src/handler.ts';
import { http } from '../../src/protocols/http1/http.ts';
import type { HttpResponse } from '../../src/protocols/http1/response.ts';
import { ask, askAndEnd, Client, split, start, until } from './exchange.ts';

const get = (target: string, fields = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const post = (fields: string, body = '') =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;

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
  defineHandler({
    protocol: http(),
    async message(request, connection): Promise<HttpResponse> {
      const { path } = request;
      if (path.startsWith('/after/')) {
        await sleep(Number(path.slice(7)));
        return { body: path };
      }
      switch (path) {
        case '/throw':
          throw new Error('secret');
        case '/bad':
          return { headers: { a: 'b\r\nc: d' } };
        case '/json':
          return { body: JSON.stringify(request.json()) };
        case '/endless':
          return { body: endless() };
        case '/fails':
          return {
            body: (async function* () {
              yield 'some';
              throw new Error('secret');
            })(),
          };
        case '/hints':
          if (connection.send({ status: 103, headers: { link: '</x>' } }) !== Sent.OK)
            throw new Error();
          return { body: 'hinted' };
        default:
          return { headers: { 'x-method': request.method }, body: request.body };
      }
    },
  }),
);
t.teardown(() => server.close());
const { port } = server;

void t.test('keep-alive: one after the other on one connection (9.3)', async (t) => {
  const client = new Client(port);
  for (let i = 0; i < 3; i += 1) {
    const { head, body } = split(await client.send(post('Content-Length: 2', `a${i}`)).responses());
    t.equal(head, 'HTTP/1.1 200 OK\r\nx-method: POST\r\nContent-Length: 2');
    t.equal(body, `a${i}`);
  }
  client.destroy();
});

void t.test('pipelined: answers in the order of the requests (9.3.2)', async (t) => {
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
});

void t.test(
  'Connection: close: the answer, then the end, and nothing behind it is heard (9.6)',
  async (t) => {
    const client = new Client(port);
    const text = await client.send(get('/after/5', 'Connection: close\r\n') + get('/never')).rest();
    t.equal(text.match(/HTTP\/1.1/g)?.length, 1);
    t.match(text, /\r\nConnection: close\r\n[^]*\/after\/5$/);
    client.destroy();
  },
);

void t.test('HTTP/1.0 ends, unless it asks to stay (9.3)', async (t) => {
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
});

void t.test(
  'what is refused is answered behind the answers due, and nothing after it',
  async (t) => {
    const client = new Client(port);
    const text = await client.send(`${get('/after/20')}BAD\r\n\r\n${get('/never')}`).rest();
    t.match(
      text,
      /\/after\/20HTTP\/1.1 400 Bad Request\r\n[^]*Connection: close\r\nContent-Length: 0\r\n\r\n$/,
    );
    client.destroy();
  },
);

void t.test('the client that sends on after its refusal still gets it', async (t) => {
  const client = new Client(port);
  client.send(post('Content-Length: 99999999'));
  for (let i = 0; i < 20; i += 1) client.send('x'.repeat(65_536));
  t.match(await client.rest(), /^HTTP\/1.1 413 Content Too Large/);
  client.destroy();
});

void t.test('a client that half-closes gets its answers (9.6)', async (t) => {
  t.match(await askAndEnd(port, get('/after/10') + get('/after/1')), /\/after\/10[^]*\/after\/1$/);
  t.equal(await askAndEnd(port, post('Content-Length: 5', 'abc')), '', 'cut short: nobody to tell');
  t.match(await askAndEnd(port, `${get('/a')}\r\n`), /^HTTP\/1.1 200[^]*\r\n\r\n$/);
});

void t.test('100 Continue, before the body (RFC 9110, 10.1.1)', async (t) => {
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
});

void t.test('a request cut anywhere gets the same answer', async (t) => {
  const text = post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\nA: b\r\n\r\n');
  const whole = split(await ask(port, text));
  for (let at = 1; at < text.length; at += 7) {
    const client = new Client(port);
    client.send(text.slice(0, at));
    await sleep(1);
    t.same(split(await client.send(text.slice(at)).responses()), whole, `cut at ${at}`);
    client.destroy();
  }
});

void t.test(
  'an error of the handler is 500, of its response too, and the connection goes on',
  async (t) => {
    const client = new Client(port);
    for (const path of ['/throw', '/bad']) {
      const { head, body } = split(await client.send(get(path)).responses());
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
);

void t.test('1xx ahead of the reply', async (t) => {
  const text = await new Client(port).send(get('/hints', 'Connection: close\r\n')).rest();
  t.match(text, /^HTTP\/1.1 103 Early Hints\r\nlink: <\/x>\r\n\r\nHTTP\/1.1 200 OK[^]*hinted$/);
});

void t.test(
  'a stream waits for a client that does not read, and is told when it goes',
  async (t) => {
    const client = new Client(port);
    client.send(get('/endless'));
    await client.until((text) => text.length > 100_000);
    client.socket.pause();
    await sleep(50);
    const before = pulled;
    await sleep(100);
    t.ok(pulled - before <= 1, 'nothing is pulled');
    t.ok(pulled < 400, `${pulled} pieces were pulled`);
    client.destroy();
    await until(() => cancelled > 0);
    t.equal(cancelled, 1);
  },
);

void t.test('a stream that fails ends without its last chunk', async (t) => {
  const text = await new Client(port).send(get('/fails')).rest();
  t.match(text, /4\r\nsome\r\n$/);
});
