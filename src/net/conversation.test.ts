/** Order, gates, back-pressure and ends, without a socket and without a clock. */
import t from 'tap';
import type { CloseReason, Connection, MessageHandler } from '../handler.ts';
import { line } from '../protocols/line.ts';
import { harness, type HarnessOptions } from '../testing.ts';

/** A handler whose replies come when the test says so. */
function deferred() {
  const started: string[] = [];
  const waiting = new Map<string, { resolve(reply: unknown): void; reject(error: Error): void }>();
  const reasons: CloseReason[] = [];
  const handler: MessageHandler = {
    protocol: line(),
    message(text: string) {
      started.push(text);
      if (text.startsWith('now')) return text;
      return new Promise((resolve, reject) => {
        waiting.set(text, { resolve, reject });
      });
    },
    close: (_connection, reason) => void reasons.push(reason),
  };
  return {
    handler,
    started,
    reasons,
    reply: (text: string, reply: unknown = text) => waiting.get(text)!.resolve(reply),
    fail: (text: string) => waiting.get(text)!.reject(new Error(`${text} failed`)),
  };
}

async function served(options: HarnessOptions = {}) {
  const control = deferred();
  const server = await harness(control.handler, options);
  return { ...control, server, client: server.connect() };
}

t.test('replies leave in the order of their messages', async (t) => {
  const { client, started, reply } = await served();
  client.write('a\nb\nnow\nc\n');
  await client.turn();
  t.strictSame(started, ['a', 'b', 'now', 'c'], 'they start as they come');
  reply('b');
  reply('c');
  await client.turn();
  t.equal(client.text, '', 'nothing overtakes the first');
  reply('a');
  await client.turn();
  t.equal(client.text, 'a\nb\nnow\nc\n');
});

t.test('a reply that comes after its connection has gone is dropped', async (t) => {
  const { client, reply, reasons, server } = await served();
  client.write('a\n');
  await client.turn();
  client.reset();
  await client.turn();
  reply('a');
  await client.turn();
  t.match(reasons, [{ code: 'reset' }]);
  t.equal(client.text, '');
  t.strictSame(server.errors, []);
});

t.test('a failure that comes too late is nobody’s business', async (t) => {
  const { client, fail, server } = await served();
  client.write('a\n');
  await client.turn();
  client.reset();
  await client.turn();
  fail('a');
  await client.turn();
  t.strictSame(server.errors, []);
});

t.test('the in-flight limit: no more start, and reading pauses', async (t) => {
  const { client, started, reply, server } = await served({ limits: { inFlight: 2 } });
  client.write('a\nb\nc\nd\n');
  await client.turn();
  t.strictSame(started, ['a', 'b']);
  client.write('e\n');
  client.write('f\n');
  await client.turn();
  t.equal(server.stats().bytesIn, 8, 'what comes then stays with the peer');
  reply('a');
  await client.turn();
  t.strictSame(started, ['a', 'b', 'c']);
  for (const text of ['b', 'c']) reply(text);
  await client.turn();
  for (const text of ['d', 'e']) reply(text);
  await client.turn();
  reply('f');
  await client.turn();
  t.equal(client.text, 'a\nb\nc\nd\ne\nf\n');
});

t.test('a peer that half-closes gets its answers, then the end', async (t) => {
  const { client, reply, reasons } = await served();
  client.write('a\nb\n');
  client.end();
  await client.turn();
  t.equal(client.ended, false);
  reply('b');
  reply('a');
  await client.settled();
  t.equal(client.text, 'a\nb\n');
  t.equal(client.ended, true);
  t.strictSame(reasons, [{ code: 'client' }]);
});

t.test('one that half-closes inside a message', async (t) => {
  const { client, reply, reasons } = await served();
  client.write('a\nb');
  client.end();
  await client.turn();
  reply('a');
  await client.settled();
  t.equal(client.text, 'a\n');
  t.match(reasons, [{ code: 'protocol', error: { code: 'CUT_SHORT' } }]);
});

t.test('a failure ends it; what waits behind never leaves', async (t) => {
  const { client, reply, fail, reasons, server } = await served();
  client.write('a\nb\nc\nd\n');
  await client.turn();
  reply('c');
  fail('b');
  reply('a');
  await client.turn();
  reply('d');
  await client.turn();
  t.equal(client.text, 'a\n');
  t.equal(client.ended, true);
  client.end();
  await client.settled();
  t.match(reasons, [{ code: 'error', error: { message: 'b failed' } }]);
  t.match(server.errors, [{ message: 'b failed' }]);
});

t.test('a message cut at every byte', async (t) => {
  const text = 'now é€\nnow b\n';
  const bytes = Buffer.from(text);
  for (let first = 1; first < bytes.length; first += 1) {
    for (let second = first; second < bytes.length; second += 1) {
      const { client, server } = await served();
      client.write(bytes.subarray(0, first));
      client.write(bytes.subarray(first, second));
      client.write(bytes.subarray(second));
      await client.settled();
      if (client.text !== text) t.equal(client.text, text, `at ${first} and ${second}`);
      await server.stop();
    }
  }
  t.pass(`at every pair of its ${bytes.length} bytes`);
});

t.test('a peer that does not read is not read from', async (t) => {
  const server = await harness({ message: (text) => text }, { protocol: 'line' });
  const client = server.connect();
  client.pause();
  const text = `${'x'.repeat(9_999)}\n`;
  for (let i = 0; i < 100; i += 1) client.write(text);
  await client.settled();
  t.ok(client.waitingBytes < 200_000, `${client.waitingBytes} bytes are held`);
  t.ok(server.stats().bytesIn < 300_000, 'the rest stays with it');
  client.resume();
  client.end();
  await client.settled();
  t.equal(client.received.length, 1_000_000);
  t.strictSame(client.closed, { code: 'client' });
});

t.test('late replies wait for a peer that does not read', async (t) => {
  const { client, reply, started } = await served({ limits: { sendLimitBytes: 1000 } });
  client.pause();
  const texts = Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(9_000)}`);
  client.write(texts.map((text) => `${text}\n`).join(''));
  while (started.length < texts.length) await client.turn();
  for (const text of texts) reply(text);
  await client.turn();
  t.ok(client.waitingBytes < 200_000, `${client.waitingBytes} bytes are held by the wire`);
  client.resume();
  await client.settled();
  t.equal(client.text, texts.map((text) => `${text}\n`).join(''));
});

t.test('what is sent to it has a limit', async (t) => {
  const results: string[] = [];
  const server = await harness(
    {
      protocol: line(),
      pushes: true,
      message(_text: string, connection: Connection) {
        for (let i = 0; i < 40; i += 1) results.push(connection.send('x'.repeat(9_999)));
      },
    },
    { limits: { sendLimitBytes: 200_000 } },
  );
  const client = server.connect();
  client.pause();
  client.write('a\n');
  await client.turn();
  t.equal(results[0], 'ok');
  t.ok(results.includes('wait'));
  t.equal(results.at(-1), 'closed');
  t.ok(results.indexOf('closed') < 32);
  t.strictSame(client.closed, { code: 'send-limit' });
});

t.test('open, late', async (t) => {
  const events: string[] = [];
  let settle: { resolve(state: string): void; reject(error: Error): void } | undefined;
  const handler: MessageHandler = {
    protocol: line(),
    open: () =>
      new Promise<string>((resolve, reject) => {
        settle = { resolve, reject };
      }),
    message: (text: string, { state }) => `${state} ${text}`,
    close: (_connection, { code }) => void events.push(code),
  };
  const server = await harness(handler);
  const client = server.connect();
  client.write('a\nb');
  client.write('c\n');
  await client.turn();
  t.equal(client.text, '', 'nothing is decoded before');
  settle!.resolve('open');
  await client.settled();
  t.equal(client.text, 'open a\nopen bc\n');

  const gone = server.connect();
  await gone.turn();
  const { signal } = gone.connection!;
  gone.reset();
  await gone.turn();
  t.equal(signal.aborted, true, 'the signal tells it when the client goes meanwhile');
  t.strictSame(events, []);
  settle!.resolve('late');
  await gone.turn();
  t.strictSame(events, ['reset'], 'close follows when open has settled');

  const failing = server.connect();
  failing.write('a\n');
  await failing.turn();
  settle!.reject(new Error('no'));
  await failing.turn();
  t.match(failing.closed, { code: 'error', error: { message: 'no' } });
  t.strictSame(events, ['reset'], 'what did not open does not close');
  t.equal(server.stats().open, 1);
});

t.test('idle', async (t) => {
  const { client, server, reply, reasons } = await served({ limits: { idleTimeoutMs: 1600 } });
  client.write('a\n');
  await client.turn();
  server.clock.advance(5000);
  await client.turn();
  t.equal(client.ended, false, 'not while a message is in flight');
  reply('a');
  await client.turn();
  server.clock.advance(1500);
  await client.turn();
  t.equal(client.ended, false);
  server.clock.advance(300);
  await client.turn();
  t.equal(client.ended, true, 'within a sixteenth of the timeout');
  t.strictSame(reasons, [], 'the peer has some time to end its side');
  server.clock.advance(6000);
  await client.turn();
  t.strictSame(reasons, [{ code: 'idle' }], 'then it is cut');

  const slow = server.connect();
  slow.pause();
  slow.write(`now ${'x'.repeat(100_000)}\n`);
  await slow.turn();
  server.clock.advance(2000);
  await slow.turn();
  t.strictSame(slow.closed, { code: 'idle' }, 'one that does not read is cut');
});

t.test('a server that stops', async (t) => {
  const { client, server, started, reply, reasons } = await served({ limits: { inFlight: 1 } });
  client.write('a\nb\nbegun');
  await client.turn();
  const stopped = server.stop();
  await client.turn();
  t.equal(client.ended, false);
  reply('a');
  await client.turn();
  t.strictSame(started, ['a', 'b'], 'what came whole is answered');
  reply('b');
  await stopped;
  t.equal(client.text, 'a\nb\n');
  t.strictSame(reasons, [{ code: 'stop' }]);
});

t.test('errors of close() and error() itself', async (t) => {
  const server = await harness({
    protocol: line(),
    message: (text: string) => text,
    close() {
      throw new Error('close');
    },
    error() {
      throw new Error('error');
    },
  });
  const client = server.connect();
  client.end();
  await client.settled();
  t.match(server.errors, [{ message: 'close' }, { message: 'error' }]);
  t.equal(server.stats().errors, 2);
});
