/** Loads against servers that behave: the closed loop and the open one, their ends, and what results say. */
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import t, { type Test } from 'tap';
import { runLoad, type LoadPlan, type LoadResult, type Progress } from '../../src/load/index.ts';
import { formatResult } from '../../src/report/text.ts';
import { protocolNames } from '../../src/protocols/index.ts';
import { listen, listenEcho, listenProtocol } from './servers.ts';

t.jobs = 1;

const quick = { connections: 4, threads: 1, warmupMs: 0, payloadBytes: 20 } as const;

function load(target: string, plan: Partial<LoadPlan>): Promise<LoadResult> {
  return runLoad({ target, ...quick, ...plan });
}

/** What is true of every load that went well. */
function wentWell(t: Test, result: LoadResult): void {
  t.equal(result.failedTotal, 0, JSON.stringify(result.problems));
  t.equal(result.sent, result.answered + result.inFlight);
  t.equal(result.service.count, result.answered);
  const { bounds, maxUs, minUs, p50Us, p90Us, p95Us, p99Us, p999Us } = result.service;
  const ascending = [minUs, p50Us, p90Us, p95Us, p99Us, p999Us, maxUs];
  t.same(
    ascending.map((us) => us * 1.002 >= minUs),
    ascending.map(() => true),
  );
  t.same(
    ascending,
    ascending.toSorted((a, b) => a - b),
    'percentiles ascend',
  );
  for (const { leastUs, mostUs } of Object.values(bounds)) t.ok(leastUs >= 0 && leastUs <= mostUs);
}

t.test('a closed loop by count: exactly so many, over threads', async (t) => {
  const server = await listenEcho(t);
  const result = await load(server.url, {
    count: 1001,
    connections: 6,
    threads: 2,
    expect: 'echo',
  });
  wentWell(t, result);
  t.equal(result.sent, 1001);
  t.equal(result.answered, 1001);
  t.equal(result.inFlight, 0);
  t.equal(result.bytesRead, 1001 * 20);
  t.equal(server.connections(), 6);
  t.equal(result.connects.opened, 6);
  t.equal(result.threads, 2);
  t.equal(result.scheduled, null);
  t.match(result.label, /^service times only/);
  t.same(result.response, result.service, 'with the same figures under both names, and the label');
  t.equal(result.lag, null);
  t.equal(decodeFromCompressedBase64(result.service.histogram).totalCount, 1001);
  t.equal(
    result.seconds.reduce((sum, { answered }) => sum + answered, 0),
    1001,
  );
  t.ok(Math.abs(result.ratePerSecond - (1001 * 1000) / result.durationMs) < 1e-6);
});

t.test('a count that leaves a thread without a request', async (t) => {
  const server = await listenEcho(t);
  const result = await load(server.url, { count: 1, connections: 3, threads: 3 });
  wentWell(t, result);
  t.equal(result.sent, 1);
});

t.test('a closed loop by time, after a warm-up that is not measured', async (t) => {
  const server = await listenEcho(t);
  const phases = new Set<string>();
  const onProgress = ({ phase }: Progress) => void phases.add(phase);
  const result = await runLoad(
    { target: server.url, ...quick, warmupMs: 300, durationMs: 400 },
    { onProgress },
  );
  wentWell(t, result);
  t.ok(result.durationMs >= 400, `${result.durationMs}`);
  t.equal(result.inFlight, 0, 'what was on its way has come in');
  t.ok(result.bytesRead / 20 > result.answered, 'more was read than was measured');
  t.equal(result.warmup.durationMs, 300);
  t.same([...phases].slice(0, 3), ['connecting', 'warming up', 'measuring']);
});

t.test('pipelining keeps so many on their way', async (t) => {
  let most = 0;
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      most = Math.max(most, chunk.length);
      socket.write(chunk);
    });
  });
  const result = await load(server.url, { count: 600, depth: 5, connections: 2, expect: 'echo' });
  wentWell(t, result);
  t.equal(most, 100, 'five requests of 20 bytes with one write');
});

t.test('a burst goes to each connection in turn, and to no other', async (t) => {
  const server = await listenEcho(t);
  const result = await load(server.url, {
    rateHz: 600,
    burst: 6,
    count: 120,
    depth: 2,
    connections: 3,
    threads: 1,
    expect: 'echo',
  });
  wentWell(t, result);
  t.equal(result.answered, 120);
});

t.test('think time', async (t) => {
  const server = await listenEcho(t);
  const result = await load(server.url, { count: 10, connections: 2, thinkMs: 40 });
  wentWell(t, result);
  t.ok(
    result.durationMs >= 4 * 39,
    `five requests of each connection have four pauses: ${result.durationMs} ms`,
  );
});

t.test('every protocol by its name', async (t) => {
  for (const name of protocolNames) {
    const reply =
      name === 'http'
        ? (message: unknown) => ({ body: (message as { body: Buffer }).body })
        : undefined;
    const server = await listenProtocol(t, name, reply);
    const target = server.url.replace('tcp:', `${name}:`);
    const result = await load(target, { count: 200, depth: 3, expect: 'echo' });
    wentWell(t, result);
    t.equal(result.answered, 200, name);
    t.equal(result.protocol, name);
  }
});

t.test('a Unix socket', { skip: process.platform === 'win32' && 'there are none' }, async (t) => {
  const server = await listenEcho(t, `${t.testdir({})}/s`);
  const result = await load(server.url, { count: 100 });
  wentWell(t, result);
  t.equal(result.answered, 100);
});

t.test('connections come and go', async (t) => {
  const server = await listenEcho(t);
  const byCount = await load(server.url, {
    count: 100,
    requestsPerConnection: 10,
    connections: 2,
    depth: 3,
  });
  wentWell(t, byCount);
  t.ok(
    byCount.connects.opened >= 10 && byCount.connects.opened <= 14,
    `${byCount.connects.opened} were opened`,
  );
  t.equal(byCount.connects.lost, 0, 'we closed them, and nobody else');
  t.ok(byCount.connect.count >= 8, 'the time to connect is recorded by itself');
  t.ok(byCount.connect.p50Us > 0);
  const afterWarmUp = await load(server.url, {
    count: 10,
    requestsPerConnection: 1,
    connections: 2,
    warmupMs: 300,
  });
  t.ok(
    afterWarmUp.connects.opened <= 14,
    `${afterWarmUp.connects.opened} were opened: those of the warm-up are not counted`,
  );
  const byAge = await load(server.url, {
    durationMs: 1000,
    connectionLifetimeMs: 100,
    connections: 2,
  });
  wentWell(t, byAge);
  t.ok(byAge.connects.opened >= 4, `${byAge.connects.opened} were opened`);
});

t.test('a module makes requests and checks answers', async (t) => {
  const server = await listenProtocol(t, 'json-lines', (message) => ({
    twice: (message as { n: number }).n * 2,
  }));
  const payloadModule = `data:text/javascript,export default {
    request: (sequence) => ({ n: sequence }),
    check: (answer, request, sequence) =>
      sequence === 7 ? 'seven is always wrong' : request.n === sequence && answer.twice === 2 * sequence,
  }`;
  const result = await load(server.url, {
    protocol: 'json-lines',
    payloadBytes: undefined,
    payloadModule,
    count: 60,
    threads: 2,
    depth: 2,
  });
  t.equal(result.answered, 59);
  t.equal(result.failed.wrongAnswer, 1);
  t.same(result.problems, [{ problem: 'seven is always wrong', count: 1 }]);
});

t.test('a module that fails in the middle: what was measured stays', async (t) => {
  const server = await listenEcho(t);
  const throws = "(() => { throw new Error('no more names') })()";
  const threw = /^The payload module .* threw at request\(50\): no more names$/;
  const cases: Array<[Partial<LoadPlan>, string, RegExp]> = [
    [{}, throws, threw],
    [{ depth: 4 }, throws, threw],
    [{ rateHz: 2000 }, throws, threw],
    [{ rateHz: 20_000, depth: 4 }, throws, threw],
    [{}, '42', /made a request\(50\) that cannot be sent: A message of raw bytes must be/],
    [{}, "Promise.resolve('x')", /gave a promise at request\(50\); it must give the message/],
  ];
  for (const [plan, expression, wanted] of cases) {
    const request = `(sequence) => sequence < 50 ? 'x' : ${expression}`;
    const payloadModule = `data:text/javascript,export default { request: ${request} }`;
    const result = await load(server.url, {
      payloadBytes: undefined,
      payloadModule,
      durationMs: 60_000,
      drainMs: 20_000,
      ...plan,
    });
    t.match(result.gaveUp, wanted, JSON.stringify(plan));
    t.equal(result.interrupted, true);
    t.ok(result.answered > 40 && result.answered <= 50, `${result.answered} were answered`);
    t.equal(result.sent, result.answered + result.failedTotal + result.inFlight);
    t.equal(result.problems[0].problem, result.gaveUp);
    if (plan.rateHz !== undefined) t.equal(result.scheduled, result.sent + result.unsent);
  }
});

t.test('a module that fails before anything is measured: no load', async (t) => {
  const server = await listenEcho(t);
  const cases: Array<[string, RegExp]> = [
    [
      'request() { throw new Error(`no name`) }',
      /^The payload module .* threw at request\(-1\): no name\.$/,
    ],
    [
      'request() {}, start() { throw new Error(`no file.`) }',
      /^The payload module .* threw at start\(\): no file\.$/,
    ],
  ];
  for (const [members, message] of cases) {
    const payloadModule = `data:text/javascript,export default { ${members} }`;
    await t.rejects(
      load(server.url, { payloadBytes: undefined, payloadModule, warmupMs: 60_000 }),
      { code: 'PATTERNS_OPTION', message },
    );
  }
});

t.test('a check that throws, or gives a promise: the answer is wrong', async (t) => {
  const server = await listenEcho(t);
  const threw = 'the check of the payload module threw: Cannot read properties of undefined';
  const cases: Array<[string, string, string]> = [
    ['bytes', 'answer.no.such', threw],
    ['line', 'answer.no.such', threw],
    ['line', 'Promise.reject(new Error())', 'the check of the payload module gave a promise'],
  ];
  for (const [protocol, expression, problem] of cases) {
    const result = await load(server.url, {
      protocol,
      payloadBytes: undefined,
      payloadModule: `data:text/javascript,export default {
        request: () => 'x', check: (answer, request, sequence) => sequence !== 7 || ${expression} }`,
      count: 20,
    });
    t.equal(result.failed.wrongAnswer, 1, protocol);
    t.equal(result.answered, 19);
    t.match(result.problems, [{ problem, count: 1 }]);
  }
});

t.test('an open loop: everything that was due', async (t) => {
  const server = await listenEcho(t);
  for (const arrivals of ['uniform', 'poisson'] as const) {
    const result = await load(server.url, {
      rateHz: 1000,
      durationMs: 500,
      arrivals,
      connections: 200,
      threads: 2,
      expect: 'echo',
      drainMs: 20_000,
    });
    wentWell(t, result);
    t.equal(result.inFlight, 0);
    t.equal(result.unsent, 0);
    t.equal(result.scheduled, result.sent);
    if (arrivals === 'uniform') t.equal(result.scheduled, 500);
    t.equal(result.response.count, result.answered);
    t.equal(result.lag?.count, result.scheduled, 'the lag of each is recorded');
    t.ok(
      result.response.maxUs >= result.service.maxUs,
      'a response is never shorter than its service',
    );
    t.ok(result.response.p99Us * 1.002 >= result.service.p99Us);
    t.match(result.label, /^response times/);
  }
});

t.test(
  'an open loop with several requests on each connection: each goes out on its own',
  async (t) => {
    const server = await listenEcho(t);
    // So many that several are due in most turns of the loop.
    const result = await load(server.url, {
      rateHz: 50_000,
      count: 10_000,
      depth: 4,
      connections: 8,
      timeoutMs: 20_000,
      drainMs: 20_000,
    });
    wentWell(t, result);
    t.equal(result.answered, 10_000);
    t.same(result.problems, []);
    t.equal(result.connects.lost, 0);
  },
);

t.test('the schedule does not wait for the server', async (t) => {
  // One request at a time, 20 ms each, where 200 are due in a second: the wait is in the response, not in the service.
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk) => setTimeout(() => socket.write(chunk), 20));
  });
  const result = await load(server.url, {
    rateHz: 200,
    durationMs: 1000,
    connections: 1,
    drainMs: 100,
    depth: 1,
  });
  wentWell(t, result);
  t.equal(result.scheduled, 200, 'all became due');
  t.equal(result.scheduled, result.sent + result.unsent);
  t.ok(result.unsent > 100, `${result.unsent} found no connection`);
  t.ok(result.response.p50Us > 300_000, `response p50 ${result.response.p50Us}`);
  t.ok(
    result.service.minUs < 200_000 && result.service.minUs >= 19_000,
    `service ${result.service.minUs}`,
  );
});

t.test('stages', async (t) => {
  const server = await listenEcho(t);
  const stages = [
    { durationMs: 300, rateHz: 400 },
    { durationMs: 200, rateHz: 400 },
    { durationMs: 100, rateHz: 0 },
  ];
  const result = await load(server.url, { stages, connections: 50, drainMs: 20_000 });
  wentWell(t, result);
  t.equal(result.scheduled, 160);
  t.same(result.stages, [{ durationMs: 0, rateHz: 0 }, ...stages]);
  t.match(
    formatResult(result),
    / at \d+\/s by stages \(0\/s, in 300 ms to 400\/s, in 200 ms to 400\/s, in 100 ms to 0\/s\), /,
  );
});

t.test('a count ends the open loop', async (t) => {
  const server = await listenEcho(t);
  const result = await load(server.url, { rateHz: 2000, count: 101, threads: 2, connections: 50 });
  wentWell(t, result);
  t.equal(result.answered, 101);
});

t.test('it can be ended early, and reports what it has', async (t) => {
  const server = await listenEcho(t);
  for (const plan of [{}, { rateHz: 500 }] as Array<Partial<LoadPlan>>) {
    const ended = new AbortController();
    const result = await runLoad(
      { target: server.url, ...quick, durationMs: 60_000, intervalMs: 100, ...plan },
      {
        signal: ended.signal,
        onProgress: ({ second }) => void (second !== undefined && ended.abort()),
      },
    );
    wentWell(t, result);
    t.equal(result.interrupted, true);
    t.ok(result.answered > 0);
    t.ok(result.durationMs < 30_000);
  }
  const before = await runLoad(
    { target: server.url, ...quick, warmupMs: 60_000 },
    { signal: AbortSignal.abort() },
  );
  t.equal(before.sent, 0, 'in the warm-up nothing is measured');
  t.equal(before.durationMs, 0);
  t.equal(before.ratePerSecond, 0);
  t.equal(before.interrupted, true);
});

t.test('the warm-up may find out by itself when it is over', async (t) => {
  const server = await listenEcho(t);
  const patience = new AbortController();
  const result = await runLoad(
    { target: server.url, ...quick, warmupMs: 'auto', durationMs: 100 },
    {
      signal: patience.signal,
      onProgress: ({ elapsedMs, phase }) =>
        void (phase === 'warming up' && elapsedMs > 5000 && patience.abort()),
    },
  );
  if (result.interrupted) {
    t.comment('the machine was not steady for two seconds out of five');
    t.equal(result.sent, 0);
  } else {
    wentWell(t, result);
    t.ok(result.answered > 0);
    t.ok(
      result.warmup.durationMs >= 1900,
      `it looked for two seconds at least: ${result.warmup.durationMs}`,
    );
    t.equal(result.warmup.steady, true);
  }
});

t.test('what is known of the client, the server and the machine', async (t) => {
  const server = await listenEcho(t);
  const result = await load(server.url, { durationMs: 400 });
  t.ok(result.client.threadsCpuMs > 0);
  t.ok(result.client.processCpuMs > 0);
  t.ok(result.client.cpuPerRequestUs > 0);
  t.ok(result.client.busyShare > 0 && result.client.busyShare < 1.2, `${result.client.busyShare}`);
  t.match(result.environment, { node: process.version, seed: 1 });
  t.match(result.verdict.name, /^(?:SERVER_BOUND|CLIENT_BOUND|NOISY_MACHINE|UNCLEAR)$/);
  if (process.platform === 'linux') {
    t.ok(result.machine !== null && result.machine.foreignCores >= 0);
    t.equal(result.server, null, 'the server is in our own process, and not told apart');
  }
});

t.test(
  "the server's CPU, where it runs on this machine",
  { skip: process.platform !== 'linux' && 'there is no /proc' },
  async (t) => {
    const { spawn } = await import('node:child_process');
    const script =
      "require('net').createServer((s) => s.on('data', (d) => s.write(d))).listen(0, '127.0.0.1', function () { process.send(this.address().port); })";
    const child = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    t.teardown(() => child.kill());
    const port = await new Promise<number>((resolve) =>
      child.once('message', (value) => resolve(Number(value))),
    );
    const result = await load(`tcp://127.0.0.1:${port}`, { durationMs: 600 });
    t.same(result.server?.pids, [child.pid]);
    t.ok(result.server!.cpuMs > 0);
    t.ok(result.server!.cpuPerRequestUs > 0);
    t.ok(result.server!.busiestThreadShare > 0 && result.server!.busiestThreadShare < 1.2);
    t.match(result.verdict.evidence, /server \d\.\d\d cores/);
  },
);

t.test('a warm-up in which a connection waits for its first answer was not steady', async (t) => {
  const { url } = await listen(t, (socket, number) => {
    if (number > 0) socket.on('data', (chunk) => socket.write(chunk));
    else socket.resume();
  });
  const result = await runLoad({
    target: url,
    connections: 2,
    threads: 1,
    warmupMs: 600,
    durationMs: 100,
    drainMs: 0,
  });
  t.ok(result.answered > 0);
  t.equal(result.warmup.steady, false);
});
