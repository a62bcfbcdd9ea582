/**
 * What a load gave: data, for programs and for reports. These keys are documented (docs of `patterns load --json`) and
 * kept stable. Times are in the unit that their name ends in. A latency of nothing (`count` or `answered` is 0) is 0, and
 * in JSON null.
 */
import type { FailureCounts } from './account.ts';
import type { LoopName, Stage } from './plan.ts';
import type { VerdictName } from './verdict.ts';

/** Of a percentile: the instrument's own error. The truth is between the two. */
export interface Bounds {
  /** Had the client never been late: neither in sending nor in noticing the answer. */
  readonly leastUs: number;
  /** As measured, rounded up to the histogram's resolution. */
  readonly mostUs: number;
}

export interface LatencySummary {
  readonly count: number;
  readonly minUs: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** HDR V2, compressed, in base64; values are nanoseconds. */
  readonly histogram: string;
}

export interface MeasuredLatency extends LatencySummary {
  /** For each percentile, what the instrument says of its own error. */
  readonly bounds: Readonly<Record<'p50' | 'p90' | 'p95' | 'p99' | 'p999', Bounds>>;
  /** Percentiles that rest on fewer than ten answers, and so say little. */
  readonly tooFew: readonly string[];
}

/** One interval of the measurement. Latencies are of the response in the open loop, of the service in the closed one. */
export interface SecondFigures {
  /** From the start of the measurement. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** The same with what it was read off, for plots over time. */
export interface Second extends SecondFigures {
  /** HDR V2, as above. */
  readonly histogram: string;
}

export interface ClientFigures {
  readonly threads: number;
  /** CPU time of the load threads while they measured. A spinning pacer counts in full. */
  readonly threadsCpuMs: number;
  /** CPU time of the whole process in that time: garbage collectors and compilers too. */
  readonly processCpuMs: number;
  /** Of the load threads: ready to run, and waiting for a core. 0 where the platform does not say. */
  readonly waitedMs: number;
  /** Open loop: without the pacer's idle spins, at most. Closed loop: `threadsCpuMs`. */
  readonly busyMs: number;
  /** Of the busiest thread, of its time: 0 to 1. */
  readonly busyShare: number;
  /** Closed loop: `processCpuMs` for each answer. Open loop: `busyMs`. */
  readonly cpuPerRequestUs: number;
  readonly gcMs: number;
  readonly gcCount: number;
  readonly gcLongestMs: number;
}

/** Null where a process of the server ended meanwhile, too: what it used went with it. */
export interface ServerFigures {
  /** Processes that hold the server's side of the connections. */
  readonly pids: readonly number[];
  readonly cpuMs: number;
  readonly cpuPerRequestUs: number;
  /** Of its busiest thread: 0 to 1. */
  readonly busiestThreadShare: number;
}

export interface Verdict {
  readonly name: VerdictName;
  /** One line: why. */
  readonly evidence: string;
}

export interface Environment {
  readonly node: string;
  readonly v8: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  readonly governor: string | null;
  readonly loadAverage: readonly number[];
  readonly startedAt: string;
  readonly seed: number;
}

export interface PushCounts {
  /** Holes between events; the events in them are `failed.missed`. */
  readonly gaps: number;
  /** Events that had come before. */
  readonly repeated: number;
  /** Connections that went on where an earlier one was lost. */
  readonly resumed: number;
  /** Events that do not say when they left. */
  readonly unstamped: number;
}

export interface BroadcastCounts {
  /** Connections that publish. */
  readonly publishers: number;
  /** Connections that listen, or have listened. Each is to hear every message: `sent` is how many that makes. */
  readonly listeners: number;
  /** Messages. Those delivered are `answered`, those that did not come `failed.missed`. */
  readonly published: number;
  /** Deliveries of what had come before, or behind what was published later. */
  readonly repeated: number;
  /** Deliveries of what this load did not publish. */
  readonly foreign: number;
}

/** Since the measurement began: the warm-up's are not in it. */
export interface ConnectCounts {
  /** Those that were open when it began, and those opened since. */
  readonly opened: number;
  readonly failed: number;
  /** Closed by the server or the network, or given up for what the server sent. */
  readonly lost: number;
  /** Of those: the server sent what nothing had asked for, such as a second answer, while no request was in flight. */
  readonly broken: number;
}

export interface LoadResult {
  readonly target: string;
  readonly protocol: string;
  /**
   * 'push': nothing is sent, and what the server sends by itself is counted as sent and answered. 'broadcast': some
   * connections publish on a schedule, and each delivery to one that listens is counted as sent and answered.
   */
  readonly loop: LoopName;
  /** What the latencies are: for the closed loop, that they are service times alone. */
  readonly label: string;
  readonly connections: number;
  readonly depth: number;
  readonly threads: number;
  /** Open loop: requests that were due, and of those never sent for want of a free connection. */
  readonly scheduled: number | null;
  readonly unsent: number;
  /** answered + failed + in flight at the end. */
  readonly sent: number;
  /** Of those, sent in the warm-up: no answer came before they failed, or before the end. */
  readonly carried: number;
  readonly answered: number;
  readonly failed: FailureCounts;
  readonly failedTotal: number;
  /** HTTP: whole answers by their status, those that count and those that do not. Null where answers have none. */
  readonly statuses: Readonly<Record<string, number>> | null;
  /** Of the loop 'push'; else null. `service` is then the delivery time of the events that say when they left. */
  readonly push: PushCounts | null;
  /** Of the loop 'broadcast'; else null. `response` is then the delivery time from when the message was due. */
  readonly broadcast: BroadcastCounts | null;
  readonly inFlight: number;
  /** When the measurement began, by the machine's monotonic clock: to hold it against other logs of the machine. */
  readonly clockFromMs: number;
  readonly durationMs: number;
  /** Answers per second. */
  readonly ratePerSecond: number;
  /** Open loop: the rate that was asked for; by stages, what came due on average. */
  readonly offeredPerSecond: number | null;
  /** Open loop by stages: the rate over time, from the first one's `rateHz` (its `durationMs` is 0). Else null. */
  readonly stages: readonly Stage[] | null;
  readonly bytesRead: number;
  /** From the scheduled send. In the closed loop it is the real one: the same figures as `service`, and `label` says so. */
  readonly response: MeasuredLatency;
  /** From the real send. */
  readonly service: MeasuredLatency;
  /** From the attempt to the open connection; those of the beginning and of the warm-up are not in it. */
  readonly connect: LatencySummary;
  /** Open loop: how late the client sent. */
  readonly lag: LatencySummary | null;
  readonly connects: ConnectCounts;
  /**
   * Closed loop: connections that brought no answer while it was measured. Each holds one request and no more, however
   * long: they hardly show among the failures.
   */
  readonly silentConnections: number;
  /** For so long before the end nothing was answered, and no connection could be opened any more. Null: it was there. */
  readonly serverGoneMs: number | null;
  readonly warmup: { readonly durationMs: number; readonly steady: boolean | null };
  /** Whether the measured rate and median stayed where they were. Null: too short to tell. */
  readonly steady: boolean | null;
  /** It was ended early. */
  readonly interrupted: boolean;
  /** Why, where nobody asked for it: a count that nothing answers any more, a payload module that threw. Else null. */
  readonly gaveUp: string | null;
  readonly client: ClientFigures;
  readonly server: ServerFigures | null;
  readonly machine: MachineFigures | null;
  readonly verdict: Verdict;
  /** The first few sentences about what went wrong, with how often. */
  readonly problems: ReadonlyArray<{ readonly problem: string; readonly count: number }>;
  readonly environment: Environment;
  readonly seconds: readonly Second[];
}

export interface MachineFigures {
  /** CPU that neither the client nor the server used, in cores. */
  readonly foreignCores: number;
  /** Taken by the hypervisor, in cores. */
  readonly stealCores: number;
}
