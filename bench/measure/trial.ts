/** One run: a fresh server, a fresh client, and what the server, the client and the rest of the machine used meanwhile. */
import { runClient, type ClientCommand, type LoadResult } from './client.ts';
import { allowedCores, place, type Placement } from './cores.ts';
import { LoopReports, type LoopFigures } from './loops.ts';
import { hasProc, readMachine, readTree, type MachineUsage, type Usage } from './proc.ts';
import { hasTaskset, startServer, type RunningServer, type ServerCommand } from './server.ts';
import { executing } from './statistics.ts';

/** More than this many cores' worth of others' work on the machine disturbs a run. */
export const DISTURBED_CORES = 0.1;

/** Our clients load from one thread, in its own process. */
const CLIENT_THREADS = 1;

export interface Used {
  readonly userMs: number;
  readonly systemMs: number;
  readonly switches: number;
  /** At the end of the window. */
  readonly residentBytes: number;
  readonly residentBytesBefore: number;
}

/** What a server of ours prints as it ends: the shape of `server.stats()`. */
export interface WorkerCounts {
  readonly id: number;
  readonly pid: number;
  readonly accepted: number;
  readonly messages: number;
}

/** Messages of each worker that executes, in the words of reports. */
export function workOf(workers: readonly WorkerCounts[]): number[] {
  return executing(workers).map(({ messages }) => messages);
}

export interface Trial {
  readonly seconds: number;
  readonly result: LoadResult;
  /** Undefined where there is no /proc. */
  readonly server?: Used;
  readonly client?: Used;
  /** Work of others on the machine meanwhile, in cores. */
  readonly foreignCores: number;
  readonly stealCores: number;
  readonly workers: readonly WorkerCounts[];
  /** The first that its log has of a handler that threw, or of whatever else went wrong: 'Error: no database'. */
  readonly firstError?: string;
  /** Missing where the server does not say. */
  readonly loops?: readonly LoopFigures[];
  /** Missing where nothing was pinned. */
  readonly placement?: Placement;
}

export interface TrialPlan {
  /** Absent: the client measures something of its own. */
  readonly server?: ServerCommand;
  readonly client: ClientCommand;
  /** Ends it early: it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A point in time, as far as /proc knows it. */
interface Snapshot {
  readonly at: number;
  readonly server?: Usage;
  readonly client: Usage;
  readonly own: Usage;
  readonly machine: MachineUsage;
}

/** Server and client are pinned apart where there are cores for all their loops; else nothing is pinned. */
export async function runTrial({ server, client, signal }: TrialPlan): Promise<Trial> {
  signal?.throwIfAborted();
  const cores = server && place(server.loops ?? 1, CLIENT_THREADS, allowedCores());
  const reports = server?.probed === true ? new LoopReports() : undefined;
  let running: RunningServer | undefined;
  const window = { fromMs: Infinity, toMs: -Infinity };
  let loops: readonly LoopFigures[] = [];
  let before: Snapshot | undefined;
  let after: Snapshot | undefined;
  let result: LoadResult;
  let said = '';
  try {
    if (server !== undefined) {
      running = await startServer(
        { ...server, env: { ...server.env, ...reports?.env } },
        cores?.server,
      );
    }
    result = await runClient(
      client,
      running ?? { host: '', port: 0 },
      {
        begin: (pid) => {
          before = snapshot(running?.pid, pid);
          window.fromMs = Date.now();
        },
        end: (pid) => {
          after = snapshot(running?.pid, pid);
          window.toMs = Date.now();
        },
      },
      { ...(cores && { cores: cores.client }), ...(signal && { signal }) },
    );
  } finally {
    said = (await running?.stop()) ?? '';
    loops = reports?.read(window) ?? [];
    reports?.remove();
  }
  const firstError = parseFirstError(said);
  return {
    result,
    ...between(before, after),
    workers: parseStats(said),
    ...(firstError !== undefined && { firstError }),
    ...(loops.length > 0 && { loops }),
    ...(cores && hasTaskset && { placement: cores }),
  };
}

function snapshot(server: number | undefined, client: number): Snapshot | undefined {
  if (!hasProc) return undefined;
  return {
    at: performance.now(),
    ...(server === undefined ? {} : { server: readTree(server) }),
    client: readTree(client),
    own: ownUsage(),
    machine: readMachine(),
  };
}

/** This process alone: server and client are its children. */
function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    userMs: user / 1000,
    systemMs: system / 1000,
    residentBytes: 0,
    switches: 0,
    processes: 1,
  };
}

type Measured = Omit<Trial, 'result' | 'workers' | 'placement' | 'loops' | 'firstError'>;

/** Exported for its test. */
export function between(before: Snapshot | undefined, after: Snapshot | undefined): Measured {
  if (before === undefined || after === undefined) {
    return { seconds: 0, foreignCores: 0, stealCores: 0 };
  }
  const seconds = (after.at - before.at) / 1000;
  const server = before.server && after.server ? used(before.server, after.server) : undefined;
  const client = used(before.client, after.client);
  const own = used(before.own, after.own);
  const busyMs = after.machine.busyMs - before.machine.busyMs;
  const foreignMs = [server, client, own].reduce((left, by) => left - cpuMs(by), busyMs);
  return {
    seconds,
    ...(server === undefined ? {} : { server }),
    client,
    foreignCores: Math.max(0, foreignMs) / 1000 / seconds,
    stealCores: (after.machine.stealMs - before.machine.stealMs) / 1000 / seconds,
  };
}

export function cpuMs(used: Used | undefined): number {
  return used === undefined ? 0 : used.userMs + used.systemMs;
}

function used(before: Usage, after: Usage): Used {
  return {
    userMs: after.userMs - before.userMs,
    systemMs: after.systemMs - before.systemMs,
    switches: after.switches - before.switches,
    residentBytes: after.residentBytes,
    residentBytesBefore: before.residentBytes,
  };
}

/** The workers' counts in a server's log: the last line of JSON that has `stats`. Exported for its test. */
export function parseStats(log: string): readonly WorkerCounts[] {
  for (const line of log.trim().split('\n').toReversed()) {
    if (!line.startsWith('{') || !line.includes('"stats"')) continue;
    try {
      const { stats } = JSON.parse(line) as { stats?: { workers?: readonly WorkerCounts[] } };
      if (stats?.workers !== undefined) return stats.workers;
    } catch {
      continue;
    }
  }
  return [];
}

/** Of a server's log: of the first line of JSON that tells of an error, what it was. Exported for its test. */
export function parseFirstError(log: string): string | undefined {
  for (const line of log.split('\n')) {
    if (!line.startsWith('{') || !line.includes('"err"')) continue;
    try {
      const { err } = JSON.parse(line) as { err?: { type?: string; message?: string } };
      if (err?.message !== undefined) return `${err.type ?? 'Error'}: ${err.message}`;
    } catch {
      continue; // cut where the middle of the log was left out
    }
  }
  return undefined;
}
