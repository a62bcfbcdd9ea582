/** The servers that questions ask about: our modes, by unit. */
import { availableParallelism } from 'node:os';
import type { LoadTiming } from '../load.ts';
import type { ServerCommand } from '../measure/server.ts';
import type { BenchPlan } from '../result.ts';
import { ours, type OurOptions } from '../servers.ts';

export interface ModeAndUnit {
  readonly mode: string;
  readonly unit?: string;
}

/** Every mode of ours, by each of its units. */
export const ALL: readonly ModeAndUnit[] = [
  { mode: 'single' },
  { mode: 'pooled', unit: 'thread' },
  { mode: 'pooled', unit: 'process' },
  { mode: 'dispatched', unit: 'thread' },
  { mode: 'shared', unit: 'process' },
  { mode: 'sharded', unit: 'thread' },
  { mode: 'sharded', unit: 'process' },
  { mode: 'blocking' },
  { mode: 'native', unit: 'process' },
];

/** Modes for one protocol alone: elsewhere they are left out, unless they are asked for. */
const ONLY_FOR: Readonly<Record<string, string>> = { native: 'http' };

/** One of each kind: for questions where units make no difference worth their time. */
export const FEW: readonly ModeAndUnit[] = [
  { mode: 'single' },
  { mode: 'dispatched', unit: 'thread' },
  { mode: 'sharded', unit: 'process' },
];

/** Those of `from` that the plan wants. */
export function wanted(
  { modes, protocol }: BenchPlan,
  from: readonly ModeAndUnit[],
): readonly ModeAndUnit[] {
  if (modes === null) {
    return from.filter(({ mode }) => (ONLY_FOR[mode] ?? protocol) === protocol);
  }
  return ALL.filter(
    ({ mode, unit }) =>
      modes.includes(mode) || (unit !== undefined && modes.includes(`${mode}:${unit}`)),
  );
}

/** `mode` and `unit`, as columns. */
export function facetsOf({ mode, unit = '' }: ModeAndUnit): Record<string, string> {
  return { mode, unit };
}

/**
 * A server of ours, not pinned where it stands beside others with more loops: then all meet the same cores. `connections`:
 * `blocking` serves as many clients as it has threads.
 */
export function modeServer(
  plan: BenchPlan,
  { mode, unit }: ModeAndUnit,
  options: Omit<OurOptions, 'mode' | 'unit' | 'workers'>,
  connections: number,
): ServerCommand {
  const loops = plan.workers ?? availableParallelism();
  const workers = workersOf(plan, mode, connections);
  const server = ours({
    probed: true,
    ...options,
    mode,
    ...(unit && { unit }),
    ...(workers && { workers }),
  });
  return { ...server, loops: mode === 'dispatched' ? loops + 1 : loops };
}

/** What starting one thread takes of a warm-up: 11 ms of CPU on Node 26, 27 on 22, on cores that are not idle. */
const THREAD_START_MS = 40;

/**
 * `blocking` starts a thread for each connection that comes, while those that have one load the same cores: in a closed
 * loop 64 took from 2 to 12 s, and it is warm when it is, not after a time. On a schedule its warm-up is longer.
 */
export function timingOf(
  { durationMs, warmUpMs }: BenchPlan,
  { mode }: ModeAndUnit,
  { connections, rateHz }: { readonly connections: number; readonly rateHz?: number | undefined },
): LoadTiming {
  if (mode !== 'blocking') return { durationMs, warmUpMs };
  if (rateHz === undefined) return { durationMs, warmUpMs: 'auto' };
  return { durationMs, warmUpMs: warmUpMs + connections * THREAD_START_MS };
}

function workersOf({ workers }: BenchPlan, mode: string, connections: number): number | undefined {
  if (mode === 'single') return undefined;
  if (mode === 'blocking') return Math.max(workers ?? 0, connections);
  return workers ?? undefined;
}

/** Arms of one question all get the cores that the hungriest of them needs. */
export function sameCores<T extends { readonly server: ServerCommand }>(arms: readonly T[]): T[] {
  const loops = Math.max(...arms.map(({ server }) => server.loops ?? 1));
  return arms.map((arm) => ({ ...arm, server: { ...arm.server, loops } }));
}
