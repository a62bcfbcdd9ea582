/** Loads over event streams: against our own channels, and servers that do what they should not. */
import t, { type Test } from 'tap';
import { runLoad, type LoadPlan, type LoadResult } from '../../src/load/index.ts';
import { eventChannel } from '../../src/http/event-channel.ts';
import { router } from '../../src/http/router.ts';
import type { HttpRequest } from '../../src/protocols/http1/request.ts';
import { serve } from '../../src/serve.ts';
import { run } from '../cli/cli.ts';
import { listen } from './servers.ts';

t.jobs = 1;

function load(target: string, plan: Partial<LoadPlan>): Promise<LoadResult> {
  return runLoad({
    target,
    protocol: 'sse',
    connections: 4,
    threads: 1,
    warmupMs: 0,
    durationMs: 20_000,
    ...plan,
  });
}

function accounted(t: Test, result: LoadResult): void {
  const { answered, failed, failedTotal, inFlight, push, sent, service } = result;
  t.equal(sent, answered + failedTotal, 'sent = answered + failed');
  t.equal(inFlight, 0);
  t.equal(failedTotal, failed.missed, 'what did not come is all that failed');
  t.equal(service.count, answered - push!.unstamped, 'each event with a time is in the histogram');
}

/** A channel that ticks; with `?short` its streams end after a few pieces. */
async function clock(t: Test, stamp: () => string) {
  const channel = eventChannel({ history: 1000, retryMs: 1 });
  const timer = setInterval(() => channel.publish({ data: stamp() }), 2);
  const resumed: string[] = [];
  const handler = router().get('/clock', (request) => {
    const id = request.headers.get('last-event-id');
    if (id !== undefined) resumed.push(id);
    return request.query === 'short'
      ? { headers: { 'content-type': 'text/event-stream' }, body: firstEvents(request, 10) }
      : channel.respond(request);
  });
  /** The channel's own stream, cut off by the server. */
  async function* firstEvents(request: HttpRequest, count: number) {
    const { body } = channel.respond(request) as { body: AsyncIterable<string> };
    let left = count;
    for await (const piece of body) {
      yield piece;
      left -= 1;
      if (left === 0) return;
    }
  }
  const server = await serve({ handler });
  t.teardown(async () => {
    clearInterval(timer);
    channel.close();
    await server.close({ drainTimeoutMs: 0 });
  });
  return { url: server.url.replace('tcp:', 'http:'), resumed, channel };
}

t.test('delivery times of a channel, by count', async (t) => {
  const { url } = await clock(t, () => `{"at":${Date.now()}}`);
  const result = await load(`${url}/clock`, { count: 200 });
  accounted(t, result);
  t.equal(result.answered, 200, JSON.stringify(result.problems));
  t.equal(result.loop, 'push');
  t.equal(result.service.count, 200);
  t.same(result.push, { gaps: 0, repeated: 0, resumed: 0, unstamped: 0 });
  t.ok(result.ratePerSecond > 0);
  t.match(result.label, /^delivery times/);
  t.equal(result.connects.opened, 4);
  t.ok(result.service.maxUs < 20_000_000, 'counted from the stamp, not from 1970');
});

t.test('a time in words is a stamp too, where it has milliseconds', async (t) => {
  const cases: [() => string, boolean][] = [
    [() => `{"at":"${new Date().toISOString()}"}`, true],
    [() => new Date().toISOString().replace('Z', '+00:00'), true],
    [() => new Date().toISOString().replace(/\.\d+/, ''), false],
    [() => '1999-12-31T23:59:59.999Z', false],
  ];
  for (const [stamp, stamped] of cases) {
    const { url } = await clock(t, stamp);
    const result = await load(`${url}/clock`, { count: 20 });
    accounted(t, result);
    t.equal(result.push?.unstamped, stamped ? 0 : 20, stamp());
    if (stamped) t.ok(result.service.maxUs < 20_000_000);
  }
});

t.test('without a time, and for a time', async (t) => {
  const { url } = await clock(t, () => 'tick');
  const result = await load(`${url.replace('http:', 'sse:')}/clock`, {
    durationMs: 400,
    protocol: undefined,
  });
  accounted(t, result);
  t.ok(result.answered > 0);
  t.equal(result.push?.unstamped, result.answered);
});

t.test('streams that the server ends are resumed, and nothing is missed', async (t) => {
  const { resumed, url } = await clock(t, () => String(Date.now()));
  const result = await load(`${url}/clock?short`, { count: 300, connections: 2 });
  accounted(t, result);
  t.equal(result.failed.missed, 0);
  t.equal(result.push?.gaps, 0);
  t.equal(result.push?.repeated, 0);
  t.ok((result.push?.resumed ?? 0) > 2, `${result.push?.resumed} resumed`);
  t.ok(resumed.length >= (result.push?.resumed ?? 0));
  t.match(resumed[0], /^[\w-]{8}-\d+$/);
});

t.test('a connection that is old is closed, and resumed', async (t) => {
  const { url } = await clock(t, () => String(Date.now()));
  const result = await load(`${url}/clock`, { count: 2000, connectionLifetimeMs: 100 });
  accounted(t, result);
  t.equal(result.failed.missed, 0);
  t.ok((result.push?.resumed ?? 0) > 0);
});

t.test('gaps and repetitions are seen by the ids', async (t) => {
  const asked: string[] = [];
  const server = await listen(t, (socket) => {
    let base = 0;
    const cycle = () => {
      for (const step of [1, 2, 5, 4]) socket.write(`id: a${base + step}\ndata: x\n\n`);
      base += 10;
    };
    socket.on('data', (chunk: Buffer) => {
      asked.push(chunk.toString('latin1'));
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
      cycle();
      const timer = setInterval(cycle, 2);
      socket.on('close', () => clearInterval(timer));
    });
  });
  const result = await load(server.url.replace('tcp:', 'sse:'), {
    connections: 1,
    count: 40,
    headers: [['x-a', 'b']],
  });
  accounted(t, result);
  // 1, 2, 5, 4, 11: 3 and 4 are missed, 4 comes late, and then 5 to 10 are.
  t.same(result.push, { gaps: 20, repeated: 10, resumed: 0, unstamped: 40 });
  t.equal(result.failed.missed, 80);
  t.match(asked[0], /^GET \/ HTTP\/1.1\r\n[^]*accept: text\/event-stream\r\n/);
  t.match(asked[0], '\r\nx-a: b\r\n');
});

const HOSTILE: ReadonlyArray<readonly [string, string, string, RegExp]> = [
  ['another type', 'Content-Type: text/html\r\n', 'data: x\n\n', /of type "text\/html"/],
  ['no UTF-8', 'Content-Type: text/event-stream\r\n', 'data: x\n\n\u{fffd}', /not UTF-8/],
  [
    'chunks that are none',
    'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n',
    'zz\r\n',
    /chunk size/,
  ],
  [
    'a chunk without its end',
    'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n',
    '2\r\n: xx',
    /not followed by CR LF/,
  ],
  ['a bare line feed', 'Content-Type: text/event-stream\n', '', /LF/],
];

t.test('hostile: what is no event stream', async (t) => {
  for (const [what, head, text, problem] of HOSTILE) {
    const server = await listen(t, (socket) => {
      socket.on('data', () => {
        const body = text.replace('\u{fffd}', '');
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${body}`);
        if (body !== text) socket.write(Buffer.from([0xff, 0xff]));
      });
    });
    const result = await load(server.url.replace('tcp:', 'http:'), { durationMs: 300 });
    t.equal(result.failedTotal, 0, what);
    t.ok(result.connects.lost > 0, what);
    t.match(result.problems, [{ problem }], what);
  }
  const refusing = await serve({ handler: router() });
  t.teardown(() => refusing.close());
  const result = await load(refusing.url.replace('tcp:', 'http:'), { durationMs: 300 });
  t.equal(result.answered, 0);
  t.match(result.problems, [
    { problem: 'the server answered with the status 404, and no event stream' },
  ]);
});

t.test('the command line', async (t) => {
  const { url } = await clock(t, () => String(Date.now()));
  const flags = ['--protocol=sse', '--warmup=0', '--threads=1', '--connections=2'];
  const { code, err, out } = await run(['load', `${url}/clock`, ...flags, '--count=50']);
  t.equal(code, 0, err);
  t.match(out, /\(sse\): events as they come/);
  t.match(out, /^ {2}\d+ events\/s/m);
  t.match(out, /^ {2}delivery +\d/m);
  t.match(out, /^ {2}50 published = 50 delivered \+ 0 missed$/m);
  t.match(out, /^ {2}2 connections opened, 0 lost; 0 went on where another was lost$/m);
  t.match(out, /stamp of whole milliseconds/);
  t.notMatch(out, /answer|sent|depth|failed/);
  for (const [flag, says] of [
    ['--rate=5', '--rate belongs to requests'],
    ['--depth=2', '--depth and thinkMs'],
    ['--expect=echo', '--expect belongs to requests'],
    ['--requests-per-connection=1', '--requests-per-connection belongs to requests'],
  ]) {
    const refused = await run(['load', `${url}/clock`, ...flags, flag]);
    t.equal(refused.code, 2);
    t.match(refused.err, says.replace('thinkMs', '--think'));
  }
});
