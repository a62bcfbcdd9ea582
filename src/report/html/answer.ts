/** What was asked, and the answer in a sentence. Pure. A ranking is refused where a figure is not the server's. */
import { groupsOf, type Report, type Run } from './runs.ts';
import type { Knee, Suite } from './schema.ts';
import { least, most } from '../svg/scale.ts';
import { LEAST_RUNS, median, medianInterval } from './statistics.ts';
import { KEPT_SHARE } from './sweep.ts';
import { capital, count, list, percent, plural, rate, seconds, us } from './words.ts';

export interface Answer {
  readonly title: string;
  readonly asked: string;
  readonly answer: string;
}

export function answerOf({ calibrations, knees, runs, suites }: Report): Answer {
  const [knee] = knees;
  const [run] = runs;
  const [suite] = suites;
  const kinds = [runs.length > 0, suites.length > 0, calibrations.length > 0].filter(
    Boolean,
  ).length;
  if (kinds > 1) return mixed(runs.length, suites.length, calibrations.length);
  if (suite !== undefined) return ofSuites(suites);
  if (knees.length === 1 && runs.length <= 1) return ofKnee(knee.knee);
  if (runs.length === 1)
    return { title: run.result.target, asked: asked(run), answer: answered(run) };
  if (runs.length > 1) return ofRuns(runs);
  if (knee !== undefined) return ofKnee(knee.knee);
  return {
    title: 'Calibration',
    asked: 'How far off is the instrument itself?',
    answer: sayCalibration(calibrations),
  };
}

/** How a load was asked for. */
function asked({ result }: Run): string {
  const { connections, depth, durationMs, loop, offeredPerSecond, protocol, threads } = result;
  const over = `${plural(connections, 'connection')}${depth > 1 ? `, up to ${depth} requests on its way on each` : ''}`;
  const from = plural(threads, 'thread');
  return loop === 'open'
    ? `How long do answers take at ${rate(offeredPerSecond ?? 0)}? Sent on a schedule (open loop) for ${seconds(durationMs)}, over ${over}, from ${from}; protocol ${protocol}.`
    : `How much at most over ${over}? A request whenever an answer has come (closed loop), for ${seconds(durationMs)}, from ${from}; protocol ${protocol}.`;
}

/** What became of it. */
export function answered({ latency, result }: Run): string {
  const { failedTotal, loop, ratePerSecond, sent } = result;
  if (result.answered === 0) {
    return `Nothing was answered: ${plural(sent, 'request')} sent, ${count(failedTotal)} failed.`;
  }
  const what = loop === 'open' ? 'took' : 'took, from being sent,';
  const failed =
    failedTotal === 0
      ? ''
      : ` ${capital(plural(failedTotal, 'request'))} failed (${percent(failedTotal / Math.max(1, sent))}).`;
  return `${rate(ratePerSecond)} answered. Half of the answers ${what} at most ${us(latency.p50Us)}, 99% at most ${us(latency.p99Us)}, the slowest ${us(latency.maxUs)}.${failed}`;
}

const LIMITS: Readonly<Record<Knee['limit'], string>> = {
  server: 'a little more missed it',
  client:
    'a little more, and the client was the limit, not the server: give it more threads or cores',
  noise: 'a little more was missed, but the machine was noisy: take it for a lower bound',
  most: 'the highest rate that was to be tried met it',
  least: 'even the lowest rate that was to be tried missed it',
};

function ofKnee({ interrupted, kneePerSecond, limit, slo, target, trials }: Knee): Answer {
  const why = interrupted ? 'the search was ended early' : LIMITS[limit];
  return {
    title: target,
    asked: `What is the highest rate that keeps ${list(slo)}? ${plural(trials.length, 'load')} tried it.`,
    answer:
      kneePerSecond === 0
        ? `None that was tried keeps it: ${why}.`
        : `${rate(kneePerSecond)} is the highest that keeps it: ${why}.`,
  };
}

function ofSuites(suites: Report['suites']): Answer {
  if (suites.length > 1) {
    const title = `${suites.length} suites of the bench`;
    return { title, asked: 'Each asks a question of its own.', answer: sayClaims(suites) };
  }
  const [suite] = suites;
  return { title: suite.question, asked: askedOfSuite(suite), answer: sayClaims(suites) };
}

export function askedOfSuite({ blocks, suite }: Suite): string {
  const runs = Object.values(blocks.runs).map((trials) => trials.length);
  const each = least(runs) === most(runs) ? count(most(runs)) : `${least(runs)} to ${most(runs)}`;
  return `Suite ${suite} of the bench: ${plural(runs.length, 'arm')}, ${each} run${each === '1' ? '' : 's'} each, in blocks that run every arm once, in an order drawn anew.`;
}

/** How the claims of suites fared. */
export function sayClaims(suites: Report['suites']): string {
  const outcomes = suites.flatMap((suite) => suite.outcomes);
  if (outcomes.length === 0) return 'Nothing is claimed: the figures stand for themselves.';
  const measured = outcomes.filter(({ verdict }) => verdict !== 'unmeasured');
  if (measured.length === 0) return 'No claim could be measured here.';
  const held = measured.filter(({ verdict }) => verdict !== 'miss');
  const beyond = held.filter(({ verdict }) => verdict === 'stretch').length;
  const unsure = measured.filter(({ sure }) => !sure).length;
  const goal = beyond === 0 ? '' : `, ${beyond} beyond the stretch goal`;
  const doubt =
    unsure === 0
      ? ''
      : ` ${unsure === 1 ? 'One verdict is' : `${capital(count(unsure))} verdicts are`} not sure: the interval reaches over the limit.`;
  const rest = outcomes.length - measured.length;
  const missing = rest === 0 ? '' : ` ${plural(rest, 'claim')} could not be measured.`;
  return `${held.length} of ${plural(measured.length, 'claim')} ${measured.length === 1 || held.length === 1 ? 'holds' : 'hold'}${goal}.${doubt}${missing}`;
}

function mixed(loads: number, suites: number, calibrations: number): Answer {
  const parts = [
    loads > 0 ? plural(loads, 'load') : '',
    suites > 0 ? plural(suites, 'suite') : '',
    calibrations > 0 ? plural(calibrations, 'calibration') : '',
  ].filter((part) => part !== '');
  return { title: capital(list(parts)), asked: 'Each answers by itself, below.', answer: '' };
}

function ofRuns(runs: readonly Run[]): Answer {
  const targets = [...new Set(runs.map(({ result }) => result.target))];
  const title = `${runs.length} loads of ${targets.length === 1 ? targets[0] : `${targets.length} targets`}`;
  return { title, asked: askedOfRuns(runs), answer: compare(runs) };
}

function askedOfRuns(runs: readonly Run[]): string {
  const open = runs.filter(({ result }) => result.loop === 'open');
  const offered = open.map(({ result }) => result.offeredPerSecond ?? 0);
  const [low, high] = [least(offered), most(offered)];
  const rates = high > low * 1.02 ? `${rate(low)} to ${rate(high)}` : rate(high);
  if (open.length === runs.length)
    return `How long do answers take? All in an open loop, at ${rates}.`;
  const parts = [
    open.length > 0 ? `${open.length} in an open loop, at ${rates}` : '',
    open.length < runs.length
      ? `${runs.length - open.length} in a closed loop, as much as ${runs.length - open.length === 1 ? 'its' : 'their'} connections carry`
      : '',
  ];
  return `${capital(list(parts.filter((part) => part !== '')))}.`;
}

/** A sentence over all of them, where they can be held against each other. */
function compare(runs: readonly Run[]): string {
  const doubtful = runs.filter(
    ({ result }) =>
      result.verdict.name !== 'SERVER_BOUND' || result.interrupted || result.answered === 0,
  );
  if (doubtful.length > 0) {
    const reasons = Map.groupBy(doubtful, ({ result }) =>
      result.answered === 0
        ? 'nothing answered'
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
    return `No ranking: ${doubtful.length} of ${runs.length} runs do not surely show what the server can do (${each.join('; ')}).`;
  }
  if (groupsOf(runs).length === 1) return sayRepeats(runs);
  const { loop } = runs[0].result;
  if (runs.some(({ result }) => result.loop !== loop)) {
    return 'Open and closed loops measure different things: read them one by one.';
  }
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
  return `The median of ${runs.length} runs: ${rates} answered, with 99% of answers within ${tails}.`;
}

function compareOpen(runs: readonly Run[]): string {
  const offered = runs.map(({ result }) => result.offeredPerSecond ?? 0);
  const reached = runs.filter(
    ({ result }) => result.answered >= (result.scheduled ?? 0) * KEPT_SHARE,
  );
  if (most(offered) > least(offered) * 1.02) {
    if (reached.length === 0) return 'None of the rates was reached.';
    const best = reached.toSorted((a, b) => b.result.ratePerSecond - a.result.ratePerSecond)[0];
    return `The highest rate that was reached: ${rate(best.result.ratePerSecond)} (${best.name}), with 99% of answers within ${us(best.latency.p99Us)}.`;
  }
  const say = ({ name, middle, runs }: Side): string =>
    `${name} (${runs > 1 ? `median of ${runs} runs ` : ''}${us(middle)})`;
  const [first, last] = sidesOf(runs, ({ latency }) => latency.p99Us);
  return `At the same rate, p99 was least with ${say(first)} and most with ${say(last)}.${doubtOf(first, last)}`;
}

function compareClosed(runs: readonly Run[]): string {
  const say = ({ name, middle, runs }: Side): string =>
    `${name} (${runs > 1 ? `median of ${runs} runs ` : ''}${rate(middle)})`;
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

export function sayCalibration(calibrations: Report['calibrations']): string {
  const rows = calibrations.flatMap(({ cases }) => cases.flatMap((one) => one.rows));
  const within = rows.filter((row) => row.within).length;
  return within === rows.length
    ? `All ${rows.length} percentiles lay within the bounds that it stated of itself.`
    : `${within} of ${rows.length} percentiles lay within the bounds that it stated of itself.`;
}
