/** Thresholds of a result that can stand in the latency figure: `p99<5ms`. Pure. */
import { tidy } from '../svg/scale.ts';
import type { Run } from './runs.ts';

export interface Goal {
  readonly text: string;
  readonly share: number;
  readonly us: number;
  readonly passed: boolean;
}

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 };

/** Of `p99<5ms`, of the response: its place. Undefined for any other. */
export function goalPlace(text: string): Pick<Goal, 'share' | 'us'> | undefined {
  const match = /^(?:response\.)?p(50|90|95|99|99\.9|999)<=?(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text);
  if (match === null) return undefined;
  const [, percentile, number, unit] = match;
  const share = percentile === '999' ? 0.999 : tidy(Number(percentile) / 100);
  return { share, us: Number(number) * UNITS[unit] };
}

/** Each once; not kept, where one run did not keep it. */
export function goalsOf(runs: readonly Run[]): Goal[] {
  const goals = new Map<string, Goal>();
  for (const { passed, threshold } of runs.flatMap(({ result }) => result.thresholds)) {
    const place = goalPlace(threshold);
    if (place === undefined || place.us <= 0) continue;
    const before = goals.get(threshold)?.passed ?? true;
    goals.set(threshold, { text: threshold, ...place, passed: before && passed });
  }
  return [...goals.values()];
}
