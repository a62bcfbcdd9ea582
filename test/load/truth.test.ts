/**
 * Servers whose latency is known: each reported percentile against the reference server's own log of what it did. The
 * truth is in the log, not in the script: where the machine took the server's core away, the log says that too. So a slow
 * machine makes the figures worse, and the tests no less true.
 *
 *     due ──── sent ──── server writes the answer ──── answer noticed
 *      └─ client's lag ─┘                └─ client's lateness ─┘          both are in the stated bounds
 */
import t, { type Test } from 'tap';
import { duesOf } from '../../src/load/calibrate.ts';
import { PERCENTILES } from '../../src/load/histogram.ts';
import { runLoad, type LoadPlan, type LoadResult } from '../../src/load/index.ts';
import type { ReferenceLog } from '../../src/load/reference/log.ts';
import { lived, percentileOf } from '../../src/load/reference/replay.ts';
import type { Script } from '../../src/load/reference/script.ts';
import { startReference } from '../../src/load/reference/start.ts';

t.jobs = 1;

/** Others had that much of the cores. */
const STARVED_CORES = 0.5;

interface Told {
  readonly result: LoadResult;
  readonly log: ReferenceLog;
  readonly dueAt: number[];
}

async function measure(script: Script, overrides: Partial<LoadPlan> = {}): Promise<Told> {
  const server = await startReference(script);
  const plan: LoadPlan = {
    target: server.target,
    rateHz: 1000,
    durationMs: 1500,
    warmupMs: 200,
    connections: 200,
    threads: 1,
    timeoutMs: 60_000,
    drainMs: 60_000,
    ...overrides,
  };
  try {
    const result = await runLoad(plan);
    return { result, log: await server.stop(), dueAt: duesOf(plan, result.clockFromMs) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Each stated interval has something in common with what the server's log says. */
function agrees(t: Test, { dueAt, log, result }: Told): void {
  const truth = lived(log, dueAt);
  t.equal(result.answered, truth.leastUs.length, 'as many answers as the server sent');
  // What the server has written is there for the client at once, unless the kernel's own thread has to deliver it and
  // waits for a core like everybody else: then neither log says where the time went.
  const starved = (result.machine?.foreignCores ?? 0) > STARVED_CORES;
  for (const [name, percentile] of PERCENTILES) {
    const { leastUs, mostUs } = result.response.bounds[name];
    const from = percentileOf(truth.leastUs, percentile);
    const to = percentileOf(truth.mostUs, percentile);
    const said = `${name} is ${leastUs.toFixed(1)} to ${mostUs.toFixed(1)} us`;
    const was = `was ${from.toFixed(1)} to ${to.toFixed(1)} us`;
    t.ok(from <= mostUs, `${said}; the truth ${was}`);
    t.ok(leastUs <= to || starved, `${said}; the truth ${was}`);
  }
  t.ok(percentileOf(truth.leastUs, 100) <= result.response.maxUs * 1.001, 'the maximum too');
}

function share(us: Float64Array, from: number): number {
  return us.filter((value) => value >= from).length / us.length;
}

t.test('constant: 5 ms', async (t) => {
  const told = await measure({ kind: 'constant', holdMs: 5 });
  agrees(t, told);
  t.equal(told.result.failedTotal, 0);
  t.ok(told.result.response.minUs >= 5000, 'nothing is faster than the server can be');
  t.ok(told.result.service.minUs >= 5000);
});

t.test(
  'bimodal: 1 ms, and 20 ms for one in ten, with Poisson arrivals over two threads',
  async (t) => {
    const script = { kind: 'bimodal', every: 10, fastMs: 1, slowMs: 20 } as const;
    const told = await measure(script, { arrivals: 'poisson', seed: 42, threads: 2 });
    agrees(t, told);
    t.ok(told.result.response.minUs >= 1000);
    t.ok(told.result.response.p95Us >= 20_000, 'p95 is one of the slow ones');
  },
);

t.test('a stall of 100 ms each second: the wait of those that were due is seen', async (t) => {
  const told = await measure({ kind: 'stall', everyMs: 1000, stallMs: 100 }, { durationMs: 2500 });
  agrees(t, told);
  // Of every second 90 ms have requests that wait for 10 ms and more: a tool that stops sending sees one per connection.
  t.ok(share(lived(told.log, told.dueAt).leastUs, 10_000) > 0.05, 'the server did stall');
  t.ok(told.result.response.p95Us > 10_000, `p95 is ${told.result.response.p95Us} us`);
  t.ok(told.result.response.p99Us > 50_000, `p99 is ${told.result.response.p99Us} us`);
});

t.test('the same with eight connections: waiting for one is not left out', async (t) => {
  const told = await measure({ kind: 'stall', everyMs: 500, stallMs: 100 }, { connections: 8 });
  agrees(t, told);
  t.ok(told.result.response.p95Us > 10_000, `p95 is ${told.result.response.p95Us} us`);
});

t.test('one slow connection among ten', async (t) => {
  const told = await measure(
    { kind: 'slow-connection', fastMs: 1, slowMs: 25 },
    { connections: 10, rateHz: 500 },
  );
  agrees(t, told);
  t.ok(told.result.response.maxUs >= 25_000);
  t.ok(told.result.response.minUs < told.result.response.maxUs);
});

t.test('every hundredth answer is never sent', async (t) => {
  const told = await measure({ kind: 'drop', every: 100 }, { timeoutMs: 5000 });
  const { log, result } = told;
  t.ok(log.dropped > 0);
  t.equal(result.failed.timeout, log.dropped, 'each is a timeout, and nothing else is');
  t.equal(result.failedTotal, log.dropped);
  t.equal(result.sent, log.sequences.length, 'all that was sent arrived');
  t.equal(result.answered, result.sent - log.dropped);
  t.equal(result.inFlight, 0);
  agrees(t, told);
});

t.test('a closed loop says that it has service times only', async (t) => {
  const plan = { rateHz: undefined, connections: 5 };
  const { log, result } = await measure({ kind: 'stall', everyMs: 500, stallMs: 100 }, plan);
  t.match(result.label, /^service times only/);
  t.equal(result.loop, 'closed');
  t.equal(result.answered, log.sequences.length);
  // Each connection meets a stall once, however long it is: that is what the label is for.
  t.ok(result.service.p95Us < 100_000);
  t.equal(result.scheduled, null);
});
