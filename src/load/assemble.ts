/** From what was counted to a result. Pure. */
import { Failure, nameFailures } from './account.ts';
import { DIGITS, PERCENTILES, type Latencies } from './histogram.ts';
import type { ThreadReport } from './messages.ts';
import { isScheduled, type LoopName, type Plan, type Stage } from './plan.ts';
import type {
  Bounds,
  ClientFigures,
  Environment,
  LatencySummary,
  LoadResult,
  MachineFigures,
  MeasuredLatency,
  Second,
  ServerFigures,
} from './result.ts';
import { isSteady } from './steady.ts';
import type { Tally } from './tally.ts';
import { judge } from './verdict.ts';

const LABELS: Readonly<Record<LoopName, string>> = {
  closed:
    'service times only: a closed loop sends nothing while the server stalls, so its percentiles leave that wait out',
  open: 'response times, from when each request was due by the schedule',
  push: 'delivery times, from when each event says that it left',
  broadcast: 'delivery times, from when each message was due by the schedule',
};
/** A percentile with fewer answers beyond it says little. */
const LEAST_BEYOND = 10;

export interface Measured {
  readonly plan: Plan;
  readonly tally: Tally;
  readonly reports: readonly ThreadReport[];
  readonly processCpuMs: number;
  readonly server: Omit<ServerFigures, 'cpuPerRequestUs'> | undefined;
  readonly machine: MachineFigures | undefined;
  readonly serverEnded: boolean;
  readonly warmup: LoadResult['warmup'];
  readonly interrupted: boolean;
  /** Why it was ended before its count was reached, if it was. */
  readonly gaveUp: string | undefined;
  readonly environment: Environment;
}

export function assemble(measured: Measured): LoadResult {
  const { interrupted, plan, reports, tally } = measured;
  const seconds = tally.seconds();
  const { account } = tally;
  const open = isScheduled(plan.loop);
  const durationMs = durationOf(plan, reports, interrupted);
  const perSecond = (count: number): number => (durationMs > 0 ? (count * 1000) / durationMs : 0);
  const scheduled = sum(reports, ({ scheduled }) => scheduled);
  const service = summarizeMeasured(tally.of('service'), tally.of('serviceFloor'));
  const response = open
    ? summarizeMeasured(tally.of('response'), tally.of('responseFloor'))
    : service;
  const client = clientOf(measured, account.answered);
  const lag = open ? summarize(tally.of('lag')) : null;
  return {
    target: plan.target,
    protocol: plan.protocol,
    loop: plan.loop,
    label: LABELS[plan.loop],
    connections: plan.connections,
    depth: plan.depth,
    threads: plan.threads,
    scheduled: open ? scheduled : null,
    unsent: sum(reports, ({ unsent }) => unsent),
    sent: account.sent,
    carried: sum(reports, ({ carried }) => carried),
    answered: account.answered,
    failed: nameFailures(account.failed),
    failedTotal: account.failures,
    statuses: statusesOf(reports),
    push: plan.loop === 'push' ? pushOf(reports) : null,
    broadcast: plan.loop === 'broadcast' ? broadcastOf(plan, reports) : null,
    inFlight: sum(reports, ({ inFlight }) => inFlight),
    clockFromMs: Math.min(...reports.map(({ measuredFromMs }) => measuredFromMs)),
    durationMs,
    ratePerSecond: perSecond(account.answered),
    offeredPerSecond: open ? offeredBy(plan, perSecond(scheduled)) : null,
    stages: plan.stages === undefined ? null : stagesOf(plan.rateHz, plan.stages),
    bytesRead: sum(reports, ({ bytesRead }) => bytesRead),
    response,
    service,
    connect: summarize(tally.of('connect')),
    lag,
    connects: {
      opened: sum(reports, ({ connects }) => connects.opened),
      failed: sum(reports, ({ connects }) => connects.failed),
      lost: sum(reports, ({ connects }) => connects.lost),
      broken: sum(reports, ({ connects }) => connects.broken),
    },
    silentConnections: plan.loop === 'closed' ? sum(reports, ({ silent }) => silent) : 0,
    serverGoneMs: goneMs(reports),
    warmup: measured.warmup,
    steady: steadiness(seconds, plan, durationMs),
    interrupted,
    gaveUp: measured.gaveUp ?? null,
    client,
    server: serverOf(measured, account.answered),
    machine: measured.machine ?? null,
    verdict: verdictOf(measured, client, lag?.p99Us, response.p99Us, durationMs),
    problems: [...gaveUpOf(measured), ...problemsOf(reports)],
    environment: measured.environment,
    seconds,
  };
}

function verdictOf(
  { machine, plan, reports, server, serverEnded, tally }: Measured,
  client: ClientFigures,
  lagP99Us: number | undefined,
  responseP99Us: number,
  durationMs: number,
): LoadResult['verdict'] {
  return judge({
    loop: plan.loop,
    thinkMs: plan.thinkMs,
    answered: tally.account.answered,
    clientBusyShare: client.busyShare,
    lagP99Us,
    responseP99Us,
    gcMs: client.gcMs,
    gcLongestMs: client.gcLongestMs,
    serverGoneMs: goneMs(reports),
    serverEnded,
    localFailures: tally.account.failed[Failure.LOCAL],
    foreignCores: machine?.foreignCores,
    stealCores: machine?.stealCores,
    serverCores: server === undefined || durationMs === 0 ? undefined : server.cpuMs / durationMs,
    serverBusiestThreadShare: server?.busiestThreadShare,
    unsent: sum(reports, ({ unsent }) => unsent),
    durationMs,
  });
}

/** Sending took so long; until the last answer, where a count or the user ended it. */
function durationOf(plan: Plan, reports: readonly ThreadReport[], interrupted: boolean): number {
  const counted = plan.count !== undefined && !interrupted;
  const from = Math.min(...reports.map(({ measuredFromMs }) => measuredFromMs));
  const to = Math.max(
    ...reports.map((report) => (counted ? report.drainedToMs : report.measuredToMs)),
  );
  return Number.isFinite(from) ? Math.max(0, to - from) : 0;
}

function goneMs(reports: readonly ThreadReport[]): number | null {
  if (!reports.every(({ away }) => away)) return null;
  const to = Math.max(...reports.map(({ measuredToMs }) => measuredToMs));
  return Math.max(0, to - Math.max(...reports.map(({ answeredToMs }) => answeredToMs)));
}

function clientOf({ plan, processCpuMs, reports }: Measured, answered: number): ClientFigures {
  const busyMs = sum(reports, (report) => report.busyMs);
  const shares = reports.map(({ busyMs, measuredFromMs, measuredToMs }) =>
    measuredToMs > measuredFromMs ? busyMs / (measuredToMs - measuredFromMs) : 0,
  );
  const spentMs = isScheduled(plan.loop) ? busyMs : processCpuMs;
  return {
    threads: plan.threads,
    threadsCpuMs: sum(reports, ({ cpuMs }) => cpuMs),
    processCpuMs,
    waitedMs: sum(reports, ({ waitedMs }) => waitedMs),
    busyMs,
    busyShare: Math.max(...shares),
    cpuPerRequestUs: answered === 0 ? 0 : (spentMs * 1000) / answered,
    gcMs: sum(reports, ({ gcMs }) => gcMs),
    gcCount: sum(reports, ({ gcCount }) => gcCount),
    gcLongestMs: Math.max(...reports.map(({ gcLongestMs }) => gcLongestMs)),
  };
}

function serverOf({ server }: Measured, answered: number): ServerFigures | null {
  if (server === undefined) return null;
  return { ...server, cpuPerRequestUs: answered === 0 ? 0 : (server.cpuMs * 1000) / answered };
}

function steadiness(seconds: readonly Second[], plan: Plan, durationMs: number): boolean | null {
  if (plan.stages !== undefined) return null;
  const least = plan.intervalMs / 2; // that of one which is whole, and lies before the end of sending
  const whole = seconds.filter(
    ({ fromMs, toMs }) => toMs - fromMs > least && durationMs - fromMs > least,
  );
  const rates = whole.map(({ answered, fromMs, toMs }) => answered / (toMs - fromMs));
  const rate = isSteady(rates);
  const middle = isSteady(whole.map(({ p50Us }) => p50Us));
  return rate === undefined || middle === undefined ? null : rate && middle;
}

export function summarize(latencies: Latencies): LatencySummary {
  const { count } = latencies;
  return {
    count,
    minUs: count === 0 ? 0 : latencies.leastUs,
    meanUs: latencies.meanUs,
    p50Us: latencies.atUs(50),
    p90Us: latencies.atUs(90),
    p95Us: latencies.atUs(95),
    p99Us: latencies.atUs(99),
    p999Us: latencies.atUs(99.9),
    maxUs: latencies.mostUs,
    histogram: latencies.encode(),
  };
}

export function summarizeMeasured(latencies: Latencies, floor: Latencies): MeasuredLatency {
  const { count } = latencies;
  const bounds = PERCENTILES.map(([name, percentile]): [string, Bounds] => {
    const mostUs = latencies.atUs(percentile) * (1 + 10 ** -DIGITS);
    const leastUs = Math.min(floor.atUs(percentile) * (1 - 10 ** -DIGITS), mostUs);
    return [name, { leastUs, mostUs }];
  });
  const tooFew = PERCENTILES.filter(
    ([, percentile]) => (count * (100 - percentile)) / 100 < LEAST_BEYOND,
  );
  return {
    ...summarize(latencies),
    bounds: Object.fromEntries(bounds) as MeasuredLatency['bounds'],
    tooFew: tooFew.map(([name]) => name),
  };
}

function statusesOf(reports: readonly ThreadReport[]): LoadResult['statuses'] {
  const counts: Record<string, number> = {};
  for (const [status, count] of reports.flatMap(({ statuses }) => statuses)) {
    counts[status] = (counts[status] ?? 0) + count;
  }
  return Object.keys(counts).length === 0 ? null : counts;
}

function pushOf(reports: readonly ThreadReport[]): LoadResult['push'] {
  return {
    gaps: sum(reports, ({ push }) => push.gaps),
    repeated: sum(reports, ({ push }) => push.repeated),
    resumed: sum(reports, ({ push }) => push.resumed),
    unstamped: sum(reports, ({ push }) => push.unstamped),
  };
}

function broadcastOf(
  { publishers = 0 }: Plan,
  reports: readonly ThreadReport[],
): LoadResult['broadcast'] {
  return {
    publishers,
    listeners: sum(reports, ({ broadcast }) => broadcast.listeners),
    published: sum(reports, ({ broadcast }) => broadcast.published),
    repeated: sum(reports, ({ broadcast }) => broadcast.repeated),
    foreign: sum(reports, ({ broadcast }) => broadcast.foreign),
  };
}

/** By stages it is what came due; else what was asked for, so that repeated loads say the same. */
function offeredBy({ rateHz, stages }: Plan, duePerSecond: number): number {
  return stages === undefined ? rateHz! : duePerSecond;
}

function stagesOf(rateHz = 0, stages: readonly Stage[]): Stage[] {
  return [{ durationMs: 0, rateHz }, ...stages];
}

function gaveUpOf({ gaveUp }: Measured): LoadResult['problems'] {
  return gaveUp === undefined ? [] : [{ problem: gaveUp, count: 1 }];
}

function problemsOf(reports: readonly ThreadReport[]): LoadResult['problems'] {
  const counts = new Map<string, number>();
  for (const [problem, count] of reports.flatMap(({ problems }) => problems)) {
    counts.set(problem, (counts.get(problem) ?? 0) + count);
  }
  return [...counts].map(([problem, count]) => ({ problem, count }));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
