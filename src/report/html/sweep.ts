/** Throughput against latency: which points belong together, and where the knee is. Pure. */
import { LOOPS, offerOf } from '../loops.ts';
import { goalPlace } from './goals.ts';
import type { KneeSearch, Run } from './runs.ts';

/** Of what was due, so much must have been answered, or the rate was not reached: as the knee search has it. */
export const KEPT_SHARE = 0.98;

export interface SweepPoint {
  readonly name: string;
  /** Null but in an open loop: the others have no rate of their own. */
  readonly offeredPerSecond: number | null;
  readonly answeredPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Of a knee search: whether the service level was kept. Of a load: whether the rate was reached. */
  readonly met: boolean;
  /** What was not kept, and whose figures they are. */
  readonly says: string;
}

export interface Sweep {
  readonly name: string;
  readonly series: number;
  /** It had a rate to reach. */
  readonly paced: boolean;
  /** 'answered', 'delivered' */
  readonly answered: string;
  /** By the rate, upwards. */
  readonly points: readonly SweepPoint[];
  readonly knee?: {
    readonly perSecond: number;
    readonly missedPerSecond: number | null;
    readonly goalUs: number | undefined;
    readonly slo: string;
  };
}

/** Knee searches, and runs of which at least two differ in what was asked. */
export function sweepsOf(runs: readonly Run[], knees: readonly KneeSearch[]): Sweep[] {
  const atKnees = new Set(knees.map(({ run }) => run));
  const searched = knees
    .filter(({ knee }) => knee.trials.length > 0)
    .map((search, i) => sweepOfKnee(search, i));
  const others = runs.filter((run) => !atKnees.has(run) && run.latency.count > 0);
  const alike = Map.groupBy(others, ({ result }) =>
    JSON.stringify([result.target, result.protocol, result.loop]),
  );
  const swept = [...alike.values()].filter(differ);
  return [...searched, ...swept.map((members, i) => sweepOfRuns(members, searched.length + i))];
}

function differ(runs: readonly Run[]): boolean {
  const asked = runs.map(({ result }) =>
    result.offeredPerSecond === null ? `${result.connections} ${result.depth}` : offerOf(result),
  );
  return new Set(asked).size > 1;
}

function sweepOfKnee({ knee, name }: KneeSearch, series: number): Sweep {
  const goals = knee.slo.flatMap((text) => goalPlace(text)?.us ?? []);
  return {
    name,
    series,
    paced: true,
    answered: LOOPS.open.answered,
    points: sorted(
      knee.trials.map(({ met, missed, p50Us, p99Us, rateHz, ratePerSecond, verdict }) => ({
        name,
        offeredPerSecond: rateHz,
        answeredPerSecond: ratePerSecond,
        p50Us,
        p99Us,
        met,
        says: [...missed, ...(verdict.name === 'SERVER_BOUND' ? [] : [verdict.name])].join('; '),
      })),
    ),
    knee: {
      perSecond: knee.kneePerSecond,
      missedPerSecond: knee.missedPerSecond,
      goalUs: goals.length > 0 ? Math.min(...goals) : undefined,
      slo: knee.slo.join(', '),
    },
  };
}

function sweepOfRuns(runs: readonly Run[], series: number): Sweep {
  const [{ result }] = runs;
  return {
    name: `${result.target}, ${LOOPS[result.loop].name}`,
    series,
    paced: result.loop === 'open',
    answered: LOOPS[result.loop].answered,
    points: sorted(runs.map(pointOfRun)),
  };
}

function pointOfRun({ latency, name, result }: Run): SweepPoint {
  const { answered, failedTotal, offeredPerSecond, scheduled, verdict } = result;
  const met = scheduled === null || (answered + failedTotal) / Math.max(1, scheduled) >= KEPT_SHARE;
  return {
    name,
    offeredPerSecond,
    answeredPerSecond: result.ratePerSecond,
    p50Us: latency.p50Us,
    p99Us: latency.p99Us,
    met,
    says: [
      ...(met ? [] : ['the rate was not reached']),
      ...(verdict.name === 'SERVER_BOUND' ? [] : [verdict.name]),
    ].join('; '),
  };
}

function sorted(points: readonly SweepPoint[]): SweepPoint[] {
  const rate = (point: SweepPoint): number => point.offeredPerSecond ?? point.answeredPerSecond;
  return points.toSorted((a, b) => rate(a) - rate(b) || a.p99Us - b.p99Us);
}
