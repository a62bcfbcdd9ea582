/** The harness, as its users see it. */
import t from 'tap';
import { PushError } from './errors.ts';
import { defineHandler, type Connection } from './handler.ts';
import { line } from './protocols/line.ts';
import { harness } from './testing.ts';

t.test('the example of its docstring', async (t) => {
  const server = await harness({ message: (text) => text }, { protocol: 'line' });
  const client = server.connect();
  client.write('hel');
  client.write('lo\n');
  await client.settled();
  t.equal(client.text, 'hello\n');
  client.end();
  await client.settled();
  t.strictSame(client.closed, { code: 'client' });
  await server.stop();
});

t.test('start and stop, once', async (t) => {
  const calls: unknown[] = [];
  const handler = defineHandler({
    protocol: line(),
    start: ({ data, workerId }) => void calls.push([data, workerId]),
    stop: () => void calls.push('stop'),
    message: (text: string) => text,
  });
  const server = await harness(handler, { data: 'here' });
  server.connect();
  server.connect();
  await server.stop();
  t.strictSame(calls, [['here', 0], 'stop']);
});

t.test('what it refuses', async (t) => {
  await t.rejects(harness({} as never), { code: 'PATTERNS_HANDLER' });
  await t.rejects(harness({ socket() {} } as never), { message: /The harness has no sockets/ });
  await t.rejects(harness({ message() {} }, { limits: { inFlight: 0 } }), {
    code: 'PATTERNS_OPTION',
  });
  await t.rejects(harness({ message() {} }, { protocol: 'nine' as never }), {
    code: 'PATTERNS_OPTION',
  });
  await t.rejects(harness({ protocol: line(), message() {} }, { protocol: 'resp' }), {
    code: 'PATTERNS_HANDLER',
    message: /brings its own, line; leave it out/,
  });
});

t.test('errors are collected, those of its own clients alone', async (t) => {
  const failing = () => {
    throw new Error('no');
  };
  const one = await harness({ message: failing }, { protocol: 'line' });
  const other = await harness({ message: failing }, { protocol: 'line' });
  const client = one.connect();
  client.write('a\n');
  await client.settled();
  t.match(one.errors, [{ message: 'no' }]);
  t.equal(one.stats().errors, 1);
  t.equal(client.ended, true, 'the connection ends');
  t.strictSame(other.errors, []);
  await one.stop();
  await other.stop();
});

t.test('take() gives what is new', async (t) => {
  const server = await harness({ message: (text) => text }, { protocol: 'line' });
  const client = server.connect({ remoteAddress: '203.0.113.9' });
  client.write('a\n');
  await client.settled();
  t.equal(client.take(), 'a\n');
  client.write('b\n');
  await server.settled();
  t.equal(client.take(), 'b\n');
  t.equal(client.take(), '');
  t.equal(client.connection?.remoteAddress, '203.0.113.9');
  await server.stop();
});

t.test('a reset, and the connection limit', async (t) => {
  const reasons: string[] = [];
  const server = await harness(
    { message: (text) => text, close: (_connection, { code }) => void reasons.push(code) },
    { protocol: 'line', limits: { connections: 1 } },
  );
  const client = server.connect();
  const refused = server.connect();
  t.equal(refused.connection, undefined);
  t.equal(refused.ended, true);
  client.reset();
  await client.turn();
  t.strictSame(reasons, ['reset']);
  t.match(client.closed, { code: 'reset', error: { code: 'ECONNRESET' } });
  t.match(server.stats(), { accepted: 1, refused: 1, open: 0 });
  await server.stop();
});

t.test('back-pressure', async (t) => {
  let result = '';
  const server = await harness(
    {
      pushes: true,
      message(bytes: string, connection: Connection) {
        do result = connection.send('x'.repeat(Number(bytes)));
        while (result === 'ok');
      },
      drain: (connection) => void connection.send('drained'),
    },
    { protocol: 'line' },
  );
  const client = server.connect();
  client.pause();
  client.write('20000\n');
  await client.settled();
  t.equal(result, 'wait');
  t.ok(client.waitingBytes >= 64 * 1024);
  t.equal(client.text, '');
  client.resume();
  await client.settled();
  t.equal(client.waitingBytes, 0);
  t.ok(client.text.endsWith('drained\n'));
  await server.stop();
});

t.test('an undeclared push', async (t) => {
  let kept: Connection | undefined;
  const server = await harness(
    {
      message(_text, connection) {
        kept = connection;
      },
    },
    { protocol: 'line' },
  );
  const client = server.connect();
  client.write('a\n');
  await client.settled();
  t.throws(() => kept!.send('b'), PushError);
  await server.stop();
  t.equal(kept!.send('b'), 'closed');
});

t.test('time passes when it is told to', async (t) => {
  const server = await harness(
    { message: (text) => text },
    { protocol: 'line', limits: { idleTimeoutMs: 1000 } },
  );
  const client = server.connect();
  server.clock.advance(900);
  client.write('a\n');
  await client.settled();
  server.clock.advance(900);
  await client.settled();
  t.equal(client.ended, false, 'a message starts it again');
  server.clock.advance(300);
  await client.settled();
  t.equal(client.ended, true);
  client.end();
  await client.settled();
  t.strictSame(client.closed, { code: 'idle' });
  await server.stop();
});
