/** Mode `native`: the same answers as elsewhere, its limits, its end, and where it differs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { answersIn, type Answer } from '../http/answers.ts';
import { AREAS, type Case } from '../http/cases/index.ts';
import { ask, Client } from '../http/exchange.ts';
import { REPLIES } from '../http/replies.ts';
import { FETCHED, get, post, ROUTES } from '../http/routes.ts';
import type { PlainRequest } from '../http/support.ts';
import { Log } from '../modes/support/log.ts';
import { until } from '../modes/support/wait.ts';
import { DIFFERENCES } from './differences.ts';
import { host, parse, refused, skip, WAYS, type HostOptions } from './support.ts';

const PIECE = 65_536;
const MIB = 1024 * 1024;

const handler = (name: string, query = '') =>
  new URL(`./handlers/${name}.ts${query}`, import.meta.url);
const httpHandler = (name: string) => new URL(`../http/handlers/${name}.ts`, import.meta.url);

/** A server of the handler `native`, in the main loop. */
async function native(t: Test, query = '', options: Partial<HostOptions> = {}) {
  const log = new Log(t);
  const url = handler('native', `?log=${log.path}${query}`);
  return { log, server: await host(t, { handler: url, workers: 1, ...options }) };
}

const head = (target: string) => get(target).replace('GET', 'HEAD');

/** What it answers otherwise; tested by itself below. */
const differs = (request: string) => /\/trailers|\x01/.test(request);

t.test('the same answers', { skip }, async (t) => {
  for (const { name, ...way } of WAYS) {
    for (const [file, cases] of [
      ['routes', ROUTES],
      ['fetched', FETCHED],
    ] as const) {
      const server = await host(t, { handler: httpHandler(file), ...way });
      t.equal(server.unit, 'unit' in way ? way.unit : undefined, `${name}: the unit`);
      t.equal(server.workers, way.workers);
      for (const [request, expected, body] of cases) {
        if (differs(request)) continue;
        const client = new Client(server.port).send(request);
        const answer = parse(
          request.startsWith('HEAD')
            ? await client.until((text) => text.includes('\r\n\r\n'))
            : await client.responses(),
        );
        client.destroy();
        const [status, ...headers] = `HTTP/1.1 ${expected}`.split('\r\n');
        t.strictSame(
          answer,
          { status, headers: headers.sort(), body },
          `${name}: ${request.slice(0, request.indexOf('\r\n'))}`,
        );
      }
      t.strictSame(await server.close(), { forced: false });
    }
  }
});

/** Cases without options of their own: each would take a server. */
const CASES = AREAS.flatMap(({ name, cases }) =>
  cases
    .filter(({ options }) => Object.keys(options).length === 0)
    .map((each) => Object.assign({}, each, { what: `${name}: ${each.what}` })),
);

t.test('the table of cases', { skip }, async (t) => {
  const { port } = await host(t, { handler: handler('heard'), workers: 1 });
  const used = new Set<string>();
  let same = 0;
  await eightAtOnce(CASES, async (each) => {
    const difference = DIFFERENCES.find(({ cases }) => cases.test(each.what));
    if (difference !== undefined) used.add(difference.what);
    if (difference?.statuses === undefined && difference !== undefined) return;
    const outcome = await outcomeOf(port, each);
    const { heard, status } = each;
    const expected = { heard: heard.map(withoutHeadsBody), status };
    if (difference === undefined) {
      same += 1;
      assert.deepEqual(outcome, expected, each.what);
    } else {
      assert.notDeepEqual(outcome, expected, `${each.what}: it does not differ`);
      const last = outcome.status || 200;
      assert.ok(difference.statuses!.includes(last), `${each.what}: ${last}`);
    }
  });
  t.ok(same > 200, `${same} cases are heard as elsewhere`);
  const all = DIFFERENCES.map(({ what }) => what);
  t.strictSame([...used].sort(), all.sort(), 'there is a case for each difference');
  const note = readFileSync(new URL('../../native-notes/uwebsockets.md', import.meta.url), 'utf8');
  for (const what of all) t.ok(note.includes(`| ${what} |`), `the note has "${what}"`);
});

/** What is heard in a case's bytes, and the status of what is refused; 0: nothing is. */
async function outcomeOf(port: number, { text, heard, status }: Case) {
  const methods = heard.map(({ method }) => method);
  const enough = heard.length + (status === 0 ? 0 : 1);
  const client = new Client(port).send(text);
  const received = await client.until((all) => answered(all, methods) >= enough);
  client.destroy();
  const answers = answersIn(received, methods);
  const refused = answers.find((answer) => answer.status !== 200);
  return {
    heard: answers.filter((answer) => answer.status === 200).map(requestOf),
    status: refused?.status ?? 0,
  };
}

/** How many responses there are, unless one is cut. */
function answered(text: string, methods: readonly string[]): number {
  try {
    return answersIn(text, methods).length;
  } catch {
    return 0;
  }
}

function requestOf({ headers, body }: Answer): PlainRequest {
  const [, packed] = headers.find(([name]) => name === 'x-heard')!;
  return { ...(JSON.parse(Buffer.from(packed, 'base64url').toString()) as PlainRequest), body };
}

function withoutHeadsBody(request: PlainRequest): PlainRequest {
  return request.method === 'HEAD' ? { ...request, body: '' } : request;
}

async function eightAtOnce<T>(list: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const lane = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

/** Why a reply of the table is not tried here. */
const OTHER_REPLIES: Readonly<Record<string, string>> = {
  trailers: 'they are not sent',
  'trailers that split': 'they are not asked for',
  'a trailer that frames': 'they are not asked for',
  'an empty stream': 'it has Content-Length: 0',
  'a stream that is too long': 'what was announced is sent, and no more is asked for',
};

t.test('the table of replies', { skip }, async (t) => {
  const { port } = await host(t, { handler: httpHandler('replies'), workers: 1 });
  for (const [name, reply] of Object.entries(REPLIES)) {
    if (Object.hasOwn(OTHER_REPLIES, name)) continue;
    const target = `/${encodeURIComponent(name)}`;
    const { status = 200, headers = [], body = '' } = reply;
    const client = new Client(port).send(get(target));
    if (reply.breaks === true) {
      t.notMatch(await client.rest(), /\r\n0\r\n\r\n$/, name);
      continue;
    }
    const [answer] = answersIn(await client.until((all) => answered(all, ['GET']) > 0), ['GET']);
    t.strictSame(
      {
        status: answer.status,
        headers: answer.headers.filter(([each]) => !FRAMES.has(each.toLowerCase())),
        body: answer.body,
        framing: answer.framing,
      },
      { status, headers, body, framing: reply.framing ?? 'length' },
      name,
    );
    client.send(get(target).replace('GET', 'HEAD'));
    const text = await client.until((all) => answered(all, ['HEAD']) > 0);
    t.equal(answersIn(text, ['HEAD'])[0].status, reply.headStatus ?? status, `HEAD: ${name}`);
    t.equal(parse(await client.send(get('/text')).responses()).body, 'hello', `${name}: the next`);
    client.destroy();
  }
});

const FRAMES = new Set(['connection', 'content-length', 'transfer-encoding', 'uwebsockets']);

t.test('built-in handlers', { skip }, async (t) => {
  const server = await host(t, { handler: 'echo', protocol: 'http', workers: 1 });
  t.match(parse(await ask(server.port, post('/', 'abc'))), { body: 'abc' });
  const hello = await host(t, { handler: 'hello', protocol: 'http', workers: 1 });
  t.match(parse(await ask(hello.port, get('/'))), { body: 'hello' });
});

t.test('requests', { skip }, async (t) => {
  const { server } = await native(t);
  const body = async (request: string) => parse(await ask(server.port, request)).body;
  const fields = 'X-A: b\r\nx-a:  c d \r\nX-Byte: a\xc3\xa9b\r\n';
  const expected = [
    ['host', 'a'],
    ['x-a', 'b'],
    ['x-a', 'c d'],
    ['x-byte', 'a\xc3\xa9b'],
  ];
  for (const path of ['/headers', '/later-headers']) {
    t.strictSame(JSON.parse(await body(get(path, fields))), expected, path);
  }
  t.equal(await body(get('/who')), '127.0.0.1');
  t.equal(await body(get('/?')), 'hello');
  t.equal(await body(post('/length', 'x'.repeat(MIB - 1))), String(MIB - 1));
  const expecting = new Client(server.port).send(
    post('/length', '', 'Content-Length: 3\r\nExpect: 100-continue\r\n'),
  );
  t.match(
    await expecting.until((text) => text.includes('\r\n\r\n')),
    /^HTTP\/1.1 100 Continue\r\n/,
  );
  t.equal(parse(await expecting.send('abc').responses()).body, '3');
  expecting.destroy();
});

t.test('responses', { skip }, async (t) => {
  const { server } = await native(t);
  const { port } = server;
  /** A request, and another on the same connection. */
  const both = async (request: string, status: string) => {
    const client = new Client(port).send(request);
    const text = await client.until((all) => all.includes('\r\n\r\n'));
    const second = parse(await client.send(get('/')).responses()).body;
    client.destroy();
    t.equal(second, 'hello', `${status}: the connection goes on`);
    t.equal(parse(text).status, `HTTP/1.1 ${status}`);
    return parse(text).headers;
  };
  t.strictSame(await both(head('/'), '200 OK'), ['Content-Length: 5']);
  t.strictSame(await both(head('/pieces/2'), '200 OK'), ['Transfer-Encoding: chunked']);
  t.strictSame(await both(head('/counted/2'), '200 OK'), ['Content-Length: 131072']);
  t.strictSame(await both(get('/no-content'), '204 No Content'), []);
  t.strictSame(await both(get('/not-modified'), '304 Not Modified'), [
    'Content-Length: 7',
    'etag: "a"',
  ]);
  const date = await ask(port, get('/date'));
  t.equal(date.match(/^date:/gim)?.length, 1, 'one Date');
  t.match(parse(date).headers, ['Content-Length: 1', 'x-a: b']);
  t.match(parse(await ask(port, get('/latin1'))), {
    headers: ['Content-Length: 2', 'x-a: caf\xe9'],
    body: '\xc3\xa9',
  });
  t.equal(parse(await ask(port, get('/split'))).status, 'HTTP/1.1 500 Internal Server Error');
  const closing = new Client(port).send(get('/close'));
  t.match(await closing.rest(), /\r\nConnection: close\r\n[^]*\r\n\r\nbye$/);
  const asked = new Client(port).send(get('/', 'Connection: close\r\n'));
  t.match(await asked.rest(), /\r\n\r\nhello$/);
});

t.test('interim responses go ahead', { skip }, async (t) => {
  const { server } = await native(t);
  const client = new Client(server.port).send(get('/hints'));
  const text = await client.until((all) => all.includes('after'));
  const [hints, processing, reply] = text.split(/(?<=\r\n\r\n)(?=HTTP)/);
  t.equal(hints, 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n');
  t.match(processing, /^HTTP\/1.1 102 Processing\r\n/);
  t.match(parse(reply), { status: 'HTTP/1.1 200 OK', body: 'after' });
  t.ok(parse(reply).headers.includes('x-a: b'));
  t.equal(parse(await client.send(get('/')).responses()).body, 'hello');
  client.destroy();
});

t.test('topics', { skip }, async (t) => {
  for (const { name, ...way } of WAYS) {
    const { server, log } = await native(t, '&pushes', way);
    const waiting = new Client(server.port).send(get('/subscribe'));
    await log.has('subscribed');
    t.match(parse(await ask(server.port, get('/publish'))), { body: 'published' });
    const text = await waiting.until((all) => all.includes('Early Hints'));
    t.match(text, /^HTTP\/1.1 103 Early Hints\r\nlink: <\/a>\r\n\r\n$/, `${name}: it arrives`);
    waiting.destroy();
    await until(async () => (await server.sum('subscriptions')) === 0, 'who has gone is forgotten');
    t.equal(await server.sum('delivered'), 1);
  }
});

t.test('what is in doubt is refused', { skip }, async (t) => {
  const limits = '&bodyLimitBytes=100&targetLimitBytes=60&headLimitBytes=2000&headerLimit=10';
  for (const body of ['collect', 'stream']) {
    const { server, log } = await native(t, `&body=${body}${limits}`);
    const chunked = (more: string, content = '3\r\nabc\r\n0\r\n\r\n') =>
      post('/length', content, `Transfer-Encoding: ${more}\r\n`);
    const cases: Array<[number, string, string]> = [
      [501, 'a method that is none', get('/').replace('GET', 'FOO')],
      [501, 'a method in lower case', get('/').replace('GET', 'get')],
      [400, 'a target with a quote', get('/"')],
      [400, 'a target beyond ASCII', get('/\xe9')],
      [414, 'a long target', get(`/${'x'.repeat(60)}`)],
      [431, 'a long header', get('/', `X: ${'x'.repeat(2000)}\r\n`)],
      [431, 'many headers', get('/', 'X: y\r\n'.repeat(10))],
      [400, 'two lengths', post('/length', 'abc', 'Content-Length: 3\r\nContent-Length: 4\r\n')],
      [400, 'equal lengths', post('/length', 'abc', 'Content-Length: 3\r\nContent-Length: 3\r\n')],
      [400, 'a length with a sign', post('/length', 'abc', 'Content-Length: +3\r\n')],
      [400, 'a list of lengths', post('/length', 'abc', 'Content-Length: 3, 3\r\n')],
      [400, 'a length and chunks', chunked('chunked\r\nContent-Length: 3')],
      [501, 'another coding', chunked('gzip, chunked')],
      [400, 'chunked, and not last', chunked('chunked, gzip')],
      [400, 'chunked twice', chunked('chunked\r\nTransfer-Encoding: chunked')],
      [417, 'another expectation', post('/length', 'a', 'Content-Length: 1\r\nExpect: x\r\n')],
      [413, 'a long body', post('/length', 'x'.repeat(101))],
      [413, 'a long chunked body', chunked('chunked', `65\r\n${'x'.repeat(101)}\r\n0\r\n\r\n`)],
    ];
    for (const [status, what, request] of cases) {
      const client = new Client(server.port).send(request);
      const answer = await client.rest();
      t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), `${body}: ${what}`);
    }
    if (body === 'collect') t.equal(log.count('called'), 0, 'no handler was called');
    t.ok((await server.sum('errors')) >= 15, 'they are counted');
    t.match(parse(await ask(server.port, get('/'))), { body: 'hello' }, 'the others are served');
  }
  const { server } = await native(t, '&lengthRequired');
  const chunked = post('/length', '0\r\n\r\n', 'Transfer-Encoding: chunked\r\n');
  t.match(await new Client(server.port).send(chunked).rest(), /^HTTP\/1.1 411 /);
});

t.test('a body that takes too long', { skip }, async (t) => {
  for (const body of ['collect', 'stream']) {
    const { server } = await native(t, `&body=${body}&requestTimeoutMs=50`);
    const client = new Client(server.port).send(post('/length', 'a', 'Content-Length: 10\r\n'));
    t.match(await client.rest(), /^HTTP\/1.1 408 /, body);
  }
});

t.test('streamed bodies wait for a slow client', { skip }, async (t) => {
  const count = 400;
  for (const [path, text] of [
    ['pieces', 'Transfer-Encoding: chunked'],
    ['counted', `Content-Length: ${count * PIECE}`],
  ]) {
    const { server, log } = await native(t);
    const client = new Client(server.port);
    client.socket.pause();
    client.send(get(`/${path}/${count}`));
    const stalled = await stands(() => log.count('piece'));
    t.ok(stalled > 0 && stalled < count, `${path}: ${stalled} of ${count} pieces were asked for`);
    client.socket.resume();
    await log.has('ended');
    const body = (all: string) => all.slice(all.indexOf('\r\n\r\n') + 4);
    const all = await client.until((all) =>
      path === 'pieces'
        ? all.endsWith('\r\n0\r\n\r\n')
        : all.length >= count * PIECE && body(all).length === count * PIECE,
    );
    t.match(all.slice(0, 300), text);
    t.equal(body(all).replaceAll(/[^a]/g, '').length, count * PIECE, `${path}: all of it came`);
    client.destroy();
  }
});

/** The value when it has stood still for as long as it took to get there, and a while. */
async function stands(read: () => number): Promise<number> {
  let last = -1;
  let since = performance.now();
  await until(() => {
    const now = read();
    if (now !== last || now === 0) {
      last = now;
      since = performance.now();
    }
    return performance.now() - since > 300;
  }, 'it stands still');
  return last;
}

t.test('a long body waits for a slow client', { skip }, async (t) => {
  const { server, log } = await native(t);
  const bytes = 20 * MIB;
  const client = new Client(server.port);
  client.socket.pause();
  client.send(get(`/large/${bytes}`));
  await until(async () => (await server.sum('messages')) === 1, 'it is asked for');
  const closing = server.close(); // what the client has not read yet is not lost
  client.socket.resume();
  const all = await client.rest();
  t.equal(all.length - all.indexOf('\r\n\r\n') - 4, bytes, 'all of it came');
  t.strictSame(await closing, { forced: false });
  t.equal(log.count('stop'), 1);
});

t.test('streams that go wrong end the connection', { skip }, async (t) => {
  const { server } = await native(t);
  const broken = await new Client(server.port).send(get('/broken')).rest();
  t.match(broken, /\r\nbegun/);
  t.notMatch(broken, /\r\n0\r\n\r\n$/, 'its end is not told');
  const short = await new Client(server.port).send(get('/short')).rest();
  t.match(short, /^HTTP\/1.1 200 OK\r\n/);
  await until(() => server.texts('handler-error').length > 1, 'both are told');
  t.strictSame(server.texts('handler-error'), [
    'in the middle',
    'The body ended 1 bytes short of its Content-Length.',
  ]);
});

t.test('a client that goes', { skip }, async (t) => {
  const { server, log } = await native(t);
  const waiting = new Client(server.port).send(get('/wait'));
  await log.has('waits');
  waiting.destroy();
  await log.has('aborted: the connection ended: client');
  const reading = new Client(server.port);
  reading.socket.pause();
  reading.send(get('/pieces/1000000'));
  await log.has('piece');
  reading.destroy();
  await log.has('ended');
  const sending = new Client(server.port).send(post('/length', 'a', 'Content-Length: 10\r\n'));
  await until(async () => (await server.sum('open')) === 1, 'it is there');
  sending.destroy();
  await until(async () => (await server.sum('open')) === 0, 'it is gone');
  t.equal(log.count('called'), 0, 'half a request is none');
  t.match(parse(await ask(server.port, get('/'))), { body: 'hello' });
});

t.test('a body is read while it comes, and no faster than it is taken', { skip }, async (t) => {
  const { server, log } = await native(t, `&body=stream&bodyLimitBytes=${64 * MIB}`);
  const bytes = 32 * MIB;
  const client = new Client(server.port);
  const begin = `POST /hold HTTP/1.1\r\nHost: a\r\nX-Ms: 2000\r\nContent-Length: ${bytes}\r\n\r\n`;
  client.send(begin).send(Buffer.alloc(bytes, 97));
  await log.has('held');
  const left = await stands(() => client.socket.writableLength);
  t.ok(left > MIB, `${left} bytes wait at the client`);
  t.equal(parse(await client.responses()).body, String(bytes), 'all of it came');
  client.send(post('/ignore', 'abc'));
  t.equal(parse(await client.responses()).body, 'ignored', 'nobody reads it');
  t.equal(
    parse(await client.send(get('/')).responses()).body,
    'hello',
    'and the next one is served',
  );
  client.destroy();
});

t.test('it stops in an orderly way', { skip }, async (t) => {
  for (const { name, ...way } of WAYS) {
    const { server, log } = await native(t, '', way);
    const idle = new Client(server.port).send(get('/'));
    await idle.responses();
    const busy = new Client(server.port).send(get('/slow'));
    await log.has('slow');
    const closed = server.close();
    const answer = await busy.rest();
    t.match(answer, /\r\nConnection: close\r\n[^]*\r\n\r\nslow$/, `${name}: it is answered`);
    t.equal(await idle.rest(), '', 'who waits is not');
    t.strictSame(await closed, { forced: false });
    t.equal(log.count('stop'), way.workers, 'stop() is called in each loop');
  }
});

t.test('a stream without an end comes to one when the server stops', { skip }, async (t) => {
  const { server } = await native(t);
  const client = new Client(server.port).send(get('/endless'));
  await client.until((text) => text.includes('begun'));
  const closed = server.close();
  t.match(await client.rest(), /\r\n0\r\n\r\n$/);
  t.strictSame(await closed, { forced: false });
});

t.test('it stops at once where it must', { skip }, async (t) => {
  for (const { name, ...way } of WAYS) {
    const { server, log } = await native(t, '', way);
    const client = new Client(server.port).send(get('/wait'));
    await log.has('waits');
    t.strictSame(await server.close({ drainTimeoutMs: 0 }), { forced: true }, name);
    t.equal(await client.rest(), '');
  }
});

t.test('a worker that dies is replaced', { skip }, async (t) => {
  for (const [unit, path] of [
    ['process', '/die'],
    ['process', '/kill'],
    ['thread', '/die'],
    ['thread', '/kill'],
  ] as const) {
    const { server } = await native(t, '', { workers: 2, unit });
    const before = (await server.stats()).workers;
    t.equal(server.texts('worker-ready').length, 2, `${unit}: each is told of once`);
    const other = new Client(server.port).send(get('/'));
    await other.responses();
    const victim = new Client(server.port).send(get(path));
    t.equal(await victim.rest(), '', `${unit} ${path}: its connection ends`);
    other.destroy();
    const lost = unit === 'thread' && path === '/kill' ? 2 : 1; // its process takes the other one along
    await until(async () => {
      const { workers } = await server.stats();
      return workers.every(({ alive }) => alive) && (await server.sum('restarts')) === lost;
    }, `${unit} ${path}: it is replaced`);
    const after = (await server.stats()).workers;
    t.equal(after.length, 2);
    const ids = (rows: typeof after) => rows.map(({ pid, threadId }) => `${pid} ${threadId}`);
    t.equal(ids(after).filter((one) => !ids(before).includes(one)).length, lost, 'and no other');
    t.ok(server.texts('worker-died').length > 0, 'and it is told');
    t.equal(parse(await ask(server.port, get('/'))).body, 'hello', 'the server goes on');
    t.strictSame(await server.close(), { forced: false });
  }
});

t.test('a limit on connections', { skip }, async (t) => {
  const { server } = await native(t, '', { limits: { connections: 2 } });
  const taken = [new Client(server.port), new Client(server.port)];
  for (const client of taken) await client.send(get('/')).responses();
  t.equal(await new Client(server.port).rest(), '', 'one more is closed');
  const { workers } = await server.stats();
  t.match(workers[0], { accepted: 2, open: 2, refused: 1 });
  for (const client of taken) client.destroy();
  await until(async () => (await server.sum('open')) === 0, 'they are gone');
  t.equal(parse(await ask(server.port, get('/'))).body, 'hello', 'there is room again');
});

t.test('where it differs', { skip }, async (t) => {
  const { server, log } = await native(t);
  const { port } = server;
  const rest = (request: string) => new Client(port).send(request).rest();
  const ours = 'HTTP/1.1 505 HTTP Version Not Supported';
  t.equal(parse(await rest(get('/').replace('1.1', '1.0'))).status, ours, 'HTTP/1.0');
  t.equal(parse(await rest(get('http://a/'))).status, ours, 'absolute form');
  t.equal(parse(await rest(get('*').replace('GET', 'OPTIONS'))).status, ours, 'OPTIONS *');
  t.equal(parse(await rest(get('/\x01'))).status, ours, 'a control byte in the target');
  const trailers = post(
    '/length',
    '3\r\nabc\r\n0\r\nX: y\r\n\r\n',
    'Transfer-Encoding: chunked\r\n',
  );
  t.equal(parse(await rest(trailers)).status, ours, 'a trailer section');
  t.match(await ask(port, get('/')), /\r\nuWebSockets: 20\r\n/, 'its mark');
  const bytes = parse(await ask(port, get('/headers', 'X: \xc3\xa9 a \xc3\xa9\r\n'))).body;
  t.strictSame(JSON.parse(bytes)[1], ['x', 'a'], 'bytes beyond ASCII at the ends of a value');

  const sync = await new Client(port).send(get('/') + get('/who')).responses(2);
  t.match(sync, /hello[^]*127\.0\.0\.1$/, 'replies that come at once are pipelined');
  t.equal(await rest(get('/slow') + get('/')), '', 'others are not: the connection ends');
  const half = new Client(port).send(get('/slow'));
  await log.has('slow', 2);
  half.end();
  t.equal(await half.rest(), '', 'a client that half-closes gets no answer');
});

t.test('what it does not take', { skip }, async (t) => {
  const able = ['pooled', 'dispatched', 'shared', 'sharded', 'blocking'];
  const routes = httpHandler('routes');
  const inMode = (name: string, query = '') =>
    new URL(`../modes/handlers/${name}.ts${query}`, import.meta.url);
  const cases: Array<[string, HostOptions, RegExp]> = [
    ['a raw protocol', { handler: 'echo' }, /the protocol is bytes, and not http/],
    ['a raw handler', { handler: inMode('contract') }, /the protocol is line, and not http/],
    ['Nagle', { handler: routes, nagle: true }, /does not take nagle/],
    ['a backlog', { handler: routes, backlog: 7 }, /does not take a backlog/],
    ['a read path', { handler: routes, readPath: 'fallback' }, /does not take readPath "fallback"/],
    ['hooks', { handler: handler('hooks') }, /the handler has open\(\)/],
    ['a head’s deadline', { handler: handler('native', '?headTimeoutMs=9') }, /has headTimeoutMs/],
    [
      'a limit of frames',
      { handler: handler('sockets', '?fragmentLimit=9') },
      /has websocket\.fragmentLimit/,
    ],
    [
      'a large head',
      { handler: handler('native', '?headLimitBytes=99999') },
      /takes 16384; set UWS/,
    ],
  ];
  for (const workers of [1, 2]) {
    for (const [what, options, message] of cases) {
      const error = await refused(t, { ...options, workers });
      t.match(error, { name: 'ModeError', code: 'PATTERNS_MODE', message }, what);
      t.strictSame(error.modes, workers === 1 ? ['single', ...able] : able, what);
    }
  }
  const sockets = await refused(t, { handler: inMode('socket'), workers: 1 });
  t.match(sockets, { name: 'ModeError', message: /the handler takes sockets/ });
  const idle = { handler: routes, limits: { idleTimeoutMs: 1000 } };
  t.match(await refused(t, idle), { name: 'ModeError', message: /does not take an idle timeout/ });
  const unix = { handler: routes, unix: '/nowhere/x.sock' };
  t.match(await refused(t, unix), { name: 'ModeError', message: /does not take Unix sockets/ });
});

t.test('addresses', { skip }, async (t) => {
  const first = await host(t, { handler: httpHandler('routes'), workers: 1 });
  for (const way of WAYS) {
    const again = { handler: httpHandler('routes'), port: first.port, ...way, name: undefined };
    const taken = await refused(t, again);
    t.match(taken, { name: 'ListenError', message: /the port is in use|another server/ }, way.name);
  }
  const none = await refused(t, { handler: httpHandler('routes'), host: '192.0.2.1', workers: 1 });
  t.match(none, { name: 'ListenError', message: /this machine has no such address/ });
});
