/** Servers that do what they should not: every request is accounted for all the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { PatternsError } from '../../src/errors.ts';
import type { FailureName } from '../../src/load/account.ts';
import { runLoad, type LoadPlan, type LoadResult } from '../../src/load/index.ts';
import { listen, listenEcho } from './servers.ts';

t.jobs = 1;

/** Short, few, and counted. */
async function load(url: string, plan: Partial<LoadPlan>): Promise<LoadResult> {
  return runLoad({
    target: url,
    connections: 4,
    threads: 1,
    warmupMs: 0,
    durationMs: 20_000,
    payloadBytes: 20,
    ...plan,
  });
}

function accounted(t: Test, result: LoadResult): void {
  const { answered, failed, failedTotal, inFlight, sent } = result;
  t.equal(sent, answered + failedTotal + inFlight, 'sent = answered + failed + in flight');
  t.equal(
    Object.values(failed).reduce((sum, count) => sum + count, 0),
    failedTotal,
  );
  t.equal(result.service.count, answered, 'each answer is in the histogram, and nothing else');
}

function only(t: Test, result: LoadResult, ...kinds: FailureName[]): void {
  const others = Object.entries(result.failed).filter(
    ([kind]) => !kinds.includes(kind as FailureName),
  );
  t.same(
    others.filter(([, count]) => count > 0),
    [],
    `no failures but ${kinds.join(', ')}`,
  );
}

t.test('closes at once', async (t) => {
  const server = await listen(t, (socket) => socket.destroy());
  const result = await load(server.url, { count: 12 });
  accounted(t, result);
  t.equal(result.answered, 0);
  t.equal(result.failedTotal, 12);
  only(t, result, 'closedEarly', 'reset', 'refused');
  t.equal(result.verdict.name, 'UNCLEAR');
});

t.test('refuses the handshake', async (t) => {
  const server = await listen(
    t,
    (socket) =>
      void socket.on('data', () => {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      }),
  );
  for (const plan of [{ count: 12 }, { rateHz: 100, durationMs: 300 }]) {
    const result = await load(server.url.replace('tcp', 'ws'), plan);
    accounted(t, result);
    t.equal(result.answered, 0);
    t.ok(result.failed.protocolError > 0, 'what was to be sent has failed');
    only(t, result, 'protocolError');
    t.match(result.problems, [{ problem: /answered the handshake with 200/ }]);
  }
});

t.test('is gone for good: a count is given up', async (t) => {
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk) => {
      socket.write(chunk);
      if (server.connections() === 4) void server.close();
    });
  });
  const result = await load(server.url, {
    count: 1_000_000,
    durationMs: undefined,
    timeoutMs: 100,
  });
  accounted(t, result);
  t.ok(result.interrupted);
  t.match(result.problems, [
    { problem: 'no answer for 10 s: given up before the count of 1000000 was reached' },
  ]);
});

t.test('closes in an orderly way after the request', async (t) => {
  const server = await listen(t, (socket) => void socket.on('data', () => socket.end()));
  const result = await load(server.url, { count: 8 });
  accounted(t, result);
  t.equal(result.failed.closedEarly, 8);
});

t.test('resets after the request', async (t) => {
  const server = await listen(
    t,
    (socket) => void socket.on('data', () => socket.resetAndDestroy()),
  );
  const result = await load(server.url, { count: 8 });
  accounted(t, result);
  t.equal(result.failed.reset, 8);
  t.match(result.problems, [{ problem: /ECONNRESET/ }]);
});

t.test('never answers', async (t) => {
  const server = await listen(t, (socket) => void socket.resume());
  const result = await load(server.url, { count: 8, timeoutMs: 100 });
  accounted(t, result);
  t.equal(result.failed.timeout, 8);
  t.match(result.problems, [{ problem: 'no answer within 100 ms' }]);
});

t.test('has not answered when the time is over', async (t) => {
  const server = await listen(t, (socket) => void socket.resume());
  const result = await load(server.url, { durationMs: 200, drainMs: 50, depth: 3 });
  accounted(t, result);
  t.equal(result.sent, 12);
  t.equal(result.inFlight, 12);
});

t.test('answers twice: the second answer is nobody’s, or the wrong one', async (t) => {
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk) => socket.write(Buffer.concat([chunk as Buffer, chunk as Buffer])));
  });
  for (const protocol of ['bytes', 'length-prefix']) {
    const result = await load(server.url, { protocol, count: 40 });
    accounted(t, result);
    t.ok(result.answered > 0, 'the first answer counts');
    const { broken, lost } = result.connects;
    t.ok(broken > 0 && broken <= lost, `${broken} connections are given up for it`);
    t.match(result.problems, [{ problem: /no request had asked for/ }]);
    only(t, result, 'protocolError', 'closedEarly', 'reset');
  }
});

t.test('a warm-up request that fails in the measurement is the measurement’s', async (t) => {
  const late = new Map<number, () => void>();
  const server = await listen(t, (socket, number) => {
    const echo = (): void => void socket.on('data', (chunk) => socket.write(chunk));
    if (number > 2) echo();
    else {
      socket.once('data', (chunk: Buffer) => {
        const wrong = (): void => {
          echo();
          socket.write(Buffer.alloc(chunk.length, '?'));
        };
        late.set(number, number === 0 ? wrong : () => socket.resetAndDestroy());
      });
    }
  });
  const result = await runLoad(
    {
      target: server.url,
      connections: 4,
      threads: 1,
      warmupMs: 100,
      durationMs: 500,
      intervalMs: 100,
      payloadBytes: 20,
      expect: 'echo',
    },
    {
      onProgress: ({ second }) => {
        if (second === undefined) return;
        for (const fail of late.values()) fail();
        late.clear();
      },
    },
  );
  accounted(t, result);
  t.ok(result.answered > 0);
  t.equal(result.failed.wrongAnswer, 1);
  t.equal(result.failed.reset, 2);
  t.equal(result.failedTotal, 3);
  t.equal(result.carried, 3);
  t.equal(result.connects.lost, 2);
});

for (const [name, plan] of [
  ['a closed loop', {}],
  ['an open loop', { rateHz: 200 }],
] as const) {
  t.test(`never answers every second connection, from the beginning: ${name}`, async (t) => {
    const server = await listen(t, (socket, number) => {
      socket.on('data', (chunk) => void (number % 2 === 0 && socket.write(chunk)));
    });
    const timing = { warmupMs: 100, durationMs: 200, timeoutMs: 1000, threads: 1 };
    const result = await load(server.url, { ...timing, ...plan });
    accounted(t, result);
    t.ok(result.answered > 0);
    t.equal(result.inFlight, 0, 'each is answered, or has failed');
    t.ok(result.failed.timeout >= 2, `${result.failed.timeout} have had no answer`);
    t.equal(result.carried, 2, 'those of the warm-up');
    t.equal(result.silentConnections, 'rateHz' in plan ? 0 : 2);
  });
}

t.test('answers late, but before the timeout: nothing is left out', async (t) => {
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk) => setTimeout(() => socket.write(chunk), 1500));
  });
  const result = await load(server.url, { warmupMs: 0, durationMs: 100, timeoutMs: 60_000 });
  accounted(t, result);
  t.equal(result.answered, 4, 'though the measurement was over long ago');
  t.ok(result.service.minUs >= 1_400_000, `${result.service.minUs} µs`);
});

t.test('goes away', async (t) => {
  const server = await listen(
    t,
    (socket) => void socket.on('data', (chunk) => socket.write(chunk)),
  );
  let told = false;
  const result = await runLoad(
    {
      target: server.url,
      connections: 4,
      threads: 2,
      warmupMs: 0,
      durationMs: 1000,
      intervalMs: 100,
    },
    {
      onProgress: ({ second }) => {
        if (told || (second?.answered ?? 0) === 0) return;
        told = true;
        void server.close();
      },
    },
  );
  accounted(t, result);
  t.ok(result.answered > 0);
  t.ok(result.failed.refused > 0);
  t.ok((result.serverGoneMs ?? 0) > 0, `${result.serverGoneMs} ms before the end`);
  t.match(result.verdict, { name: 'UNCLEAR', evidence: /^the server went away/ });
});

t.test('answers garbage', async (t) => {
  const server = await listen(t, (socket) => void socket.on('data', () => socket.write('!\r\n')));
  const result = await load(server.url, { protocol: 'resp', count: 8 });
  accounted(t, result);
  t.equal(result.failed.protocolError, 8);
});

t.test('answers something else', async (t) => {
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk) => socket.write(Buffer.alloc((chunk as Buffer).length, '?')));
  });
  const result = await load(server.url, { expect: 'echo', count: 40 });
  accounted(t, result);
  t.equal(result.failed.wrongAnswer, 40);
  t.equal(server.connections(), 4, 'a wrong answer is an answer: the connections stay');
});

t.test('drips one byte at a time', async (t) => {
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      let at = 0;
      const drip = (): void => {
        if (at >= chunk.length || socket.destroyed) return;
        socket.write(chunk.subarray(at, at + 1));
        at += 1;
        setImmediate(drip);
      };
      drip();
    });
  });
  for (const protocol of ['bytes', 'line', 'resp', 'msgpack']) {
    const result = await load(server.url, { protocol, expect: 'echo', count: 40 });
    accounted(t, result);
    t.equal(result.answered, 40, protocol);
  }
});

t.test('answers all at once, when ten have asked', async (t) => {
  const server = await listen(t, (socket) => {
    const waiting: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      waiting.push(chunk);
      if (Buffer.concat(waiting).length >= 200) socket.write(Buffer.concat(waiting.splice(0)));
    });
  });
  const result = await load(server.url, { count: 100, depth: 10, connections: 2, expect: 'echo' });
  accounted(t, result);
  t.equal(result.answered, 100);
});

/** Nobody accepts in a process that is busy: the kernel's queue takes two, and the others wait for a SYN to be answered. */
async function listenDeaf(t: Test): Promise<string> {
  const script =
    "const s = require('net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => { process.send(s.address().port); setTimeout(() => { for (;;); }, 50); });";
  const child = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [port] = (await once(child, 'message')) as [number];
  return `tcp://127.0.0.1:${port}`;
}

t.test('does not accept: the backlog is full', async (t) => {
  const result = await load(await listenDeaf(t), {
    connections: 8,
    connectTimeoutMs: 300,
    timeoutMs: 300,
    durationMs: 800,
  });
  accounted(t, result);
  t.equal(result.answered, 0);
  t.ok(result.failed.connectTimeout > 0, `${result.failed.connectTimeout} connect timeouts`);
  only(t, result, 'connectTimeout', 'timeout', 'refused');
});

t.test('does not accept, and the load is ended while it connects', async (t) => {
  const ended = new AbortController();
  const result = await runLoad(
    {
      target: await listenDeaf(t),
      connections: 8,
      threads: 1,
      connectTimeoutMs: 1_000_000,
      drainMs: 0,
    },
    {
      signal: ended.signal,
      onProgress: ({ phase }) => void (phase === 'connecting' && setImmediate(() => ended.abort())),
    },
  );
  accounted(t, result);
  t.same([result.interrupted, result.gaveUp, result.sent], [true, null, 0]);
});

for (const [name, plan] of [
  ['a closed loop', { durationMs: 1500 }],
  ['an open loop: what is due fails too', { durationMs: 2500, rateHz: 500 }],
] as const) {
  t.test(`goes away in the middle, and nobody listens any more: ${name}`, async (t) => {
    const server = await listenEcho(t);
    let closed: Promise<void> | undefined;
    const result = await runLoad(
      { target: server.url, connections: 4, threads: 1, warmupMs: 0, intervalMs: 100, ...plan },
      {
        onProgress: ({ second }) => {
          if (second !== undefined && second.answered > 0) closed ??= server.close();
        },
      },
    );
    await closed;
    accounted(t, result);
    t.ok(result.answered > 0);
    t.ok(result.failed.refused > 0, `${result.failed.refused} refused`);
    only(t, result, 'refused', 'reset', 'closedEarly');
    if ('rateHz' in plan)
      t.equal(result.scheduled, result.sent + result.unsent, 'due = sent + never sent');
  });
}

t.test('accepts, and resets at once', async (t) => {
  const server = await listen(t, (socket) => socket.resetAndDestroy());
  // Whether the client sees the connection before the reset is a race.
  const result = await load(server.url, { count: 8 }).catch((error: PatternsError) => error);
  if (result instanceof Error) {
    t.match(result, {
      code: 'PATTERNS_LOAD',
      message: /^Something listens at .*, and resets every connection at once: .*ECONNRESET .*\.$/,
    });
  } else {
    accounted(t, result);
    t.equal(result.answered, 0);
    only(t, result, 'reset');
  }
});

t.test('is not there', async (t) => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise<void>((resolve) => gone.close(() => resolve()));
  await t.rejects(load(`tcp://127.0.0.1:${port}`, {}), {
    code: 'PATTERNS_OPTION',
    message: new RegExp(`^Nothing answers at 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`),
  });
  await t.rejects(load(`unix:${t.testdirName}.sock`, {}), { message: /ENOENT/ });
});
