/** Several runs held against each other in a sentence. Pure. Refused where a figure is not surely the server's. */
import { delivers, LOOPS, offerOf } from '../loops.ts';
import { groupsOf, type Run } from './runs.ts';
import { LEAST_RUNS, median, medianInterval } from './statistics.ts';
import { KEPT_SHARE } from './sweep.ts';
import { list, rate, us } from './words.ts';

/** A sentence over all of them, where they can be held against each other. */
export function compare(runs: readonly Run[]): string {
  const doubtful = runs.filter(
    ({ result }) =>
      result.verdict.name !== 'SERVER_BOUND' || result.interrupted || result.answered === 0,
  );
  if (doubtful.length > 0) {
    const reasons = Map.groupBy(doubtful, ({ result }) =>
      result.answered === 0
        ? `nothing ${LOOPS[result.loop].answered}`
        : result.interrupted
          ? 'ended early'
          : result.verdict.name,
    );
    const each = [...reasons].map(([reason, members]) =>
      members.length === runs.length
        ? `all ${reason}`
        : `${reason}: ${list(
            members.map(({ name }) => name),
            3,
          )}`,
    );
    const which =
      doubtful.length === runs.length
        ? `none of the ${runs.length} runs surely shows`
        : `${doubtful.length} of ${runs.length} runs ${doubtful.length === 1 ? 'does' : 'do'} not surely show`;
    return `No ranking: ${which} what the server can do (${each.join('; ')}).`;
  }
  if (groupsOf(runs).length === 1) return sayRepeats(runs);
  const { loop } = runs[0].result;
  if (runs.some(({ result }) => result.loop !== loop)) {
    return 'They measure different things (open loop, closed loop, what is published): read them one by one.';
  }
  if (delivers(loop)) return compareDeliveries(runs);
  return loop === 'open' ? compareOpen(runs) : compareClosed(runs);
}

/** Of the same thing again and again. */
function sayRepeats(runs: readonly Run[]): string {
  const say = (figure: (run: Run) => number, words: (value: number) => string): string => {
    const values = runs.map(figure);
    const interval = medianInterval(values);
    const range =
      interval === undefined ? '' : ` (95\u00A0% interval ${interval.map(words).join(' to ')})`;
    return `${words(median(values))}${range}`;
  };
  const rates = say(({ result }) => result.ratePerSecond, rate);
  const tails = say(({ latency }) => latency.p99Us, us);
  const { answered, unit } = LOOPS[runs[0].result.loop];
  return `The median of ${runs.length} runs: ${rates} ${answered}, with 99% of ${unit}s within ${tails}.`;
}

function compareOpen(runs: readonly Run[]): string {
  const offered = new Set(runs.map(({ result }) => offerOf(result)));
  const reached = runs.filter(
    ({ result }) => result.answered >= (result.scheduled ?? 0) * KEPT_SHARE,
  );
  if (offered.size > 1) {
    if (reached.length === 0) return 'None of the rates was reached.';
    const best = reached.toSorted((a, b) => b.result.ratePerSecond - a.result.ratePerSecond)[0];
    return `The highest rate that was reached: ${rate(best.result.ratePerSecond)} (${best.name}), with 99% of answers within ${us(best.latency.p99Us)}.`;
  }
  const say = ({ name, middle, runs }: Side): string =>
    `${name} (${us(middle)}${runs > 1 ? `, median of ${runs} runs` : ''})`;
  const [first, last] = sidesOf(runs, ({ latency }) => latency.p99Us);
  return `At the same rate, p99 was least with ${say(first)} and most with ${say(last)}.${doubtOf(first, last)}`;
}

function compareDeliveries(runs: readonly Run[]): string {
  if (runs.some(({ latency }) => latency.count === 0))
    return 'Not all say when their events left: how soon they arrive cannot be compared.';
  const say = ({ name, middle, runs: times }: Side): string =>
    `${name} (${us(middle)}${times > 1 ? `, median of ${times} runs` : ''})`;
  const { unit } = LOOPS[runs[0].result.loop];
  const [first, last] = sidesOf(runs, ({ latency }) => latency.p99Us);
  const missed = runs.filter(({ result }) => result.failedTotal > 0).map(({ name }) => name);
  const holes = missed.length === 0 ? '' : ` Some ${unit}s were missed by ${list(missed, 3)}.`;
  return `99% of ${unit}s arrived soonest with ${say(first)} and latest with ${say(last)}.${doubtOf(first, last)}${holes}`;
}

function compareClosed(runs: readonly Run[]): string {
  const say = ({ name, middle, runs }: Side): string =>
    `${name} (${rate(middle)}${runs > 1 ? `, median of ${runs} runs` : ''})`;
  const [last, first] = sidesOf(runs, ({ result }) => result.ratePerSecond);
  return `Most was answered by ${say(first)}, least by ${say(last)}.${doubtOf(first, last)}`;
}

/** Repeated runs, or one, by their median. */
interface Side {
  readonly name: string;
  readonly runs: number;
  readonly middle: number;
  readonly interval: readonly [number, number] | undefined;
}

/** The side with the least, and that with the most. */
function sidesOf(runs: readonly Run[], figure: (run: Run) => number): [Side, Side] {
  const sides = groupsOf(runs).map((group): Side => {
    const values = group.runs.map(figure);
    return {
      name: group.name,
      runs: values.length,
      middle: median(values),
      interval: medianInterval(values),
    };
  });
  const sorted = sides.toSorted((a, b) => a.middle - b.middle);
  return [sorted[0], sorted.at(-1)!];
}

function doubtOf(a: Side, b: Side): string {
  if (a.interval === undefined || b.interval === undefined) {
    return ` Fewer than ${LEAST_RUNS} runs of each: how much of it is chance is not known.`;
  }
  const apart = a.interval[1] < b.interval[0] || b.interval[1] < a.interval[0];
  return apart
    ? ' Their 95\u00A0% intervals lie apart.'
    : ' Their 95\u00A0% intervals overlap: no difference is shown.';
}
