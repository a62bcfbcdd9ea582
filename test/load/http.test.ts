/** Loads over HTTP: against node:http, our own server, and servers that do what they should not. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { runLoad, type LoadPlan, type LoadResult } from '../../src/load/index.ts';
import { router } from '../../src/http/router.ts';
import { serve } from '../../src/serve.ts';
import { run } from '../cli/cli.ts';
import { listen } from './servers.ts';

t.jobs = 1;

const quick = { connections: 4, threads: 1, warmupMs: 0, durationMs: 20_000 } as const;

function load(target: string, plan: Partial<LoadPlan>): Promise<LoadResult> {
  return runLoad({ target, ...quick, ...plan });
}

function accounted(t: Test, result: LoadResult): void {
  const { answered, failed, failedTotal, inFlight, sent, statuses } = result;
  t.equal(sent, answered + failedTotal + inFlight, 'sent = answered + failed + in flight');
  const counted = Object.values(statuses ?? {}).reduce((sum, count) => sum + count, 0);
  t.equal(counted, answered + failed.badStatus + failed.wrongAnswer, 'each whole answer is there');
}

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function nodeServer(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse, number: number) => void,
) {
  const seen: Seen[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const { headers, method, url } = request;
    seen.push({ method, url, headers, body: (await buffer(request)).toString() });
    answer(request, response, seen.length);
  });
  server.on('connection', () => (connections += 1));
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.teardown(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, connections: () => connections };
}

t.test('node:http: what is asked for arrives, kept alive and pipelined', async (t) => {
  const server = await nodeServer(t, (_request, response) => response.end('hello'));
  const result = await load(`${server.url}/a/b?c=d`, {
    count: 200,
    depth: 8,
    method: 'PUT',
    headers: [
      ['X-One', '1'],
      ['x-two', 'ü'],
    ],
    payloadText: '{"a":1}',
  });
  accounted(t, result);
  t.equal(result.answered, 200, JSON.stringify(result.problems));
  t.same(result.statuses, { 200: 200 });
  t.equal(server.seen.length, 200);
  t.equal(server.connections(), 4);
  for (const { body, headers, method, url } of server.seen.slice(-3)) {
    t.same([method, url, body], ['PUT', '/a/b?c=d', '{"a":1}']);
    t.equal(headers['x-one'], '1');
    t.equal(headers['x-two'], 'ü');
    t.equal(headers.host, server.url.slice('http://'.length));
  }
});

t.test('node:http: one request to a connection', async (t) => {
  const server = await nodeServer(t, (_request, response) => response.end('hello'));
  const churn = await load(server.url, { count: 24, requestsPerConnection: 1 });
  accounted(t, churn);
  t.equal(churn.answered, 24);
  t.ok(server.connections() >= 24, `${server.connections()} connections`);

  const asked = await load(server.url, { count: 24, headers: [['Connection', 'close']] });
  accounted(t, asked);
  t.equal(asked.answered, 24, JSON.stringify(asked.problems));
  t.equal(asked.connects.lost, 0, 'the server closes, as it was asked to');
});

t.test('node:http: the server closes behind some answers', async (t) => {
  const server = await nodeServer(t, (_request, response, number) => {
    if (number % 3 === 0) response.setHeader('Connection', 'close');
    response.end('hello');
  });
  for (const loop of [{}, { rateHz: 400 }]) {
    const result = await load(server.url, { count: 60, ...loop });
    accounted(t, result);
    t.equal(result.answered, 60, JSON.stringify(result.failed));
    t.equal(result.connects.lost, 0);
    t.ok(result.connects.opened >= 20, `${result.connects.opened} connections`);
  }
});

t.test('node:http: answers of unknown length, HEAD, a large body', async (t) => {
  const server = await nodeServer(t, (request, response) => {
    if (request.url === '/large') {
      response.end(Buffer.alloc(300_000, 'x'));
      return;
    }
    response.write('one');
    setImmediate(() => response.end('two'));
  });
  for (const plan of [{}, { method: 'HEAD' }]) {
    const result = await load(server.url, { count: 40, depth: 2, ...plan });
    accounted(t, result);
    t.equal(result.answered, 40, JSON.stringify(result.problems));
  }
  const result = await load(`${server.url}/large`, { count: 20 });
  t.equal(result.answered, 20, JSON.stringify(result.problems));
  t.ok(result.bytesRead > 20 * 300_000);
});

t.test('node:http: statuses that do not count', async (t) => {
  const server = await nodeServer(t, (_request, response, number) => {
    response.statusCode = [200, 302, 404, 503][number % 4];
    response.end();
  });
  const result = await load(server.url, { count: 40, connections: 1 });
  accounted(t, result);
  t.same(result.statuses, { 200: 10, 302: 10, 404: 10, 503: 10 });
  t.equal(result.failed.badStatus, 20);
  t.equal(result.answered, 20);
  t.equal(server.connections(), 1, 'they are answers: the connection stays');
  t.match(result.problems, [{ problem: 'the server answered with the status 404', count: 10 }]);
  const allowed = await load(server.url, { count: 40, connections: 1, statuses: '2xx,302,404' });
  t.equal(allowed.failed.badStatus, 10);
  t.equal(allowed.answered, 30);
});

t.test('our own server: an echo, and a module that asks and checks', async (t) => {
  const handler = router()
    .post('/echo', (request) => ({ body: request.body }))
    .get('/n/:number', ({ params }) => ({ body: `number ${params.number}` }))
    .head('/n/:number', () => ({ headers: { 'content-length': 9 } }));
  const server = await serve({ handler });
  t.teardown(() => server.close());
  const url = server.url.replace('tcp:', 'http:');
  const echo = await load(`${url}/echo`, { count: 100, expect: 'echo', payloadBytes: 2000 });
  accounted(t, echo);
  t.equal(echo.answered, 100, JSON.stringify(echo.problems));
  const payloadModule = `data:text/javascript,export default {
    request: (n) => ({ target: '/n/' + n, method: n % 2 === 0 ? 'GET' : 'HEAD' }),
    check: (answer, request, n) => n === 7 ? 'I do not like 7' :
      answer.body.toString() === (n % 2 === 0 ? 'number ' + n : '') || 'got ' + answer.body,
  }`;
  const own = await load(url, { count: 100, depth: 4, payloadModule });
  accounted(t, own);
  t.equal(own.failed.wrongAnswer, 1, JSON.stringify(own.problems));
  t.equal(own.answered, 99);
  t.match(own.problems, [{ problem: 'I do not like 7' }]);
});

const HOSTILE: ReadonlyArray<readonly [string, string, RegExp]> = [
  [
    'two lengths',
    'Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi',
    /more than one Content-Length/,
  ],
  [
    'a length and chunks',
    'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    /Transfer-Encoding/,
  ],
  ['a folded line', 'A: b\r\n c\r\nContent-Length: 0\r\n\r\n', /folded/],
  ['a bare line feed', 'A: b\nContent-Length: 0\r\n\r\n', /LF/],
  ['an endless head', `A: ${'b'.repeat(20_000)}`, /longer than/],
  ['a chunk that is none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n', /chunk size/],
];

t.test('hostile: answers that are not to be trusted', async (t) => {
  for (const [what, rest, problem] of HOSTILE) {
    const server = await listen(t, (socket) => {
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${rest}`));
    });
    const result = await load(server.url.replace('tcp:', 'http:'), { count: 8 });
    accounted(t, result);
    t.equal(result.failed.protocolError, 8, what);
    t.match(result.problems, [{ problem }], what);
  }
});

t.test('hostile: what nobody asked for, cut short, dripped', async (t) => {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
  const twice = await listen(t, (socket) => void socket.on('data', () => socket.write(ok + ok)));
  const surplus = await load(twice.url.replace('tcp:', 'http:'), { count: 20 });
  accounted(t, surplus);
  t.ok(surplus.answered > 0);
  t.match(surplus.problems, [{ problem: /no request had asked for/ }]);

  const short = await listen(t, (socket) => {
    socket.on('data', () => socket.end(ok.slice(0, -1)));
  });
  const cut = await load(short.url.replace('tcp:', 'http:'), { count: 8 });
  accounted(t, cut);
  t.equal(cut.failed.closedEarly, 8);

  const drips = await listen(t, (socket) => {
    socket.on('data', () => {
      let at = 0;
      const drip = (): void => {
        if (at >= ok.length || socket.destroyed) return;
        socket.write(ok.slice(at, at + 1));
        at += 1;
        setImmediate(drip);
      };
      drip();
    });
  });
  const slow = await load(drips.url.replace('tcp:', 'http:'), { count: 12 });
  accounted(t, slow);
  t.equal(slow.answered, 12);

  const endless = await listen(t, (socket) => {
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nup to the end'));
  });
  const toEnd = await load(endless.url.replace('tcp:', 'http:'), { count: 8 });
  accounted(t, toEnd);
  t.equal(toEnd.answered, 8, JSON.stringify(toEnd.problems));
  t.equal(toEnd.connects.lost, 0);
});

t.test('the command line', async (t) => {
  const server = await nodeServer(t, (request, response) => {
    response.statusCode = request.headers['x-a'] === 'b: c' ? 200 : 404;
    response.end('hello');
  });
  const flags = ['--warmup=0', '--threads=1', '--connections=2', '--count=10'];
  const ok = await run([
    'load',
    `${server.url}/x`,
    ...flags,
    '--method=PATCH',
    '--header=X-A: b: c',
    '--header=x-d:e',
    '--body=text',
  ]);
  t.equal(ok.code, 0, ok.err);
  t.match(ok.out, '10 sent = 10 answered');
  t.match(ok.out, 'statuses: 10 × 200');
  t.same(server.seen[0].method, 'PATCH');
  t.same(server.seen[0].headers['x-d'], 'e');
  t.same(server.seen[0].body, 'text');
  const denied = await run(['load', server.url, ...flags, '--threshold=errors<1%']);
  t.equal(denied.code, 1);
  t.match(denied.out, 'failed: 10 badStatus');
  for (const [given, says] of [
    [[server.url, '--header=nothing'], '--header is "nothing"; it must be a line such as'],
    [[server.url, '--statuses=ok'], '--statuses is "ok"; it must be a list such as 2xx'],
    [[server.url, '--method=A B'], 'The method is'],
    [[server.url, '--depth=2', '--header=connection: close'], '--depth is 2; it must be 1'],
    [[server.url.replace('http:', 'tcp:'), '--method=GET'], '--method belongs to http'],
    [[server.url, '--body=a', '--size=3'], 'Give --body or --size, not both'],
  ] as const) {
    const { code, err } = await run(['load', ...given, ...flags]);
    t.equal(code, 2, err);
    t.match(err, says);
  }
});
