/**
 * Every way of running a handler, from the table of modes: a new mode is picked up by itself. What a mode cannot do is
 * skipped with the reason that the mode itself gives.
 */
import type { Test } from 'tap';
import { CAPABILITIES, type Capability, type Mode } from '../../../src/modes/mode.ts';
import { modeNames, modes, type ModeName } from '../../../src/modes/index.ts';
import type { Address } from '../../../src/net/listener.ts';
import type { UnitName } from '../../../src/options.ts';
import { serve, type Server, type ServeOptions } from '../../../src/serve.ts';
import { host, skip as noPair } from '../../native/support.ts';

export type ReadPath = 'fast' | 'fallback';

export interface Combo {
  readonly mode: ModeName;
  readonly unit: UnitName | undefined;
  readonly readPath: ReadPath;
  readonly definition: Mode;
  /** Mode `native` on a Node that its binary is not for: its server is in a process of its own, on one that it is for. */
  readonly elsewhere?: boolean;
}

export interface Choice {
  /** Skips the modes that lack one. */
  readonly needs?: readonly Capability[];
  /** The handlers speak http, so that modes for nothing else take part. Default false: raw protocols. */
  readonly http?: boolean;
  /** Default: 'fast' alone. */
  readonly readPaths?: readonly ReadPath[];
  /** What is listened on, where that matters to a mode. */
  readonly target?: Address;
  /** A reason to skip, or undefined. */
  readonly unless?: (combo: Combo) => string | undefined;
  /** How many combinations run at once. Default 2. */
  readonly jobs?: number;
}

/** Workers of every server: enough for messages to go astray. */
export const WORKERS = 2;

/** One mode alone, while looking for a fault: `MODE=blocking node … file`. */
const ASKED = process.env.MODE;

/** Runs `test` once for each mode, unit and read path. */
export async function forEveryMode(
  t: Test,
  choice: Choice,
  test: (t: Test, combo: Combo) => Promise<unknown>,
): Promise<void> {
  t.jobs = choice.jobs ?? 2;
  for (const mode of modeNames.filter((name) => ASKED === undefined || ASKED === name)) {
    const definition: Mode = modes[mode];
    const units = definition.units.length === 0 ? [undefined] : definition.units;
    for (const unit of units) {
      const away = await definition.unavailable?.(unit, choice.target);
      const elsewhere = mode === 'native' && away !== undefined && noPair === false;
      for (const readPath of choice.readPaths ?? (['fast'] as const)) {
        if (readPath === 'fallback' && !readsHere(definition)) continue;
        const combo: Combo = { mode, unit, readPath, definition, elsewhere };
        const skip =
          lacking(definition, needsOf(choice)) ??
          (elsewhere ? undefined : away) ??
          choice.unless?.(combo) ??
          false;
        void t.test(nameOf(combo), { skip, buffered: true }, (t) => test(t, combo));
      }
    }
  }
}

export function nameOf({ mode, unit, readPath }: Combo): string {
  return [mode, unit, readPath === 'fast' ? undefined : readPath].filter(Boolean).join(' ');
}

/** It reads with our own loops, so that there is a choice of how. */
function readsHere(mode: Mode): boolean {
  return mode.capabilities.includes('raw-protocol');
}

function needsOf({ needs = [], http = false }: Choice): readonly Capability[] {
  return http ? needs : ['raw-protocol', ...needs];
}

function lacking(mode: Mode, needs: readonly Capability[]): string | undefined {
  const lacks = needs.find((need) => !mode.capabilities.includes(need));
  return lacks === undefined ? undefined : `mode ${mode.name} does not take ${CAPABILITIES[lacks]}`;
}

/** A server of that kind on a free port of 127.0.0.1, closed with the test. */
export async function serveWith(
  t: Test,
  { mode, unit, readPath, definition, elsewhere }: Combo,
  options: Omit<ServeOptions, 'mode' | 'unit' | 'readPath'>,
): Promise<Server> {
  const workers = definition.capabilities.includes('workers') ? { workers: WORKERS } : {};
  if (elsewhere) return host(t, { unit, ...workers, ...options });
  const path = readsHere(definition) ? { readPath } : {};
  const server = await serve({ mode, unit, ...path, ...workers, ...options });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }).catch(() => {}));
  return server;
}

let modules = 0;

/** The module of a handler that tests use. Each time another one: servers in one process share no state. */
export function handlerUrl(name: string, query = ''): URL {
  modules += 1;
  return new URL(`../handlers/${name}.ts${query}#${modules}`, import.meta.url);
}
