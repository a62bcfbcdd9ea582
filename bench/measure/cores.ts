/**
 * Which cores server and client get. They are pinned apart only where there are cores for every loop of the server and
 * every thread of the client: pinned on two cores, a server of two workers measured 0.97 × one worker; left free, 1.87 ×.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export interface Placement {
  readonly server: readonly number[];
  readonly client: readonly number[];
}

/** Undefined: there are too few, so both run free. The client gets what the server does not need. */
export function place(
  serverLoops: number,
  clientThreads: number,
  cores: readonly number[],
): Placement | undefined {
  if (serverLoops + clientThreads > cores.length) return undefined;
  return { server: cores.slice(0, serverLoops), client: cores.slice(serverLoops) };
}

/** '0-2,5' → [0, 1, 2, 5]. */
export function parseCores(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [from, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

/** The cores that this process may use. */
export function allowedCores(): readonly number[] {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    return parseCores(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)![1]);
  } catch {
    return Array.from({ length: availableParallelism() }, (_, core) => core);
  }
}
