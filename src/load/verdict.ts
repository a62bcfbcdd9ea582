/**
 * Whose figures are these? Pure: evidence in, a word and a line out.
 *
 * - NOISY_MACHINE: something else used the CPU. Requests per second of identical runs varied by 46 % for it.
 * - CLIENT_BOUND: the generator was late or had no CPU left: the figures are its own.
 * - SERVER_BOUND: the generator had CPU to spare and was on time: the figures are the server's. Whether they are a limit of
 *   its is another question, which the line answers as far as it can: a schedule that was kept, and a load that thinks,
 *   say nothing of one.
 * - UNCLEAR: both were at their limit, the server or a part of it ended, or the evidence is missing.
 */
import { formatUs } from '../format-us.ts';
import type { LoopName } from './plan.ts';

export const VERDICTS = ['SERVER_BOUND', 'CLIENT_BOUND', 'NOISY_MACHINE', 'UNCLEAR'] as const;
export type VerdictName = (typeof VERDICTS)[number];

/** A share of one core. Below, the scheduler and the interrupts of an idle machine are enough. */
export const NOISE_CORES = 0.15;
export const STEAL_CORES = 0.05;
/** A thread that is busier than that queues its own work. */
export const CLIENT_BUSY_SHARE = 0.9;
/** A client that is less busy had time to spare. */
export const CLIENT_SPARE_SHARE = 0.75;
export const SERVER_BUSY_SHARE = 0.9;
/** Lateness that matters: so much of the response at the same percentile, and more than the pacer's own grain. */
export const LAG_SHARE = 0.1;
export const LAG_LEAST_US = 200;
/** A garbage collection that is so much of the response at p99 is in the tail. */
const GC_SHARE = 0.5;

export interface Evidence {
  readonly loop: LoopName;
  /** Closed loop, else 0. */
  readonly thinkMs: number;
  readonly answered: number;
  /** Of the busiest load thread, idle spins left out; NaN where the platform does not say. */
  readonly clientBusyShare: number;
  /** Open loop, else undefined. */
  readonly lagP99Us: number | undefined;
  readonly responseP99Us: number;
  readonly gcMs: number;
  readonly gcLongestMs: number;
  /** Requests that failed for want of ports, descriptors or memory here. */
  readonly localFailures: number;
  /** Undefined where the machine does not say. */
  readonly foreignCores: number | undefined;
  readonly stealCores: number | undefined;
  /** Before the end; null where it was there. */
  readonly serverGoneMs: number | null;
  /** One of its processes, or all: what they used is not known, and so not what the rest of the machine used. */
  readonly serverEnded: boolean;
  /** Undefined where the server is elsewhere, or has ended. */
  readonly serverCores: number | undefined;
  readonly serverBusiestThreadShare: number | undefined;
  /** Open loop: due, and never sent. */
  readonly unsent: number;
  readonly durationMs: number;
}

export function judge(evidence: Evidence): { name: VerdictName; evidence: string } {
  const { name, reason } = decide(evidence);
  return { name, evidence: `${reason}: ${describe(evidence)}` };
}

function decide(e: Evidence): { name: VerdictName; reason: string } {
  if (e.answered === 0) return { name: 'UNCLEAR', reason: 'nothing was answered' };
  if (e.serverGoneMs !== null)
    return {
      name: 'UNCLEAR',
      reason: `the server went away ${formatUs(e.serverGoneMs * 1000)} before the end`,
    };
  if (e.serverEnded) return { name: 'UNCLEAR', reason: 'a process of the server ended meanwhile' };
  if (e.stealCores !== undefined && e.stealCores > STEAL_CORES) {
    return { name: 'NOISY_MACHINE', reason: "the hypervisor gave this machine's time to others" };
  }
  if (e.foreignCores !== undefined && e.foreignCores > NOISE_CORES) {
    return { name: 'NOISY_MACHINE', reason: 'something else on this machine was at work' };
  }
  if (e.localFailures > 0) {
    return { name: 'CLIENT_BOUND', reason: 'the client ran out of ports, descriptors or memory' };
  }
  const late = isLate(e);
  const serverFull = (e.serverBusiestThreadShare ?? 0) >= SERVER_BUSY_SHARE;
  if (e.clientBusyShare >= CLIENT_BUSY_SHARE) {
    return serverFull
      ? { name: 'UNCLEAR', reason: 'client and server were both at their limit' }
      : { name: 'CLIENT_BOUND', reason: 'the client had no CPU left' };
  }
  if (late) return { name: 'CLIENT_BOUND', reason: 'the client sent late' };
  if (e.gcLongestMs * 1000 > e.responseP99Us * GC_SHARE && gcShare(e) > 0.01) {
    return { name: 'CLIENT_BOUND', reason: "the client's garbage collector is in the tail" };
  }
  if (Number.isNaN(e.clientBusyShare))
    return { name: 'UNCLEAR', reason: 'this platform does not say how busy the client was' };
  if (serverFull)
    return { name: 'SERVER_BOUND', reason: 'the server was at its limit and the client was not' };
  if (e.clientBusyShare <= CLIENT_SPARE_SHARE) {
    return { name: 'SERVER_BOUND', reason: spareReason(e) };
  }
  return {
    name: 'UNCLEAR',
    reason: 'the client was nearly at its limit, and the server is not known to have been',
  };
}

/** The client had time to spare, and the server's CPU, where it is known, was not full. */
function spareReason({ loop, serverBusiestThreadShare, thinkMs, unsent }: Evidence): string {
  if (loop === 'push') return "the client had time to spare: the delivery times are the server's";
  if (loop !== 'closed') {
    return unsent === 0
      ? "the schedule was kept with time to spare: the latencies are the server's, and no limit was met"
      : 'the client had time to spare, and the server did not keep up with the schedule';
  }
  if (thinkMs > 0)
    return "the load thinks between requests: the latencies are the server's, the rate is the load's";
  return serverBusiestThreadShare === undefined
    ? 'the client had time to spare and waited for the server'
    : 'the client waited for the server, whose CPU was not full: more connections may bring more';
}

function isLate({ lagP99Us, responseP99Us }: Evidence): boolean {
  return lagP99Us !== undefined && lagP99Us > LAG_LEAST_US && lagP99Us > responseP99Us * LAG_SHARE;
}

function gcShare({ durationMs, gcMs }: Evidence): number {
  return durationMs === 0 ? 0 : gcMs / durationMs;
}

function describe(e: Evidence): string {
  const parts = [
    Number.isNaN(e.clientBusyShare) ? undefined : `client ${percent(e.clientBusyShare)} busy`,
    e.lagP99Us === undefined ? undefined : `schedule lag p99 ${formatUs(e.lagP99Us)}`,
    `its garbage collector ${e.gcMs.toFixed(1)} ms, at most ${e.gcLongestMs.toFixed(1)} ms at once`,
    e.serverCores === undefined
      ? e.serverEnded
        ? "the server's CPU went with its process"
        : 'server not on this machine or not to be seen'
      : `server ${e.serverCores.toFixed(2)} cores, its busiest thread ${percent(e.serverBusiestThreadShare ?? 0)}`,
    e.foreignCores === undefined ? undefined : `everything else ${e.foreignCores.toFixed(2)} cores`,
    e.stealCores !== undefined && e.stealCores > 0.005
      ? `steal ${e.stealCores.toFixed(2)} cores`
      : undefined,
    e.unsent > 0 ? `${e.unsent} requests due were never sent: no connection was free` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
