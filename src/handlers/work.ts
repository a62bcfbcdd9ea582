/**
 * CPU time to order. Native work, since a JavaScript busy loop costs two to four times more or less as the JIT likes:
 * one round of PBKDF2 with SHA-256 is two compressions, about half a microsecond.
 */
import { pbkdf2Sync } from 'node:crypto';

const PASSWORD = Buffer.from('patterns');
const SALT = Buffer.alloc(16);
const PROBE_ROUNDS = 4000;
const PROBES = 15;

/** Works for `rounds` rounds; 0 does nothing. */
export function spend(rounds: number): void {
  if (rounds > 0) pbkdf2Sync(PASSWORD, SALT, rounds, 32, 'sha256');
}

/** How many rounds take `us` microseconds of CPU here. Measured once per server, and passed to its workers. */
export function calibrate(us: number): number {
  if (us === 0) return 0;
  const fixed = fastest(1);
  const perRound = (fastest(PROBE_ROUNDS) - fixed) / (PROBE_ROUNDS - 1);
  return Math.max(1, Math.round((us - fixed) / perRound));
}

/** The least of several runs: a neighbour can only make it slower. */
function fastest(rounds: number): number {
  let least = Infinity;
  for (let i = 0; i < PROBES; i += 1) {
    const start = performance.now();
    spend(rounds);
    least = Math.min(least, (performance.now() - start) * 1000);
  }
  return least;
}
