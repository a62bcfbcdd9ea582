/** How to start the load: our own generator, in a process of its own. */
import type { LoadPlan } from 'patterns-runtime/load';
import { compile } from './baselines/compile.ts';
import type { ClientCommand } from './measure/client.ts';
import { nodeArgs, programOf } from './servers.ts';

const START_AND_END_MS = 30_000;
const IDLE_MS = 120_000;

export interface Load {
  readonly protocol: string;
  readonly connections: number;
  /** Content of a message, without its framing. Default: the load generator's. */
  readonly bytes?: number;
  /** Messages in flight on each connection. Default 1. */
  readonly pipeline?: number;
  /** Messages a second on a schedule, from all connections: open loop. Absent: closed loop. */
  readonly rateHz?: number;
  /** Every connection sends one message, waits for its answer and makes place for another. */
  readonly churn?: true;
  /** HTTP and WebSocket: what is asked for. Default '/'. */
  readonly path?: string;
  /** Whatever else a load can be told; it wins over the above. */
  readonly more?: Readonly<Partial<LoadPlan>>;
  /** Goes on at the same time from a process of its own, and is not measured: a bench program with its arguments. */
  readonly beside?: { readonly program: string; readonly args: readonly (string | number)[] };
}

export interface Timing {
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** 'auto': until rate and median are steady and every connection is served. */
export type LoadTiming = Omit<Timing, 'warmUpMs'> & { readonly warmUpMs: number | 'auto' };

/** The load generator gives an 'auto' warm-up up after so long. */
const MOST_WARM_UP_MS = 30_000;

export type ClientPlan = Load & LoadTiming;

interface Seconds {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** `timing` in milliseconds, or the speed table's in seconds. */
export function load(plan: Load, timing: LoadTiming | Seconds): ClientCommand {
  const { warmUpMs, durationMs } = milliseconds(timing);
  const whole: ClientPlan = { ...plan, warmUpMs, durationMs };
  const mostMs = warmUpMs === 'auto' ? MOST_WARM_UP_MS : warmUpMs;
  return programClient(programOf('load-client'), whole, mostMs + durationMs);
}

/** A client written in TypeScript, told HOST PORT PLAN, where PLAN is JSON. `takesMs`: with what it measures. */
export function programClient(path: string, plan: unknown, takesMs: number): ClientCommand {
  const text = JSON.stringify(plan);
  return {
    command: process.execPath,
    args: ({ host, port }) => [...nodeArgs, path, host, String(port), text],
    limitMs: takesMs + START_AND_END_MS,
  };
}

/** Connections that say one thing and then keep silent. */
export function idleClient(connections: number): ClientCommand {
  return programClient(programOf('idle-client'), connections, IDLE_MS);
}

/** A client in C: lines, closed loop, one message in flight on each connection. Needs a compiler. */
export function leanClient(
  { connections, bytes }: { readonly connections: number; readonly bytes: number },
  timing: Timing | Seconds,
): ClientCommand {
  const { warmUpMs, durationMs } = milliseconds(timing);
  const plan = [connections, bytes, durationMs, warmUpMs].map(String);
  return {
    command: compile('echo-client'),
    args: ({ port }) => [String(port), ...plan],
    limitMs: warmUpMs + durationMs + START_AND_END_MS,
  };
}

function milliseconds<Given extends LoadTiming>(timing: Given | Seconds): Given | Timing {
  if (!('seconds' in timing)) return timing;
  return { warmUpMs: timing.warmUpSeconds * 1000, durationMs: timing.seconds * 1000 };
}
