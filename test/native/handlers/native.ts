/** Routes that show what goes on: for native.test.ts. `?stream` in the module's URL: bodies are read while they come. */
/* oxlint-disable oxc/no-async-endpoint-handlers -- not Express: a rejection is answered 500 */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { router } from '../../../src/http/router.ts';
import { sse } from '../../../src/http/sse.ts';
import { http, type HttpOptions } from '../../../src/protocols/http1/http.ts';

const query = new URL(import.meta.url).searchParams;
const log = query.get('log');
/** A number, or a flag that stands alone. */
const limits = Object.fromEntries(
  [...query]
    .filter(([name]) => !['log', 'body', 'pushes'].includes(name))
    .map(([name, value]) => [name, value === '' ? true : Number(value)]),
) as HttpOptions;
const body = query.get('body') === 'stream' ? 'stream' : 'collect';
const note = (line: string) => {
  if (log !== null) appendFileSync(log, `${line}\n`);
};

/** 64 KiB a piece; notes each piece that is asked for, and its own end. */
async function* pieces(count: number): AsyncGenerator<Buffer> {
  try {
    for (let i = 0; i < count; i += 1) {
      note('piece');
      yield Buffer.alloc(65_536, 97);
    }
  } finally {
    note('ended');
  }
}

/** What router() makes does not push by itself. */
const pushes = query.has('pushes');

const routes = router({ protocol: http({ body, ...limits }) })
  .get('/subscribe', async (_request, connection) => {
    connection.subscribe('hints');
    note('subscribed');
    await new Promise((resolve) => {
      connection.signal.addEventListener('abort', resolve);
    });
    return {};
  })
  .get('/publish', (_request, connection) => {
    connection.publish('hints', { status: 103, headers: { link: '</a>' } });
    return { body: 'published' };
  })
  .get('/endless', (request) => sse(request, (stream) => void stream.send({ data: 'begun' })))
  .get('/', () => ({ body: 'hello' }))
  .get('/headers', ({ headers }) => ({ body: JSON.stringify([...headers]) }))
  .get('/later-headers', async ({ headers }) => {
    await sleep(1);
    return { body: JSON.stringify([...headers]) };
  })
  .get('/who', (_request, { remoteAddress }) => ({ body: remoteAddress }))
  .get('/no-content', () => ({ status: 204 }))
  .get('/not-modified', () => ({ status: 304, headers: { 'content-length': '7', etag: '"a"' } }))
  .get('/date', () => ({
    headers: { Date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'x-a': 'b' },
    body: 'd',
  }))
  .get('/latin1', () => ({ headers: { 'x-a': 'caf\xe9' }, body: 'é' }))
  .get('/close', () => ({ headers: { connection: 'close' }, body: 'bye' }))
  .get('/split', () => ({ headers: { 'x-a': 'b\r\nx-c: d' } }))
  .get('/hints', async (_request, connection) => {
    const interim = connection as unknown as { send(message: object): string };
    interim.send({ status: 103, headers: { link: '</a.css>' } });
    interim.send({ status: 102 });
    await sleep(1);
    return { headers: { 'x-a': 'b' }, body: 'after' };
  })
  .get('/pieces/:count', ({ params }) => ({ body: pieces(Number(params.count)) }))
  .get('/counted/:count', ({ params }) => ({
    headers: { 'content-length': Number(params.count) * 65_536 },
    body: pieces(Number(params.count)),
  }))
  .get('/short', () => ({ headers: { 'content-length': 65_537 }, body: pieces(1) }))
  .get('/large/:bytes', ({ params }) => ({ body: Buffer.alloc(Number(params.bytes), 98) }))
  .get('/broken', () => ({
    body: (async function* () {
      yield 'begun';
      await sleep(1);
      throw new Error('in the middle');
    })(),
  }))
  .get('/wait', async (_request, { signal }) => {
    note('waits');
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
    });
    note(`aborted: ${(signal.reason as Error).message}`);
    return { body: 'nobody hears it' };
  })
  .get('/slow', async () => {
    note('slow');
    await sleep(100);
    return { body: 'slow' };
  })
  .get('/async', async () => ({ body: 'async' }))
  .get('/die', async () => {
    setImmediate(() => {
      throw new Error('die');
    });
    await sleep(60_000);
    return {};
  })
  .get('/kill', async () => {
    process.kill(process.pid, 'SIGKILL');
    await sleep(60_000);
    return {};
  })
  .post('/length', async (request) => {
    note('called');
    let length = 0;
    for await (const piece of request.stream()) length += piece.length;
    return { body: String(length) };
  })
  .post('/hold', async (request) => {
    note('held');
    await sleep(Number(request.headers.get('x-ms')));
    return { body: String((await request.bytes()).length) };
  })
  .post('/ignore', () => ({ body: 'ignored' }));

export default Object.assign(routes, {
  pushes,
  stop: () => note('stop'),
});
