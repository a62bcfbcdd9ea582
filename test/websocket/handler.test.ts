/** How handlers take WebSockets (router, fetch handlers, hooks by request), what is refused at start, and dead peers. */
import { Buffer } from 'node:buffer';
import t from 'tap';
import { HandlerError, ModeError, OptionError } from '../../src/errors.ts';
import { defineHandler } from '../../src/handler.ts';
import { fromFetch } from '../../src/http/fetch.ts';
import { router } from '../../src/http/router.ts';
import type { WebSocketHooks } from '../../src/http/websocket.ts';
import { http } from '../../src/protocols/http1/http.ts';
import { line } from '../../src/protocols/line.ts';
import { serve } from '../../src/serve.ts';
import { harness, type Harness, type TestClient } from '../../src/testing.ts';
import { close, pong, text } from './support.ts';

const ASK =
  'Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

async function open(server: Harness, path: string): Promise<TestClient> {
  const client = server.connect();
  client.write(`GET ${path} HTTP/1.1\r\n${ASK}`);
  await client.settled();
  return client;
}

async function say(client: TestClient, words: string): Promise<string> {
  client.take();
  client.write(text(words));
  await client.settled();
  return client.take();
}

const echo: WebSocketHooks = { message: (data) => data };

void t.test('router', async (t) => {
  const handler = router()
    .get('/chat', () => ({ body: 'page' }))
    .get('/:any', () => ({ body: 'any' }))
    .ws('/chat', echo)
    .ws('/only', echo)
    .ws('/rooms/:room/:user', {
      open: ({ request }) => request.params,
      message: (data, { state }) => `${state.room} ${state.user} ${String(data)}`,
    });
  const server = await harness(handler);
  t.equal(await say(await open(server, '/chat'), 'hi'), '\x81\x02hi'.replace('\x81', '\ufffd'));
  t.match(await say(await open(server, '/rooms/a%20b/c'), 'hi'), 'a b c hi');
  t.match(
    (await open(server, '/none')).text,
    /^HTTP\/1\.1 200 [^]*any$/,
    'else a request as any other',
  );
  t.match((await open(server, '/none/none')).text, /^HTTP\/1\.1 404 /);
  const plain = server.connect();
  plain.write('GET /chat HTTP/1.1\r\nHost: a\r\n\r\nGET /only HTTP/1.1\r\nHost: a\r\n\r\n');
  await plain.settled();
  t.match(plain.text, /\r\n\r\npageHTTP[^]*\r\n\r\nany$/);
  t.throws(() => handler.ws('/chat', echo), OptionError);
  await server.stop();
});

void t.test('a fetch handler', async (t) => {
  const server = await harness(fromFetch(() => new Response('page'), { websocket: echo }));
  t.match(await say(await open(server, '/'), 'hi'), 'hi');
  const plain = server.connect();
  plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await plain.settled();
  t.match(plain.text, /page$/);
  await server.stop();
});

void t.test('a class with private fields, and hooks by request', async (t) => {
  class Counter {
    #count = 0;
    readonly protocol = http({ websocket: { origins: 'any' } });
    start() {
      this.#count = 10;
    }
    message() {
      return { body: `plain ${(this.#count += 1)}` };
    }
    websocket(request: { path: string }): WebSocketHooks | undefined {
      return request.path === '/yes' ? echo : undefined;
    }
  }
  const server = await harness(new Counter());
  t.match(await say(await open(server, '/yes'), 'hi'), 'hi');
  t.match((await open(server, '/no')).text, /plain 11$/);
  await server.stop();
});

void t.test('what is refused at start', async (t) => {
  const message = () => ({ body: '' });
  await t.rejects(
    serve({ handler: defineHandler({ protocol: line(), message: () => '', websocket: echo }) }),
    HandlerError,
  );
  for (const websocket of [{}, { message: 1 }, { message, open: 'x' }, 'x']) {
    const handler = { protocol: http(), message, websocket } as never;
    await t.rejects(serve({ handler }), HandlerError, JSON.stringify(websocket));
  }
  for (const websocket of [
    { origins: ['example.com'] },
    { origins: 'none' },
    { pingIntervalMs: -1 },
    { messageLimitBytes: 0 },
    { unknown: 1 },
  ]) {
    t.throws(() => http({ websocket } as never), OptionError, JSON.stringify(websocket));
  }
  const handler = new URL('./handlers/pings.ts', import.meta.url);
  const error: unknown = await serve({ handler, mode: 'blocking' }).catch((reason) => reason);
  t.ok(error instanceof ModeError);
  t.match((error as Error).message, /pingIntervalMs was given.*Modes that can: single/);
});

void t.test('dead peers', async (t) => {
  const reasons: unknown[] = [];
  const server = await harness(
    defineHandler({
      protocol: http({ websocket: { pingIntervalMs: 10_000, pongTimeoutMs: 5000 } }),
      message: () => ({ body: '' }),
      websocket: {
        ...echo,
        close: (_connection, { code, status }) => reasons.push([code, status]),
      },
    }),
    { limits: { idleTimeoutMs: 60_000 } },
  );
  const client = await open(server, '/');
  const pass = async (ms: number) => {
    client.take();
    server.clock.advance(ms);
    await client.turn();
    return Buffer.from(client.take(), 'utf8').toString('hex');
  };
  const PING = Buffer.from(Buffer.from('8900', 'hex').toString('utf8')).toString('hex');
  t.equal(await pass(9000), '', 'silence, not long enough');
  t.equal(await pass(2500), PING, 'a ping');
  const answer = () => {
    client.write(pong());
    return client.settled();
  };
  await answer();
  for (let i = 0; i < 10; i += 1) {
    t.equal(await pass(11_500), PING, 'a peer that answers lives on, past the idle timeout');
    await answer();
  }
  client.write(text('a'));
  await client.settled();
  t.equal(await pass(9000), '', 'a message is a sign of life, too');
  t.equal(await pass(2500), PING);
  t.equal(await pass(4000), '');
  t.notOk(client.ended);
  await pass(3500);
  t.ok(client.ended, 'one that does not is cut');
  t.same(reasons, [['idle', 1006]]);
  await server.stop();
});

void t.test('a peer that does not answer our Close', async (t) => {
  const reasons: unknown[] = [];
  const server = await harness(
    defineHandler({
      protocol: http(),
      message: () => ({ body: '' }),
      websocket: {
        message(data, connection) {
          connection.close(4000);
          return data;
        },
        close: (_connection, { code, status }) => reasons.push([code, status]),
      },
    }),
  );
  const client = await open(server, '/');
  await say(client, 'a');
  t.notOk(client.ended);
  client.write(text('late'));
  await client.settled();
  t.equal(client.take(), '', 'what it sends meanwhile is dropped');
  server.clock.advance(6000);
  await client.turn();
  t.ok(client.ended);
  const other = await open(server, '/');
  await say(other, 'a');
  other.write(close(4000));
  await other.settled();
  t.ok(other.ended);
  other.end();
  await other.turn();
  t.same(reasons, [
    ['handler', 1006],
    ['handler', 4000],
  ]);
  await server.stop();
});
