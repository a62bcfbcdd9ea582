/**
 * What a report reads, checked: files come from anywhere. Only what figures need is asked for, and more is let through,
 * so that a result of another version still makes a report where it can.
 */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.minValue(0));
/** JSON has no NaN: what a platform did not say is null. */
const figure = v.pipe(
  v.nullable(v.number()),
  v.transform((value) => value ?? Number.NaN),
);
/** Null where nothing was answered: what goes with it says so. */
const latencyUs = v.pipe(
  v.nullable(count),
  v.transform((value) => value ?? 0),
);
const text = v.string();

const bounds = v.object({ leastUs: latencyUs, mostUs: latencyUs });
const latency = v.object({
  count,
  minUs: latencyUs,
  meanUs: latencyUs,
  p50Us: latencyUs,
  p90Us: latencyUs,
  p95Us: latencyUs,
  p99Us: latencyUs,
  p999Us: latencyUs,
  maxUs: latencyUs,
  histogram: text,
});
const measured = v.object({
  ...latency.entries,
  bounds: v.object({ p50: bounds, p90: bounds, p95: bounds, p99: bounds, p999: bounds }),
  tooFew: v.array(text),
});
const second = v.object({
  fromMs: count,
  toMs: count,
  sent: count,
  carried: v.optional(count, 0),
  answered: count,
  failed: count,
  p50Us: latencyUs,
  p99Us: latencyUs,
  maxUs: latencyUs,
  histogram: text,
});
const verdict = v.object({
  name: v.picklist(['SERVER_BOUND', 'CLIENT_BOUND', 'NOISY_MACHINE', 'UNCLEAR']),
  evidence: text,
});
const environment = v.object({
  node: text,
  v8: text,
  os: text,
  cpu: text,
  cores: count,
  governor: v.nullable(text),
  loadAverage: v.array(v.number()),
  startedAt: text,
  seed: v.number(),
});

const loadResult = v.object({
  target: text,
  protocol: text,
  loop: v.picklist(['closed', 'open', 'push', 'broadcast']),
  label: text,
  connections: count,
  depth: count,
  threads: count,
  scheduled: v.nullable(count),
  unsent: count,
  sent: count,
  answered: count,
  failed: v.record(text, count),
  failedTotal: count,
  push: v.optional(
    v.nullable(v.object({ gaps: count, repeated: count, resumed: count, unstamped: count })),
    null,
  ),
  broadcast: v.optional(
    v.nullable(
      v.object({
        publishers: count,
        listeners: count,
        published: count,
        repeated: count,
        foreign: count,
      }),
    ),
    null,
  ),
  inFlight: v.number(),
  durationMs: count,
  ratePerSecond: count,
  offeredPerSecond: v.nullable(count),
  stages: v.optional(v.nullable(v.array(v.object({ durationMs: count, rateHz: count }))), null),
  response: measured,
  service: measured,
  connect: latency,
  lag: v.nullable(latency),
  connects: v.object({
    opened: count,
    failed: count,
    lost: count,
    broken: v.optional(count, 0),
  }),
  silentConnections: v.optional(count, 0),
  serverGoneMs: v.optional(v.nullable(count), null),
  warmup: v.object({ durationMs: count, steady: v.nullable(v.boolean()) }),
  steady: v.nullable(v.boolean()),
  interrupted: v.boolean(),
  gaveUp: v.optional(v.nullable(text), null),
  client: v.object({
    busyShare: figure,
    cpuPerRequestUs: figure,
    gcMs: figure,
    gcCount: figure,
    gcLongestMs: figure,
  }),
  server: v.nullable(
    v.object({ cpuMs: figure, cpuPerRequestUs: figure, busiestThreadShare: figure }),
  ),
  machine: v.nullable(v.object({ foreignCores: figure, stealCores: figure })),
  verdict,
  problems: v.array(v.object({ problem: text, count })),
  environment,
  seconds: v.array(second),
  thresholds: v.optional(
    v.array(v.object({ threshold: text, passed: v.boolean(), actual: v.nullable(v.number()) })),
    [],
  ),
});
export type Loaded = v.InferOutput<typeof loadResult>;
export type Latency = Loaded['response'];
export type Summary = Loaded['connect'];
export type Environment = Loaded['environment'];

const kneeResult = v.object({
  target: text,
  slo: v.array(text),
  kneePerSecond: count,
  missedPerSecond: v.nullable(count),
  limit: v.picklist(['server', 'client', 'noise', 'most', 'least']),
  interrupted: v.boolean(),
  trials: v.array(
    v.object({
      rateHz: count,
      met: v.boolean(),
      missed: v.array(text),
      ratePerSecond: count,
      p50Us: latencyUs,
      p99Us: latencyUs,
      verdict,
    }),
  ),
  atKnee: v.nullable(loadResult),
});
export type Knee = v.InferOutput<typeof kneeResult>;

const calibration = v.object({
  rateHz: count,
  durationMs: count,
  interrupted: v.boolean(),
  cases: v.array(
    v.object({
      script: v.looseObject({ kind: text }),
      lagP99Us: count,
      disturbedShare: count,
      verdict,
      rows: v.array(
        v.object({
          percentile: text,
          serverUs: count,
          pathUs: count,
          truthUs: count,
          truthLeastUs: count,
          truthMostUs: count,
          reportedUs: count,
          errorUs: v.number(),
          leastUs: count,
          mostUs: count,
          judgement: v.picklist(['within', 'unclear', 'OUTSIDE']),
        }),
      ),
    }),
  ),
});
export type CalibrationRun = v.InferOutput<typeof calibration>;

const used = v.object({
  userMs: figure,
  systemMs: figure,
  residentBytes: v.optional(figure, Number.NaN),
  residentBytesBefore: v.optional(figure, Number.NaN),
});
const interval = v.object({ estimate: figure, low: figure, high: figure });
const trial = v.object({
  result: v.object({
    messages: count,
    seconds: count,
    errors: count,
    latencyMs: v.optional(v.object({ p50: figure, p99: figure, p999: figure, max: figure })),
    detail: v.optional(v.unknown()),
  }),
  server: v.optional(used),
  client: v.optional(used),
  foreignCores: count,
  stealCores: count,
  workers: v.optional(
    v.array(v.looseObject({ id: v.optional(count), accepted: count, messages: count })),
    [],
  ),
  loops: v.optional(v.array(v.object({ busyShare: figure, delayMaxMs: figure })), []),
});
export type Trial = v.InferOutput<typeof trial>;

/** By arm: as an object, or as the entries of a Map. */
const arms = v.union([
  v.record(text, v.array(trial)),
  v.pipe(
    v.array(v.tuple([text, v.array(trial)])),
    v.transform((entries) => Object.fromEntries(entries)),
  ),
]);

/** What `patterns bench` makes of its runs: bench/recommend.ts. */
const recommendation = v.object({
  sure: v.boolean(),
  groups: v.array(v.object({ group: text, choose: v.nullable(text), sentences: v.array(text) })),
  sentences: v.array(text),
});

/** A suite: of the speed table (bench/suites/run.ts), or of `patterns bench` (bench/result.ts). */
const suiteResult = v.object({
  suite: text,
  question: text,
  blocks: v.object({ runs: arms, repeated: count, keptDisturbed: count }),
  outcomes: v.array(
    v.object({
      claim: v.object({
        says: text,
        figure: text,
        of: text,
        atMost: v.optional(v.number()),
        atLeast: v.optional(v.number()),
        stretch: v.optional(v.number()),
      }),
      over: v.optional(text),
      measured: interval,
      verdict: v.picklist(['stretch', 'pass', 'miss', 'unmeasured']),
      sure: v.boolean(),
    }),
  ),
  environment: v.optional(v.record(text, v.unknown())),
  decides: v.optional(text),
  recommendation: v.optional(recommendation),
  lost: v.optional(v.array(v.object({ arm: text, reason: text })), []),
  placement: v.optional(text),
  note: v.optional(v.nullable(text), null),
  complete: v.optional(v.boolean(), true),
  /** The plan in words, and what of it the page must know. */
  asked: v.optional(text),
  plan: v.optional(v.object({ quick: v.optional(v.boolean(), false) })),
});
export type Suite = v.InferOutput<typeof suiteResult>;

export type Found =
  | { readonly kind: 'load'; readonly result: Loaded }
  | { readonly kind: 'knee'; readonly result: Knee }
  | { readonly kind: 'calibration'; readonly result: CalibrationRun }
  | { readonly kind: 'suite'; readonly result: Suite };

/** Each kind of result, and a key that no other kind has. */
const KINDS = [
  { kind: 'suite', key: 'blocks', schema: suiteResult },
  { kind: 'knee', key: 'kneePerSecond', schema: kneeResult },
  { kind: 'calibration', key: 'cases', schema: calibration },
  { kind: 'load', key: 'response', schema: loadResult },
] as const;

/** A result, or why it is none: words that go on from a file's name. */
export function recognize(value: unknown): Found | string {
  if (typeof value !== 'object' || value === null) return 'holds no object';
  const kind = KINDS.find(({ key }) => Object.hasOwn(value, key));
  if (kind === undefined) return 'is no result of patterns load --json or of the bench';
  const parsed = v.safeParse(kind.schema, value);
  if (parsed.success) return { kind: kind.kind, result: parsed.output } as Found;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue) ?? kind.key;
  return `looks like a ${kind.kind} result, but its ${path} is ${describe(issue.input)}`;
}

function describe(input: unknown): string {
  if (input === undefined) return 'missing';
  if (typeof input === 'object' && input !== null)
    return Array.isArray(input) ? 'a list' : 'an object';
  const given = JSON.stringify(input);
  return given.length > 40 ? `${given.slice(0, 40)}…` : given;
}
