/** fromHttpServer: what node:http promises holds behind a mode, and a drain loses nothing that the server has read. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type RequestListener, type ServerOptions } from 'node:http';
import http2, { type ServerHttp2Stream } from 'node:http2';
import https from 'node:https';
import { Readable, pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { fromHttpServer, serve, type Server } from '../../src/index.ts';
import { connectTo, type Client } from '../modes/support/client.ts';
import { before, until } from '../modes/support/wait.ts';

async function start(t: Test, options: ServerOptions, listener?: RequestListener) {
  const inner = http.createServer(options, listener);
  const server = await serve({ handler: fromHttpServer(inner) });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  return { inner, server };
}

const hello: RequestListener = (_request, response) => void response.end('hello');
const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** The bodies of answers with a Content-Length, and the last one's head. */
function answers(text: string): { bodies: string[]; lastHead: string } {
  const bodies: string[] = [];
  let lastHead = '';
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { bodies, lastHead };
    const head = rest.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (rest.length < end + 4 + length) return { bodies, lastHead };
    lastHead = head;
    bodies.push(rest.slice(end + 4, end + 4 + length));
    rest = rest.slice(end + 4 + length);
  }
}

async function untilAnswers(client: Client, count: number): Promise<string[]> {
  return until(() => {
    const { bodies } = answers(client.text);
    return bodies.length >= count && bodies;
  }, `${count} answers`);
}

async function isClosed({ server, inner }: { server: Server; inner: http.Server }, t: Test) {
  const closed = once(inner, 'close');
  t.same(await before(server.close(), 'the server closes'), { forced: false });
  await before(closed, "the inner server's 'close'");
}

t.test('headersTimeout fires', async (t) => {
  const { server } = await start(
    t,
    { headersTimeout: 100, connectionsCheckingInterval: 20 },
    hello,
  );
  const client = await connectTo(server);
  await client.write('GET / HTTP/1.1\r\nHost: x\r\nX-Sl');
  t.equal(await before(client.ended, 'the timeout'), 'end');
  t.match(client.text, /^HTTP\/1.1 408 Request Timeout\r\n/);
});

t.test('requestTimeout fires for a body that does not come', async (t) => {
  const options = { headersTimeout: 100, requestTimeout: 150, connectionsCheckingInterval: 20 };
  const { server } = await start(t, options, (request, response) => {
    request.on('error', () => {}).resume();
    request.on('end', () => response.end());
  });
  const client = await connectTo(server);
  await client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  await before(client.ended, 'the timeout');
  t.match(client.text, /^HTTP\/1.1 408 Request Timeout\r\n/);
});

t.test('connections are kept alive, and closed by keepAliveTimeout', async (t) => {
  const options = { keepAliveTimeout: 50, keepAliveTimeoutBuffer: 0 } as ServerOptions;
  const { server } = await start(t, options, hello);
  const client = await connectTo(server);
  await client.write(get());
  await untilAnswers(client, 1);
  await client.write(get());
  t.same(await untilAnswers(client, 2), ['hello', 'hello']);
  t.match(client.text, /Connection: keep-alive/);
  t.equal(await before(client.ended, 'keepAliveTimeout'), 'end');
  t.equal((await server.stats()).workers[0].accepted, 1);
});

t.test('pipelined requests are answered in their order', async (t) => {
  const { server } = await start(t, {}, (request, response) => {
    const number = Number(request.url!.slice(1));
    setTimeout(() => response.end(String(number)), (number % 3) * 5);
  });
  const client = await connectTo(server);
  const numbers = Array.from({ length: 30 }, (_, i) => String(i));
  await client.write(numbers.map((number) => get(`/${number}`)).join(''));
  t.same(await untilAnswers(client, 30), numbers);
});

t.test('upgrade and connect hand out the socket, which a drain leaves to its owner', async (t) => {
  const context = await start(t, {}, hello);
  let left = 0;
  for (const event of ['upgrade', 'connect'] as const) {
    context.inner.on(event, (_request, socket, head) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n\r\n${head.toString()}`);
      socket.pipe(socket);
      left += 1;
    });
  }
  const upgraded = await connectTo(context.server);
  await upgraded.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly',
  );
  await upgraded.untilText('early');
  const tunnel = await connectTo(context.server);
  await tunnel.write('CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n');
  await tunnel.untilText('101 ');
  t.equal(left, 2);
  const closing = isClosed(context, t);
  await sleep(300); // longer than idle connections live
  for (const client of [upgraded, tunnel]) {
    await client.write('late');
    await client.untilText('late');
    client.end();
  }
  await closing;
});

t.test('without a listener for it an upgrade is a request like others', async (t) => {
  const { server } = await start(t, {}, hello);
  const client = await connectTo(server);
  await client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  t.same(await untilAnswers(client, 1), ['hello']);
});

t.test('bodies stream both ways, under back-pressure', async (t) => {
  const { server } = await start(t, {}, (request, response) => {
    pipeline(request, response, () => {});
  });
  const bytes = randomBytes(8 * 1024 * 1024);
  const request = http.request({ port: port(server), method: 'POST' });
  Readable.from(pieces(bytes)).pipe(request);
  const [response] = (await before(once(request, 'response'), 'the answer')) as [
    http.IncomingMessage,
  ];
  await sleep(50); // both directions fill up
  const hash = createHash('sha256');
  for await (const chunk of response) hash.update(chunk as Buffer);
  t.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
  request.destroy();
  const [{ bytesIn, bytesOut }] = (await server.stats()).workers;
  t.ok(bytesIn > bytes.length && bytesOut > bytes.length);
});

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

function port({ address }: Server): number {
  return (address as { port: number }).port;
}

t.test('a drain closes what is idle and finishes what is not', async (t) => {
  const release = new Set<() => void>();
  const context = await start(t, {}, (request, response) => {
    if (request.url === '/stream') response.write('begun ');
    if (request.url === '/') response.end('hello');
    else release.add(() => response.end(`${request.url} done`));
  });
  const [fresh, idle, waiting, streaming, partial] = await Promise.all(
    Array.from({ length: 5 }, () => connectTo(context.server)),
  );
  await idle.write(get());
  await untilAnswers(idle, 1);
  await waiting.write(get('/first') + get('/second'));
  await streaming.write(get('/stream'));
  await partial.write('GET /late HTTP/1.1\r\nHo');
  await streaming.untilText('begun ');
  await until(() => release.size === 3, 'three requests under way');
  const closing = isClosed(context, t);
  t.equal(await before(fresh.ended, 'the fresh connection closes'), 'end');
  t.equal(await before(idle.ended, 'the idle connection closes'), 'end');
  await partial.write('st: x\r\n\r\n');
  await until(() => release.size === 4, 'the late request');
  for (const finish of release) finish();
  for (const client of [waiting, streaming, partial])
    t.equal(await before(client.ended, 'the end'), 'end');
  const { bodies, lastHead } = answers(waiting.text);
  t.same(bodies, ['/first done', '/second done']);
  t.match(lastHead, /connection: close/i);
  t.match(streaming.text, /begun [^]*\/stream done[^]*\r\n0\r\n\r\n$/);
  t.same(answers(partial.text).bodies, ['/late done']);
  await closing;
});

t.test('a drain under load loses no request', async (t) => {
  let served = 0;
  const context = await start(t, {}, (request, response) => {
    served += 1;
    const answer = () => response.end(request.url);
    if (served % 3 === 0) setTimeout(answer, served % 7);
    else if (served % 3 === 1) setImmediate(answer);
    else answer();
  });
  const depths = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : 4));
  const loads = depths.map((depth) => load(context.server, depth));
  await until(() => served > 2000, 'the load runs');
  await isClosed(context, t);
  let answered = 0;
  for (const { sent, received, last } of await Promise.all(loads)) {
    answered += received;
    t.equal(received, sent, 'every request is answered');
    t.match(last, /connection: close/i);
  }
  t.equal(answered, served);
});

/** Asks `depth` at a time for as long as it may, and says what came of it. */
async function load(server: Server, depth: number) {
  const client = await connectTo(server);
  let sent = 0;
  let received = 0;
  let last = '';
  let over = false;
  void client.ended.then(() => {
    over = true;
  });
  let text = '';
  client.socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const { bodies, lastHead } = answers(text);
    received += bodies.length;
    for (const body of bodies) text = text.slice(text.indexOf(`\r\n\r\n${body}`) + 4 + body.length);
    if (bodies.length > 0) last = lastHead;
    ask();
  });
  const ask = () => {
    if (received < sent || over || /connection: close/i.test(last)) return;
    let batch = '';
    for (let i = 0; i < depth; i += 1) batch += get(`/${(sent += 1)}`);
    client.socket.write(batch);
  };
  ask();
  await client.ended;
  return { sent, received, last };
}

t.test('http2 sessions end with their streams', async (t) => {
  const inner = http2.createServer();
  let finish = () => {};
  inner.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 });
    stream.write('begun ');
    finish = () => stream.end('done');
  });
  const server = await serve({ handler: fromHttpServer(inner) });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  const session = http2.connect(`http://127.0.0.1:${port(server)}`);
  const stream = session.request({ ':path': '/' });
  let body = '';
  stream.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  await until(() => body === 'begun ', 'the stream begins');
  const goaway = once(session, 'goaway');
  const closing = server.close();
  await before(goaway, 'GOAWAY');
  const ended = once(stream, 'end');
  finish();
  await before(ended, 'the stream ends');
  t.equal(body, 'begun done');
  t.same(await before(closing, 'the server closes'), { forced: false });
  session.close();
});

const pem = certificate();
const skip = pem === undefined && 'no openssl here to make a certificate';

t.test('TLS: https, and http2 that allows HTTP/1', { skip }, async (t) => {
  const secrets = { key: pem, cert: pem };
  const inners = {
    https: https.createServer(secrets, hello),
    http2: http2.createSecureServer({ ...secrets, allowHTTP1: true }, hello as never),
  };
  for (const [name, inner] of Object.entries(inners)) {
    const server = await serve({ handler: fromHttpServer(inner) });
    t.teardown(() => server.close({ drainTimeoutMs: 0 }));
    const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
    for (let i = 0; i < 2; i += 1) {
      const request = https.get({ port: port(server), agent });
      const [response] = await before(once(request, 'response'), 'the answer');
      t.equal(await text(response), 'hello', name);
    }
    t.equal((await server.stats()).workers[0].accepted, 1, `${name}: one connection, kept alive`);
    t.same(await before(server.close(), 'the server closes'), { forced: false }, name);
    agent.destroy();
  }
});

/** A key and a certificate of its own. */
function certificate(): string | undefined {
  const how =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout - -out -';
  const { error, stdout } = spawnSync('openssl', how.split(' '), { encoding: 'utf8' });
  return error === undefined ? stdout : undefined;
}

t.test("'checkContinue' counts as a request", async (t) => {
  const context = await start(t, {}, hello);
  let finish: (() => void) | undefined;
  context.inner.on('checkContinue', (request: http.IncomingMessage, response) => {
    response.writeContinue();
    request.resume();
    finish = () => response.end('thanks');
  });
  const client = await connectTo(context.server);
  await client.write(
    'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
  );
  await client.untilText('100 Continue\r\n\r\n');
  await client.write('ok');
  const closing = isClosed(context, t);
  await sleep(300);
  finish!();
  await client.untilText('thanks');
  t.match(client.text, /connection: close/i);
  await closing;
});

t.test('a server may be served again', async (t) => {
  const inner = http.createServer(hello);
  const handler = fromHttpServer(inner);
  for (let i = 0; i < 2; i += 1) {
    const server = await serve({ handler });
    const client = await connectTo(server);
    await client.write(get() + get());
    t.same(await untilAnswers(client, 2), ['hello', 'hello']);
    t.same(await server.close(), { forced: false });
  }
});

t.test('what is no idle server is refused', async (t) => {
  t.throws(() => fromHttpServer(hello as never), { code: 'PATTERNS_HANDLER' });
  const listening = http.createServer(hello).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  t.teardown(() => listening.close());
  t.throws(() => fromHttpServer(listening), /does not listen/);
});
