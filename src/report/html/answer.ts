/** What was asked, and the answer in a sentence. Pure. */
import { KNEE_LIMITS } from '../knees.ts';
import { delivers, LOOPS, offerOf } from '../loops.ts';
import { least, most } from '../svg/scale.ts';
import { compare } from './compare.ts';
import type { Report, Run } from './runs.ts';
import type { Knee, Suite } from './schema.ts';
import { capital, count, list, percent, plural, rate, seconds, us } from './words.ts';

export interface Answer {
  readonly title: string;
  readonly asked: string;
  readonly answer: string;
}

export function answerOf({ calibrations, knees, runs, suites }: Report): Answer {
  const kinds = [runs.length + knees.length, suites.length, calibrations.length];
  if (kinds.filter((number) => number > 0).length > 1) {
    return mixed(runs.length, suites.length, calibrations.length);
  }
  if (suites.length > 0) return ofSuites(suites);
  if (calibrations.length > 0) return ofCalibrations(calibrations);
  if (runs.every((run) => knees.some((search) => search.run === run))) return ofKnees(knees);
  const [run] = runs;
  if (runs.length > 1) return ofRuns(runs);
  return { title: run.result.target, asked: asked(run), answer: answered(run) };
}

/** How a load was asked for. */
function asked({ result }: Run): string {
  const {
    connections,
    depth,
    durationMs,
    loop,
    offeredPerSecond,
    protocol,
    ratePerSecond,
    threads,
  } = result;
  const over = `${plural(connections, 'connection')}${depth > 1 ? `, up to ${depth} requests on its way on each` : ''}`;
  const from = plural(threads, 'thread');
  if (loop === 'push') {
    return `How soon do events arrive? Whatever the server sent by itself in ${seconds(durationMs)}, on each of ${plural(connections, 'connection')}, read by ${from}; protocol ${protocol}.`;
  }
  if (result.broadcast !== null) {
    const { listeners, publishers } = result.broadcast;
    return `How soon does what one connection sends arrive at the others? ${plural(publishers, 'connection')} sent to ${plural(listeners, 'other')}, each message on a schedule, ${rate(ratePerSecond)} deliveries in all, for ${seconds(durationMs)}, from ${from}; protocol ${protocol}.`;
  }
  const stages = result.stages === null ? '' : `, by stages: ${offerOf(result)}`;
  return loop === 'open'
    ? `How long do answers take at ${rate(offeredPerSecond ?? 0)}? Sent on a schedule (open loop${stages}) for ${seconds(durationMs)}, over ${over}, from ${from}; protocol ${protocol}.`
    : `How much at most over ${over}? A request whenever an answer has come (closed loop), for ${seconds(durationMs)}, from ${from}; protocol ${protocol}.`;
}

const TOOK: Readonly<Record<Run['result']['loop'], string>> = {
  open: 'took',
  closed: 'took, from being sent,',
  push: 'were on their way for',
  broadcast: 'took, from being due,',
};

/** What became of it. */
export function answered({ latency, result }: Run): string {
  const { failedTotal, loop, ratePerSecond, sent } = result;
  const { answered: came, failed: lost, request, sent: went, unit } = LOOPS[loop];
  if (result.answered === 0) {
    return `Nothing was ${came}: ${plural(sent, request)} ${went}, ${count(failedTotal)} ${lost}.`;
  }
  const what = TOOK[loop];
  const failed =
    failedTotal === 0
      ? ''
      : ` ${capital(plural(failedTotal, request))} ${lost} (${percent(failedTotal / Math.max(1, sent))}).`;
  const head = `${rate(ratePerSecond)} ${came}.`;
  return latency.count === 0
    ? `${head} No ${unit} said when it left: how long they took is not known.${failed}`
    : `${head} Half of the ${unit}s ${what} at most ${us(latency.p50Us)}, 99% at most ${us(latency.p99Us)}, the slowest ${us(latency.maxUs)}.${failed}`;
}

function ofKnees(knees: Report['knees']): Answer {
  const [{ knee }] = knees;
  const tried = knees.reduce((sum, search) => sum + search.knee.trials.length, 0);
  const levels = [...new Set(knees.map((search) => list(search.knee.slo)))];
  const asked = `What is the highest rate that keeps ${levels.join('; ')}? ${plural(tried, 'load')} tried it.`;
  if (knees.length === 1) return { title: knee.target, asked, answer: sayKnee(knee) };
  const answer = knees.map((search) => `${search.name}: ${sayKnee(search.knee)}`).join(' ');
  return { title: `${knees.length} searches for the knee`, asked, answer };
}

function sayKnee({ interrupted, kneePerSecond, limit }: Knee): string {
  const why = interrupted ? 'the search was ended early' : KNEE_LIMITS[limit];
  return kneePerSecond === 0
    ? `None that was tried keeps it: ${why}.`
    : `${rate(kneePerSecond)} is the highest that keeps it: ${why}.`;
}

function ofSuites(suites: Report['suites']): Answer {
  if (suites.length > 1) {
    const title = `${suites.length} suites of the bench`;
    const answer = suites.every(({ recommendation }) => recommendation === undefined)
      ? sayClaims(suites)
      : '';
    return { title, asked: 'Each asks a question of its own.', answer };
  }
  const [suite] = suites;
  return { title: suite.question, asked: askedOfSuite(suite), answer: sayFound(suite) };
}

export function askedOfSuite({ asked, blocks, suite }: Suite): string {
  const made = Object.values(blocks.runs).map((trials) => trials.length);
  const runs = made.filter((number) => number > 0);
  const what = asked === undefined ? '' : ` Measured: ${asked}.`;
  if (runs.length === 0) return `Suite ${suite} of the bench: no arm has a run.${what}`;
  const each = least(runs) === most(runs) ? count(most(runs)) : `${least(runs)} to ${most(runs)}`;
  return `Suite ${suite} of the bench: ${plural(runs.length, 'arm')}, ${each} run${each === '1' ? '' : 's'} each, in blocks that run every arm once, in an order drawn anew.${what}`;
}

/** What follows from a suite: its recommendation, or how its claims fared. */
export function sayFound(suite: Suite): string {
  const { recommendation } = suite;
  if (recommendation === undefined) return sayClaims([suite]);
  const { groups, sentences } = recommendation;
  const only = groups.length === 1 ? groups[0].sentences : [];
  return [...only, ...sentences].join(' ');
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
  const closed = runs.filter(({ result }) => result.loop === 'closed');
  const delivered = runs.filter(({ result }) => delivers(result.loop));
  const rates = range(
    open.map(({ result }) => result.offeredPerSecond ?? 0),
    1.02,
  );
  const connections = range(
    closed.map(({ result }) => result.connections),
    1,
  );
  if (delivered.length === runs.length) return 'How soon does what is published arrive?';
  if (delivered.length > 0) {
    return `${plural(delivered.length, 'load')} of what is published, and ${plural(runs.length - delivered.length, 'load')} of requests.`;
  }
  if (closed.length === 0) return `How long do answers take? All in an open loop, at ${rates}/s.`;
  if (open.length === 0) {
    return `How much at most? All in a closed loop, over ${connections} connections.`;
  }
  return `${open.length} in an open loop, at ${rates}/s, and ${closed.length} in a closed loop, over ${connections} connections.`;
}

/** '8 to 64'; one figure where they differ by no more than the factor `same`. */
function range(values: readonly number[], same: number): string {
  const [low, high] = [least(values), most(values)];
  return high > low * same ? `${count(low)} to ${count(high)}` : count(high);
}

function ofCalibrations(calibrations: Report['calibrations']): Answer {
  const rows = calibrations.flatMap(({ cases }) => cases.flatMap((one) => one.rows));
  const within = rows.filter(({ judgement }) => judgement === 'within').length;
  const unclear = rows.filter(({ judgement }) => judgement === 'unclear').length;
  const noise =
    unclear === 0 ? '' : ` ${unclear} cannot be told: others were at work on this machine.`;
  return {
    title: 'Calibration',
    asked: 'How far off is the instrument itself?',
    answer: `At ${within === rows.length ? 'all' : `${within} of`} ${rows.length} percentiles the truth lay within the bounds that it stated of itself.${noise}`,
  };
}
