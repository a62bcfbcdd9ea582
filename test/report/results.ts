/** Results made up for tests: whole ones, of the types that load and bench write, drawn from a seed. */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Calibration } from '../../src/load/calibrate.ts';
import type { KneeResult, KneeTrial } from '../../src/load/find-knee.ts';
import type { LatencySummary, LoadResult, MeasuredLatency, Second } from '../../src/load/result.ts';

const PERCENTILES = [
  ['p50', 50],
  ['p90', 90],
  ['p95', 95],
  ['p99', 99],
  ['p999', 99.9],
] as const;
type Name = (typeof PERCENTILES)[number][0];

export interface Shape {
  readonly seed?: number;
  readonly seconds?: number;
  readonly perSecond?: number;
  /** Of the middle. */
  readonly p50Us?: number;
  /** How far the others lie from it: of the logarithm. */
  readonly spread?: number;
  /** Every so many seconds the server stands still for so long. */
  readonly stall?: { readonly everySeconds: number; readonly ms: number };
  readonly closed?: boolean;
}

export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Latencies second by second, in µs. */
function latencies(shape: Shape): number[][] {
  const { p50Us = 80, perSecond = 2000, seconds = 8, seed = 1, spread = 0.35, stall } = shape;
  const next = random(seed);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Array.from({ length: seconds }, (_, second) => {
    const stalls = stall !== undefined && second % stall.everySeconds === stall.everySeconds - 1;
    return Array.from({ length: perSecond }, (_, i) => {
      const waits = stalls ? Math.max(0, stall.ms - (i * 1000) / perSecond) * 1000 : 0;
      return p50Us * Math.exp(normal() * spread) + waits;
    });
  });
}

function histogramOf(values: readonly number[]): Histogram {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 4_292_870_144_000,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
    useWebAssembly: false,
  });
  for (const us of values) histogram.recordValue(Math.round(us * 1000));
  return histogram;
}

export function summary(values: readonly number[]): LatencySummary {
  const histogram = histogramOf(values);
  const at = (percentile: number): number =>
    values.length === 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1000;
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    count: values.length,
    minUs: values.length === 0 ? 0 : values.reduce((a, b) => Math.min(a, b)),
    meanUs: values.length === 0 ? 0 : sum / values.length,
    p50Us: at(50),
    p90Us: at(90),
    p95Us: at(95),
    p99Us: at(99),
    p999Us: at(99.9),
    maxUs: values.reduce((a, b) => Math.max(a, b), 0),
    histogram: encodeIntoCompressedBase64(histogram),
  };
}

function measured(values: readonly number[]): MeasuredLatency {
  const whole = summary(values);
  const bounds = PERCENTILES.map(([name, percentile]) => {
    const mostUs = whole[`${name}Us`] * 1.001;
    return [name, { leastUs: mostUs * (0.9 - percentile / 1000), mostUs }] as const;
  });
  return {
    ...whole,
    bounds: Object.fromEntries(bounds) as MeasuredLatency['bounds'],
    tooFew: PERCENTILES.filter(([, share]) => (values.length * (100 - share)) / 100 < 10).map(
      ([name]): Name => name,
    ),
  };
}

/** A load against a quiet machine's server, that found its limit nowhere. */
export function loadResult(shape: Shape = {}, changes: Partial<LoadResult> = {}): LoadResult {
  const { closed = false, perSecond = 2000, seconds = 8 } = shape;
  const bySecond = latencies(shape);
  const all = bySecond.flat();
  const service = measured(all.map((us) => Math.min(us, 3000)));
  return {
    target: 'tcp://127.0.0.1:7000',
    protocol: 'bytes',
    loop: closed ? 'closed' : 'open',
    label: closed ? 'service times only' : 'response times',
    connections: 64,
    depth: 1,
    threads: 1,
    scheduled: closed ? null : all.length,
    unsent: 0,
    sent: all.length,
    answered: all.length,
    failed: {
      refused: 0,
      connectTimeout: 0,
      reset: 0,
      closedEarly: 0,
      timeout: 0,
      wrongAnswer: 0,
      protocolError: 0,
      local: 0,
      badStatus: 0,
      missed: 0,
    },
    failedTotal: 0,
    statuses: null,
    push: null,
    broadcast: null,
    inFlight: 0,
    carried: 0,
    silentConnections: 0,
    serverGoneMs: null,
    clockFromMs: 1000,
    durationMs: seconds * 1000,
    ratePerSecond: perSecond,
    offeredPerSecond: closed ? null : perSecond,
    stages: null,
    bytesRead: all.length * 64,
    response: closed ? service : measured(all),
    service,
    connect: summary([]),
    lag: closed ? null : summary([1, 2, 3]),
    connects: { opened: 64, failed: 0, lost: 0, broken: 0 },
    warmup: { durationMs: 1000, steady: true },
    steady: true,
    interrupted: false,
    gaveUp: null,
    client: {
      threads: 1,
      threadsCpuMs: 900,
      processCpuMs: 1000,
      busyMs: 400,
      busyShare: 0.4,
      cpuPerRequestUs: 11.4,
      gcMs: 3.1,
      gcCount: 7,
      gcLongestMs: 0.8,
      waitedMs: 0,
    },
    server: { pids: [4242], cpuMs: 190, cpuPerRequestUs: 9.6, busiestThreadShare: 0.19 },
    machine: { foreignCores: 0.02, stealCores: 0 },
    verdict: {
      name: 'SERVER_BOUND',
      evidence: 'the client had time to spare: client 40% busy, server 0.19 cores',
    },
    problems: [],
    environment: {
      node: 'v26.10.0',
      v8: '14.6.202',
      os: 'linux 6.18.44 x64',
      cpu: 'AMD EPYC',
      cores: 2,
      governor: null,
      loadAverage: [0.4, 0.3, 0.2],
      startedAt: '2026-11-20T10:00:00.000Z',
      seed: 1,
    },
    seconds: bySecond.map(secondOf),
    ...changes,
  };
}

function secondOf(values: readonly number[], index: number): Second {
  const { histogram, maxUs, p50Us, p99Us } = summary(values);
  return {
    fromMs: index * 1000,
    toMs: (index + 1) * 1000,
    sent: values.length,
    answered: values.length,
    failed: 0,
    p50Us,
    p99Us,
    maxUs,
    histogram,
  };
}

const trial = (rateHz: number, p99Us: number, met: boolean): KneeTrial => ({
  rateHz,
  met,
  missed: met ? [] : ['p99<5ms was not kept'],
  ratePerSecond: met ? rateHz : rateHz * 0.97,
  p50Us: p99Us / 6,
  p99Us,
  verdict: { name: 'SERVER_BOUND', evidence: 'the client had time to spare' },
});

export function kneeResult(changes: Partial<KneeResult> = {}): KneeResult {
  return {
    target: 'tcp://127.0.0.1:7000',
    slo: ['p99<5ms'],
    kneePerSecond: 42_000,
    missedPerSecond: 44_000,
    limit: 'server',
    interrupted: false,
    gaveUp: null,
    trials: [
      trial(8000, 310, true),
      trial(16_000, 420, true),
      trial(32_000, 1100, true),
      trial(64_000, 480_000, false),
      trial(64_000, 510_000, false),
      trial(45_255, 9800, false),
      trial(45_255, 8400, false),
      trial(38_055, 2100, true),
      trial(42_000, 3900, true),
    ],
    atKnee: loadResult({ seed: 9, p50Us: 300, spread: 0.7, perSecond: 4000, seconds: 4 }),
    ...changes,
  };
}

/** What a server sent by itself: of every hundred events one was missed. */
export function pushResult(shape: Shape = {}, changes: Partial<LoadResult> = {}): LoadResult {
  const delivered = loadResult({ ...shape, closed: true });
  const missed = Math.round(delivered.answered / 100);
  return {
    ...delivered,
    target: 'http://127.0.0.1:8080/clock',
    protocol: 'sse',
    loop: 'push',
    label: 'delivery times, from when each event says that it left',
    sent: delivered.answered + missed,
    failed: { ...delivered.failed, missed },
    failedTotal: missed,
    push: { gaps: 2, repeated: 0, resumed: 3, unstamped: 0 },
    connects: { opened: 67, failed: 0, lost: 3, broken: 0 },
    ...changes,
  };
}

/** What connections sent to each other, of which one in a hundred did not arrive. */
export function broadcastResult(shape: Shape = {}, changes: Partial<LoadResult> = {}): LoadResult {
  const delivered = loadResult(shape);
  const missed = Math.round(delivered.answered / 100);
  return {
    ...delivered,
    target: 'ws://127.0.0.1:8080/chat',
    protocol: 'ws',
    loop: 'broadcast',
    label: 'delivery times, from when each message was due',
    sent: delivered.answered + missed,
    failed: { ...delivered.failed, missed },
    failedTotal: missed,
    broadcast: { publishers: 1, listeners: 63, published: 400, repeated: 0, foreign: 0 },
    ...changes,
  };
}

export function calibration(): Calibration {
  const row = (percentile: Name, truthUs: number, off: number) => ({
    percentile,
    serverUs: truthUs - 18,
    pathUs: 18,
    truthUs,
    truthLeastUs: truthUs - 6,
    truthMostUs: truthUs + 20,
    reportedUs: truthUs * off,
    errorUs: truthUs * (off - 1),
    leastUs: truthUs * 0.9,
    mostUs: truthUs * off * 1.001,
    judgement: off >= 1 ? ('within' as const) : ('OUTSIDE' as const),
  });
  return {
    rateHz: 2000,
    durationMs: 5000,
    interrupted: false,
    cases: [
      {
        script: { kind: 'stall', everyMs: 1000, stallMs: 100 },
        answered: 10_000,
        lagP99Us: 120,
        disturbedShare: 0.004,
        verdict: { name: 'SERVER_BOUND', evidence: 'the client had time to spare' },
        rows: [row('p50', 60, 1.2), row('p90', 4000, 1.1), row('p99', 91_000, 0.98)],
      },
    ],
  };
}

interface ArmShape {
  readonly userUs: number;
  readonly systemUs: number;
  readonly perSecond: number;
  readonly workers?: readonly number[];
}

/** As bench/speed.ts stores a suite: its Map of arms an object, NaN null. */
export function suiteResult(arms: Readonly<Record<string, ArmShape>>, blocks = 5): object {
  const next = random(5);
  const near = (value: number): number => value * (0.95 + next() * 0.1);
  const trials = ({ perSecond, systemUs, userUs, workers = [] }: ArmShape) =>
    Array.from({ length: blocks }, (_, block) => {
      const messages = Math.round(near(perSecond) * 3);
      const perMessage = (us: number): number => (near(us) * messages) / 1000;
      return {
        seconds: 3,
        result: {
          messages,
          seconds: 3,
          errors: 0,
          latencyMs: { p50: near(0.8), p99: near(2.4), p999: null, max: near(9) },
          detail: {
            label: 'service times only: …',
            verdict: { name: 'SERVER_BOUND' },
            steady: true,
          },
        },
        server: {
          userMs: perMessage(userUs),
          systemMs: perMessage(systemUs),
          switches: 12,
          residentBytes: 70_000_000,
          residentBytesBefore: 60_000_000,
        },
        client: {
          userMs: 900,
          systemMs: 600,
          switches: 3,
          residentBytes: 1,
          residentBytesBefore: 1,
        },
        foreignCores: block === 2 ? 0.3 : 0.02,
        stealCores: 0,
        workers: workers.map((share, id) => ({
          id: id + 1,
          pid: 100 + id,
          accepted: 32,
          messages: Math.round(near(messages * share)),
        })),
      };
    });
  return {
    environment: {
      at: '2026-11-20T11:00:00.000Z',
      node: 'v26.10.0',
      cores: 2,
      memoryBytes: 2 ** 34,
    },
    settings: { blocks, seconds: 3, warmUpSeconds: 2, seed: 1 },
    suite: 'shards',
    question: 'What does `sharded` cost over `single`?',
    blocks: {
      runs: Object.fromEntries(Object.entries(arms).map(([name, arm]) => [name, trials(arm)])),
      repeated: 2,
      keptDisturbed: 1,
      order: [],
    },
    outcomes: [
      {
        claim: {
          says: 'sharded by thread over single',
          figure: 'cpuUs',
          of: 'sharded thread',
          over: ['single'],
          atMost: 1.1,
          stretch: 1.02,
        },
        over: 'single',
        measured: { estimate: 1.04, low: 1.01, high: 1.08 },
        verdict: 'pass',
        sure: true,
      },
      {
        claim: { says: 'messages a second', figure: 'perSecond', of: 'single', atLeast: 90_000 },
        measured: { estimate: 84_000, low: 79_000, high: 95_000 },
        verdict: 'miss',
        sure: false,
      },
      {
        claim: { says: 'memory', figure: 'bytesPerMessage', of: 'single', atMost: 1 },
        measured: { estimate: null, low: null, high: null },
        verdict: 'unmeasured',
        sure: false,
      },
    ],
  };
}

export const ARMS = {
  single: { userUs: 3.1, systemUs: 5.9, perSecond: 86_000 },
  'sharded thread': { userUs: 3.3, systemUs: 6.2, perSecond: 120_000, workers: [0.51, 0.49] },
  'sharded process': { userUs: 3.2, systemUs: 6.6, perSecond: 118_000, workers: [0.7, 0.3] },
} as const;

/** As `patterns bench` stores a result: a suite without claims, and with a recommendation. */
export function benchResult(changes: object = {}, blocks = 5): object {
  return {
    ...suiteResult(ARMS, blocks),
    outcomes: [],
    format: 'patterns-bench',
    version: 1,
    complete: true,
    decides: 'perSecond',
    recommendation: {
      sure: true,
      groups: [
        {
          group: '',
          choose: 'sharded thread',
          sentences: ['Take sharded thread: 120,000 messages/s.'],
        },
      ],
      sentences: ['From 20 µs on more loops pay.'],
    },
    lost: [{ arm: 'blocking', reason: 'Mode blocking cannot serve this.' }],
    placement: 'Nothing is pinned: 2 loops share 2 cores.',
    note: 'A message is a connection here.',
    ...changes,
  };
}
