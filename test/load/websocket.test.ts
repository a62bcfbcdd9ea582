/** `patterns load ws://…` against our own echo, and against one that takes no WebSockets. */
import t from 'tap';
import { runLoad } from '../../src/load/index.ts';
import { serve } from '../../src/serve.ts';

void t.test('round trips', async (t) => {
  const server = await serve({ handler: 'echo', protocol: 'http' });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  const target = `${server.url.replace('tcp:', 'ws:')}/any`;
  const plan = {
    target,
    connections: 4,
    depth: 2,
    count: 500,
    warmupMs: 0,
    expect: 'echo',
  } as const;
  for (const more of [
    { payloadBytes: 20 },
    { payloadBytes: 70_000, protocolOptions: { binary: true } },
    { requestsPerConnection: 10 },
  ]) {
    const result = await runLoad({ ...plan, ...more });
    t.equal(result.answered, 500, JSON.stringify(more));
    t.same(result.problems, []);
  }
  const { workers } = await server.stats();
  t.equal(workers[0].errors, 0);
});

void t.test('a server that takes none', async (t) => {
  const server = await serve({ handler: 'hello', protocol: 'http' });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  const target = server.url.replace('tcp:', 'ws:');
  const plan = { target, connections: 1, durationMs: 300, warmupMs: 0 };
  const result = await runLoad(plan);
  t.equal(result.answered, 0);
  t.equal(result.problems[0].problem, 'the server answered the handshake with 200');
});

void t.test(
  'a chat loaded by round trips: what the others say is no answer, and it is said how to load it',
  async (t) => {
    const server = await serve({
      handler: new URL('../../examples/ws-chat.ts', import.meta.url),
      mode: 'single',
    });
    t.teardown(() => server.close({ drainTimeoutMs: 0 }));
    const result = await runLoad({
      target: `${server.url.replace('tcp:', 'ws:')}/rooms/a`,
      connections: 2,
      threads: 1,
      warmupMs: 0,
      durationMs: 300,
    });
    t.ok(result.connects.broken > 0);
    t.match(result.problems, [{ problem: /no request had asked for.*--publishers/ }]);
  },
);
