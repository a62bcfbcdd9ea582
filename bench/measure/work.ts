/** How much work a microsecond is: measured once, and the same for every server that is compared. */
import { pbkdf2Sync } from 'node:crypto';

const PROBE_ROUNDS = 4000;
const PROBES = 25;

/** So many rounds of bench/handlers/fixed-work.ts. The fastest of several probes: a neighbour only makes them slower. */
export function roundsFor(us: number): number {
  let least = Infinity;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const start = performance.now();
    pbkdf2Sync('patterns', Buffer.alloc(16), PROBE_ROUNDS, 32, 'sha256');
    least = Math.min(least, (performance.now() - start) * 1000);
  }
  return Math.max(1, Math.round((us / least) * PROBE_ROUNDS));
}
