/** Runs that never ran: noise, drift and outliers as shared machines have them, from a seed. */
import type { Design } from '../../src/statistics/index.ts';
import type { Random } from '../../src/statistics/random.ts';

export interface Machine {
  /** Standard deviation of a run's logarithm. */
  readonly noise: number;
  /** Of the drift over the whole session, in a straight line, up or down. */
  readonly drift: number;
  /** Of each step of a random walk from run to run. */
  readonly walk: number;
  /** Share of runs that something disturbed, by 15 to 45 %. */
  readonly outliers: number;
}

export const QUIET: Machine = { noise: 0.03, drift: 0, walk: 0, outliers: 0 };

export interface Session {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** `ratio`: how much more B takes than A, in truth. */
export function session(
  random: Random,
  { drift, noise, outliers, walk }: Machine,
  design: Design,
  runs: number,
  ratio = 1,
): Session {
  const sides: Record<'a' | 'b', number[]> = { a: [], b: [] };
  const order = orderOf(random, design, runs);
  const slope = (drift * normal(random)) / order.length;
  let place = 0;
  order.forEach((side, i) => {
    place += walk * normal(random);
    const outlier = random() < outliers ? 0.15 + 0.3 * random() : 0;
    const log = place + slope * i + noise * normal(random) + outlier;
    sides[side].push(20 * Math.exp(log) * (side === 'b' ? ratio : 1));
  });
  return sides;
}

function orderOf(random: Random, design: Design, runs: number): ('a' | 'b')[] {
  if (design === 'sequential') {
    return Array.from({ length: 2 * runs }, (_, i) => (i < runs ? 'a' : 'b'));
  }
  return Array.from({ length: runs }, () => (random() < 0.5 ? ['a', 'b'] : ['b', 'a'])).flat() as (
    | 'a'
    | 'b'
  )[];
}

/** Box and Muller's. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
