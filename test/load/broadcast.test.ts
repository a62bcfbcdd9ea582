/** `patterns load ws://… --publishers`: what is published is timed and counted at each that listens, in every mode. */
import t, { type Test } from 'tap';
import { defineHandler } from '../../src/handler.ts';
import type { WebSocketConnection } from '../../src/http/websocket.ts';
import { runLoad, type LoadPlan, type LoadResult } from '../../src/load/index.ts';
import { http } from '../../src/protocols/http1/http.ts';
import { serve } from '../../src/serve.ts';
import { run } from '../cli/cli.ts';
import { forEveryMode, serveWith } from '../modes/support/combos.ts';
import { host, skip } from '../native/support.ts';

const CHAT = new URL('../../examples/ws-chat.ts', import.meta.url);

function load(url: string, plan: Partial<LoadPlan>): Promise<LoadResult> {
  return runLoad({
    target: url.replace('tcp:', 'ws:'),
    publishers: 1,
    connections: 4,
    rateHz: 200,
    threads: 1,
    warmupMs: 0,
    drainMs: 60_000,
    ...plan,
  });
}

/** Each message is delivered to each that listens, or missing there. */
function accounted(t: Test, result: LoadResult): void {
  const { answered, broadcast, failed, failedTotal, inFlight, response, sent } = result;
  const { listeners, published } = broadcast!;
  t.equal(sent, published * listeners, 'each is to hear every message');
  t.equal(sent, answered + failedTotal, 'sent = answered + failed');
  t.equal(failedTotal, failed.missed, 'what did not come is all that failed');
  t.equal(inFlight, 0);
  t.equal(response.count, answered, 'each delivery is in the histogram');
}

void t.test('a chat', async (t) => {
  await forEveryMode(t, { http: true, needs: ['pushes'] }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: CHAT });
    await chat(t, server.url);
    await server.close({ drainTimeoutMs: 0 });
  });
  void t.test('native, in the main loop', { skip, buffered: true }, async (t) => {
    const server = await host(t, { handler: CHAT, workers: 1 });
    await chat(t, server.url);
    await server.close({ drainTimeoutMs: 0 });
  });
});

async function chat(t: Test, url: string): Promise<void> {
  for (const plan of [
    { publishers: 2, connections: 6, threads: 3, payloadBytes: 125 },
    { publishers: 1, connections: 3, warmupMs: 100 },
    { publishers: 1, connections: 4, burst: 15 },
    { publishers: 2, connections: 6, burst: 4, rateHz: 20_000 },
  ]) {
    const result = await load(`${url}/rooms/a`, { ...plan, count: 30 });
    accounted(t, result);
    t.equal(result.loop, 'broadcast');
    t.same(result.problems, []);
    const { connections, publishers } = plan;
    const listeners = connections - publishers;
    t.equal(result.answered, 30 * listeners);
    t.same(result.broadcast, { publishers, listeners, published: 30, repeated: 0, foreign: 0 });
    t.equal(result.scheduled, 30);
    t.ok(result.response.maxUs < 60_000_000, 'counted from when it was due, by the same clock');
    t.ok(result.response.p99Us >= result.service.p99Us, 'which is before it was sent');
  }
}

/** A room of which `act` is told each message's number. */
async function room(
  t: Test,
  act: (number: number, say: (text: string) => void, text: string) => void,
) {
  const all = new Set<WebSocketConnection>();
  const server = await serve({
    handler: defineHandler({
      protocol: http(),
      pushes: true,
      message: () => ({ body: '' }),
      websocket: {
        open: (connection) => void all.add(connection),
        close: (connection) => void all.delete(connection),
        message(data, connection) {
          const text = String(data);
          const say = (what: string): void => {
            for (const other of all) if (other !== connection) other.send(what);
          };
          act(Number(text.split(' ')[2]), say, text);
        },
      },
    }),
  });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  return { url: server.url, all };
}

void t.test('what is lost, repeated or of others is counted', async (t) => {
  const { url } = await room(t, (number, say, text) => {
    say('hello');
    if (number % 5 === 0) return;
    say(`{"text":${JSON.stringify(text)}}`);
    if (number % 7 === 0) say(text);
  });
  // 35 is the last, and nothing behind it shows that it is missing.
  const result = await load(url, { count: 35, drainMs: 200 });
  accounted(t, result);
  const listeners = 3;
  t.equal(result.failed.missed, 7 * listeners);
  t.match(result.broadcast, {
    published: 35,
    listeners,
    repeated: 4 * listeners,
    foreign: 35 * listeners,
  });
});

void t.test('who is cut off misses what is published before it is back', async (t) => {
  const { url, all } = await room(t, (number, say, text) => {
    if (number === 5) for (const one of [...all].slice(2)) one.close();
    say(text);
  });
  const result = await load(url, { count: 100, connections: 6, drainMs: 1000 });
  accounted(t, result);
  t.equal(result.broadcast!.listeners, 5);
  t.ok(result.failed.missed > 0);
  t.ok(result.connects.opened > 6, 'and it is');
});

void t.test('binary and compressed messages', async (t) => {
  const server = await serve({
    handler: defineHandler({
      protocol: http({ websocket: { deflate: true } }),
      pushes: true,
      message: () => ({ body: '' }),
      websocket: {
        open: (connection) => connection.subscribe('all'),
        message: (data, connection) => connection.publish('all', data),
      },
    }),
  });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  for (const protocolOptions of [{ binary: true }, { deflate: true }]) {
    const result = await load(server.url, { count: 20, payloadBytes: 70_000, protocolOptions });
    accounted(t, result);
    t.equal(result.answered, 60, JSON.stringify(result.problems));
  }
});

void t.test('the command line', async (t) => {
  const { url } = await room(t, (_number, say, text) => say(text));
  const target = url.replace('tcp:', 'ws:');
  const flags = ['--publishers=1', '-c', '3', '--warmup=0', '--threads=1'];
  const { code, err, out } = await run(['load', target, ...flags, '--rate=100', '--count=20']);
  t.equal(code, 0, err);
  t.match(out, /\(ws\): broadcasts at [\d.]+\/s/);
  t.match(out, /^ {2}[\d.]+ deliveries\/s/m);
  t.match(out, /40 to be delivered = 40 delivered \+ 0 missing/);
  t.match(out, /20 due, 0 of them never sent; 20 published by 1 connection to 2 listeners/);
  t.match(out, /^ {2}delivery +\d/m);
  for (const [more, says] of [
    [[], '--publishers send on a schedule: give --rate or --stages.'],
    [['--rate=5', '-c', '1'], '--publishers is 1 of 1 connection; it must be less'],
    [['--rate=5', '--size=10'], '--size is 10; with publishers it must be 64 or more'],
    [['--rate=5', '--body=x'], '--body does not go with publishers'],
    [['--rate=5', '--expect=echo'], '--expect does not go with publishers'],
    [['--rate=5', '--depth=2'], '--depth and --think do not go with publishers'],
    [['--rate=5', '--requests-per-connection=2'], '--requests-per-connection does not go with'],
    [['--rate=5', '--connection-lifetime=1s'], '--connection-lifetime does not go with'],
    [['--find-knee', '--slo=p99<5ms'], 'a broadcast has none: leave publishers out'],
  ] as const) {
    const refused = await run(['load', target, ...flags, ...more]);
    t.equal(refused.code, 2, refused.out);
    t.match(refused.err, says);
  }
  const other = await run(['load', url, ...flags, '--rate=5']);
  t.equal(other.code, 2);
  t.match(other.err, '--publishers belongs to ws');
});
