/**
 * The contract of a suite: one question, the arms that answer it, and what we claim of them. One file each, one line in
 * index.ts. A suite MUST name what it compares by arms that all see the same load, and MUST NOT format anything.
 */
import type { Arm } from '../measure/compare.ts';
import { median } from '../measure/statistics.ts';
import type { LoopFigures } from '../measure/loops.ts';
import { cpuMs, workOf, type Trial } from '../measure/trial.ts';

/** What a suite may be told. */
export interface Settings {
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly blocks: number;
  readonly seed: number;
  /** Says where a long preparation is. */
  readonly say: (text: string) => void;
}

export interface Suite {
  /** Its word on the command line. */
  readonly name: string;
  /** What it answers, as a user would ask it. */
  readonly question: string;
  /** Why it cannot run here, in a sentence; undefined where it can. */
  unavailable?(): string | undefined;
  /** May measure, say to find a peak first. */
  arms(settings: Settings): Promise<readonly Arm<Trial>[]> | readonly Arm<Trial>[];
  readonly claims: readonly Claim[];
}

/** One row of the speed table: the figure of an arm over that of another, or by itself. */
export interface Claim {
  readonly says: string;
  readonly figure: FigureName;
  readonly of: string;
  /** Of several, the best counts. Absent: the figure itself is claimed. */
  readonly over?: readonly string[];
  /** The limit is one of the two, and the stretch goes the same way. */
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly stretch?: number;
}

interface Figure {
  /** Over a column. */
  readonly title: string;
  /** Behind a number, in a sentence. */
  readonly unit: string;
  readonly better: 'less' | 'more';
  /** NaN where the run does not have it. */
  of(run: Trial): number;
}

/** A loop that is less busy than this has no messages to itself. */
const LEAST_BUSY = 0.02;

export const FIGURES = {
  cpuUs: {
    title: 'server CPU, µs a message',
    unit: 'µs of server CPU a message',
    better: 'less',
    of: ({ server, result }) =>
      server === undefined ? Number.NaN : (cpuMs(server) * 1000) / result.messages,
  },
  clientCpuUs: {
    title: 'client CPU, µs a message',
    unit: 'µs of client CPU a message',
    better: 'less',
    of: ({ client, result }) =>
      client === undefined ? Number.NaN : (cpuMs(client) * 1000) / result.messages,
  },
  perSecond: {
    title: 'messages a second',
    unit: 'messages/s',
    better: 'more',
    of: ({ result }) => result.messages / result.seconds,
  },
  bytesPerConnection: {
    title: 'resident bytes a connection',
    unit: 'bytes a connection',
    better: 'less',
    of: ({ server, result }) =>
      server === undefined
        ? Number.NaN
        : (server.residentBytes - server.residentBytesBefore) / result.messages,
  },
  userUs: {
    title: 'user CPU µs',
    unit: 'µs of user CPU a message',
    better: 'less',
    of: (run) => perMessageUs(run, run.server?.userMs),
  },
  systemUs: {
    title: 'system CPU µs',
    unit: 'µs of system CPU a message',
    better: 'less',
    of: (run) => perMessageUs(run, run.server?.systemMs),
  },
  switches: {
    title: 'context switches/message',
    unit: 'context switches a message',
    better: 'less',
    of: ({ server, result }) =>
      server === undefined ? Number.NaN : server.switches / result.messages,
  },
  residentMiB: {
    title: 'memory MiB',
    unit: 'MiB',
    better: 'less',
    of: ({ server }) => (server === undefined ? Number.NaN : server.residentBytes / 1024 ** 2),
  },
  p50Ms: { title: 'p50 ms', unit: 'ms at p50', better: 'less', of: latency('p50') },
  p99Ms: { title: 'p99 ms', unit: 'ms at p99', better: 'less', of: latency('p99') },
  p999Ms: { title: 'p99.9 ms', unit: 'ms at p99.9', better: 'less', of: latency('p999') },
  imbalance: {
    title: 'busiest/mean',
    unit: 'busiest/mean',
    better: 'less',
    of: ({ workers }) => imbalance(workOf(workers)),
  },
  // A run has about 100 of its ticks: no percentile of so few is more than its longest.
  longestLoopDelayMs: {
    title: 'longest loop delay ms',
    unit: 'ms of longest loop delay',
    better: 'less',
    of: ({ loops = [] }) => mostOf(working(loops).map(({ delayMaxMs }) => delayMaxMs)),
  },
  gcShare: {
    title: 'GC %',
    unit: '% of a loop’s time in GC',
    better: 'less',
    of: ({ loops = [] }) => mostOf(working(loops).map(({ gcMs, seconds }) => gcMs / seconds / 10)),
  },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof FIGURES;

function perMessageUs({ result }: Trial, ms: number | undefined): number {
  return ms === undefined ? Number.NaN : (ms * 1000) / result.messages;
}

function latency(name: 'p50' | 'p99' | 'p999'): (run: Trial) => number {
  return ({ result }) =>
    result.messages === 0 ? Number.NaN : (result.latencyMs?.[name] ?? Number.NaN);
}

/** 1 is an even spread. NaN of fewer than two workers, or of nothing. */
function imbalance(work: readonly number[]): number {
  const total = work.reduce((sum, one) => sum + one, 0);
  return work.length < 2 || total === 0 ? Number.NaN : (Math.max(...work) * work.length) / total;
}

/** Without loops that only watch or supervise. */
function working(loops: readonly LoopFigures[]): readonly LoopFigures[] {
  return loops.filter(({ busyShare }) => busyShare >= LEAST_BUSY);
}

function mostOf(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : Math.max(...values);
}

export function figuresOf(runs: readonly Trial[], name: FigureName): number[] {
  return runs.map((run) => FIGURES[name].of(run));
}

/** The arm, of those named, whose median is the best. */
export function bestArm(
  runs: ReadonlyMap<string, readonly Trial[]>,
  names: readonly string[],
  name: FigureName,
): string {
  const sign = FIGURES[name].better === 'less' ? 1 : -1;
  const rank = (arm: string): number => sign * median(figuresOf(runs.get(arm) ?? [], name));
  return names.toSorted((a, b) => rank(a) - rank(b))[0];
}
