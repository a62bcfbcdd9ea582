/** How many files, and so connections, a process may open here. */
import { execFileSync } from 'node:child_process';

/** Of what a process opens besides its connections. */
const SPARE_DESCRIPTORS = 200;

let known: number | undefined;

/** Node raises its own soft limit to the hard one. */
export function mostConnections(): number {
  known ??= readLimit() - SPARE_DESCRIPTORS;
  return known;
}

/** Why so many are too many; undefined where they are not. */
export function tooFewFiles(connections: number): string | undefined {
  if (mostConnections() >= connections) return undefined;
  const limit = mostConnections() + SPARE_DESCRIPTORS;
  return `A process may open ${limit} files here; this needs ${connections + SPARE_DESCRIPTORS}.`;
}

function readLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Infinity : Number(limit);
}
