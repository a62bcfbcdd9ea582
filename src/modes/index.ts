/** The table of modes. A new one is a file and a line here; help, types, tests and docs derive from it. */
import { mode as blocking } from './blocking.ts';
import { mode as dispatched } from './dispatched.ts';
import type { Capability, Mode } from './mode.ts';
import { CAPABILITIES } from './mode.ts';
import { mode as native } from './native.ts';
import { mode as pooled } from './pooled.ts';
import { mode as shared } from './shared.ts';
import { mode as sharded } from './sharded.ts';
import { canReusePort } from './shared-parts.ts';
import { mode as single } from './single.ts';
import { probeInternals, type Internals } from '../net/handles.ts';
import { canMoveSockets } from '../workers/thread.ts';

export const modes = {
  single,
  pooled,
  dispatched,
  shared,
  sharded,
  blocking,
  native,
} as const satisfies Record<string, Mode>;
export type ModeName = keyof typeof modes;
export const modeNames = Object.keys(modes) as ModeName[];

/** Each mode's module, for its worker half. */
export function modeUrl(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./${name}${extension}`, import.meta.url).href;
}

/** For each capability, the modes that have it, and all of `needs`. */
export function modesWith(needs: readonly Capability[] = []): Record<Capability, string[]> {
  const able = modeNames.filter((name) =>
    needs.every((need) => modes[name].capabilities.includes(need)),
  );
  const table = {} as Record<Capability, string[]>;
  for (const capability of Object.keys(CAPABILITIES) as Capability[]) {
    table[capability] = able.filter((name) => modes[name].capabilities.includes(capability));
  }
  return table;
}

/** What this Node and kernel can do, tried: what the modes' own `unavailable()` ask. */
export interface Machine extends Internals {
  readonly reusePort: boolean;
  /** Sockets can be sent to another thread. */
  readonly movableSockets: boolean;
}

export async function probeMachine(): Promise<Machine> {
  const [reusePort, movableSockets, internals] = await Promise.all([
    canReusePort(),
    canMoveSockets(),
    probeInternals(),
  ]);
  return { reusePort, movableSockets, ...internals };
}
