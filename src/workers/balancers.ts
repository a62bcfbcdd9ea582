/**
 * Who gets the next connection. Pure: a balancer sees how many connections each candidate has open, the peer's address
 * and a source of randomness, and picks an index.
 */
import type { BalancerName } from '../options.ts';

export interface Candidate {
  /** Stays the same over restarts. */
  readonly id: number;
  /** Connections open or on their way. */
  readonly open: number;
}

/** Picks from a list that is never empty. `address`: the peer's IP address, '' on a Unix socket. */
export type Balancer = (candidates: readonly Candidate[], address: string) => number;

/** `random`: numbers in [0, 1). */
export function makeBalancer(name: BalancerName, random: () => number): Balancer {
  return balancers[name](random);
}

const balancers: Record<BalancerName, (random: () => number) => Balancer> = {
  'round-robin': () => {
    let last = 0;
    // By id and not by index, so that a worker that leaves or returns does not shift the turn.
    return (candidates) => {
      let at = candidates.findIndex((candidate) => candidate.id > last);
      if (at < 0) at = 0;
      last = candidates[at].id;
      return at;
    };
  },
  'least-connections': () => leastOpen,
  'power-of-two': (random) => (candidates) => {
    // Mitzenmacher 2001: the less loaded of two random ones.
    const first = Math.floor(random() * candidates.length);
    const second = Math.floor(random() * candidates.length);
    return candidates[second].open < candidates[first].open ? second : first;
  },
  random: (random) => (candidates) => Math.floor(random() * candidates.length),
  'source-hash': () => (candidates, address) => {
    // Rendezvous hashing: a worker that leaves moves only its own peers.
    let best = 0;
    let most = -1;
    for (let i = 0; i < candidates.length; i += 1) {
      const weight = hash(`${candidates[i].id} ${address}`);
      if (weight > most) {
        most = weight;
        best = i;
      }
    }
    return best;
  },
};

function leastOpen(candidates: readonly Candidate[]): number {
  let best = 0;
  for (let i = 1; i < candidates.length; i += 1) {
    if (candidates[i].open < candidates[best].open) best = i;
  }
  return best;
}

/** FNV-1a, 32 bits, with a final mix so that near inputs land far apart. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
