/** How connections end when the server stops, where the last reply tells the peer: without a socket and without a clock. */
import t from 'tap';
import type { MessageHandler } from '../handler.ts';
import { readOptions } from '../options.ts';
import { http } from '../protocols/http1/http.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import { line } from '../protocols/line.ts';
import { Loop } from './loop.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryWire } from './memory-wire.ts';

/** An idle connection has 100 ms: three looks, 50 ms apart, the first of which is no sooner than that. */
const LOOK_MS = 50;
const GRACE_MS = 150;
const CLOSE = '\r\nConnection: close\r\n';
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

class CountingClock extends ManualClock {
  /** Not stopped yet. */
  timers = 0;

  override every(ms: number, fn: () => void): () => void {
    const stop = super.every(ms, fn);
    this.timers += 1;
    return () => {
      this.timers -= 1;
      stop();
    };
  }
}

function served(own?: MessageHandler) {
  const waiting: Array<() => void> = [];
  const started: string[] = [];
  const handler: MessageHandler = own ?? {
    protocol: http(),
    message({ path }: HttpRequest) {
      started.push(path);
      if (path === '/now') return { body: path };
      return new Promise((resolve) => {
        waiting.push(() => resolve({ body: path }));
      });
    },
  };
  const clock = new CountingClock();
  const { limits } = readOptions({ limits: {} });
  const loop = new Loop({
    handler,
    protocol: handler.protocol!,
    limits: { ...limits, idleTimeoutMs: 0 },
    nagle: false,
    fast: false,
    clock,
  });
  const connect = () => {
    const wire = new MemoryWire('');
    loop.adoptWire((conversation) => wire.connect(conversation));
    return wire;
  };
  const turn = async () => {
    for (let i = 0; i < 10; i += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  };
  const send = async (wire: MemoryWire, text: string) => {
    wire.send(Buffer.from(text));
    await turn();
    return wire.received.toString('latin1');
  };
  return { loop, clock, connect, turn, send, started, answer: () => waiting.shift()!() };
}

t.test('between two messages there is time for one that is on its way', async (t) => {
  const { loop, clock, connect, turn, send } = served();
  const [idle, late, half] = [connect(), connect(), connect()];
  await send(idle, get('/now'));
  const drained = loop.drain();
  clock.advance(GRACE_MS - LOOK_MS);
  t.equal(idle.ended, false, 'it has not passed');
  const answer = await send(late, get('/now'));
  t.ok(answer.includes(CLOSE));
  t.equal(late.ended, true, 'answered, told and ended at once');
  await send(half, 'GET /n');
  clock.advance(LOOK_MS);
  t.equal(idle.ended, true, 'it has passed');
  t.notOk(idle.received.includes(CLOSE));
  clock.advance(20 * LOOK_MS);
  t.equal(half.ended, false, 'what has begun to come is waited for');
  t.ok((await send(half, 'ow HTTP/1.1\r\nHost: a\r\n\r\n')).includes(CLOSE));
  for (const wire of [idle, late, half]) wire.sendEnd();
  await turn();
  await drained;
  t.equal(clock.timers, 0, 'no timer is left');
});

t.test('a client that always has one more on its way does not hold up the end', async (t) => {
  const { loop, connect, turn, send, started, answer } = served();
  const wire = connect();
  await send(wire, get('/a') + get('/b'));
  const drained = loop.drain();
  await send(wire, get('/c'));
  answer();
  await turn();
  t.notOk(wire.received.includes(CLOSE), 'another is due behind it');
  await send(wire, get('/d'));
  answer();
  await turn();
  t.strictSame(started, ['/a', '/b']);
  t.match(wire.received.toString('latin1'), /\r\nConnection: close\r\n[^]*\/b$/);
  t.equal(wire.ended, true);
  wire.sendEnd();
  await drained;
});

t.test('what comes behind the last one does not run', async (t) => {
  const { loop, connect, turn, send, started, answer } = served();
  const wire = connect();
  const drained = loop.drain();
  await send(wire, get('/a'));
  await send(wire, get('/now'));
  answer();
  await turn();
  t.strictSame(started, ['/a']);
  t.equal(wire.received.toString('latin1').split('HTTP/1.1').length, 2);
  t.ok(wire.received.includes(CLOSE));
  wire.sendEnd();
  await drained;
});

t.test('a stream that has begun: its end, and time for one more', async (t) => {
  let end = () => {};
  const { loop, clock, connect, turn, send } = served({
    protocol: http(),
    message: ({ path }: HttpRequest) => ({
      body:
        path === '/now'
          ? path
          : (async function* () {
              yield 'begun';
              await new Promise<void>((resolve) => {
                end = resolve;
              });
            })(),
    }),
  });
  const first = connect();
  await send(first, get('/stream'));
  const drained = loop.drain();
  clock.advance(10 * GRACE_MS);
  t.equal(first.ended, false);
  end();
  await turn();
  t.ok(first.received.toString().endsWith('\r\n0\r\n\r\n'));
  t.equal(first.ended, false);
  clock.advance(LOOK_MS);
  t.match(await send(first, get('/now')), /\r\nConnection: close\r\n[^]*\/now$/);
  t.equal(first.ended, true);

  const second = connect(); // it was accepted already
  t.ok((await send(second, get('/stream'))).includes(CLOSE), 'one that begins now says so');
  t.equal(second.ended, false, 'and ends first');
  end();
  await turn();
  t.ok(second.received.toString().endsWith('\r\n0\r\n\r\n'));
  t.equal(second.ended, true);
  for (const wire of [first, second]) wire.sendEnd();
  await drained;
});

t.test('a handler that stops the server in its own message', async (t) => {
  let stop = (): Promise<void> | undefined => undefined;
  let drained: Promise<void> | undefined;
  const { loop, connect, send } = served({
    protocol: http(),
    message({ path }: HttpRequest) {
      if (path === '/stop') drained = stop();
      return { body: path };
    },
  });
  stop = () => loop.drain();
  const wire = connect();
  const text = await send(wire, get('/stop') + get('/now') + get('/last'));
  t.match(text, /\/stop[^]*\/now[^]*\r\nConnection: close\r\n[^]*\/last$/, 'what came is answered');
  t.equal(text.split(CLOSE).length, 2);
  t.equal(wire.ended, true);
  wire.sendEnd();
  await drained;
});

t.test('without words for it the end comes at once', async (t) => {
  const { loop, connect, send } = served({ protocol: line(), message: (text: string) => text });
  const wire = connect();
  t.equal(await send(wire, 'a\nbegun'), 'a\n');
  const drained = loop.drain();
  t.equal(wire.ended, true);
  wire.sendEnd();
  await drained;
});
