/**
 * What a reader must know before a figure is believed, and which figures it touches. Pure: a run in, sentences out; they
 * stand beside each figure that they touch.
 */
import { delivers, LOOPS } from '../loops.ts';
import type { Run } from './runs.ts';
import type { Knee } from './schema.ts';
import { capital, count, list, percent, percentileName, plural, seconds } from './words.ts';

/** The figures of a page that caveats may touch. */
export type FigureName = 'summary' | 'percentiles' | 'rates' | 'cpu' | 'time' | 'dots';

export type Level =
  | 'bad' // the figure is not what it seems
  | 'warn' // the figure is to be taken with care
  | 'note'; // what the figure is

export interface Caveat {
  /** The same of several runs is said once. */
  readonly kind: string;
  readonly level: Level;
  /** A few words, for beside a figure. */
  readonly short: string;
  /** A sentence without its full stop, for the summary. */
  readonly says: string;
  readonly touches: readonly FigureName[];
  /** The run's own part: how many. */
  readonly detail?: string;
}

const ALL = ['summary', 'percentiles', 'rates', 'cpu', 'time', 'dots'] as const;
const LATENCIES = ['summary', 'percentiles', 'rates', 'time', 'dots'] as const;

const VERDICTS = {
  CLIENT_BOUND: {
    short: 'the client was the limit',
    says: "the client was the limit: these are its figures, not the server's",
  },
  NOISY_MACHINE: {
    short: 'others used the CPU',
    says: 'something else used the CPU: a quiet machine would show other figures',
  },
  UNCLEAR: {
    short: 'whose limit is not known',
    says: "whose limit it was is not known, the server's or the client's",
  },
} as const;

export function caveatsOf({ latency, result }: Run): Caveat[] {
  const {
    connections,
    connects,
    failedTotal,
    inFlight,
    interrupted,
    loop,
    scheduled,
    sent,
    steady,
    unsent,
    verdict,
    warmup,
  } = result;
  const words = LOOPS[loop];
  const unasked = delivers(loop) ? 'broke the protocol' : 'sent what nothing had asked for';
  const unstamped = result.push?.unstamped ?? 0;
  const caveats: (Caveat | false)[] = [
    interrupted && {
      kind: 'interrupted',
      level: 'bad',
      short: 'Ended early',
      says: `Ended early, ${result.gaveUp === null ? 'by hand' : 'by itself'}: it measured less than was asked`,
      touches: ALL,
      ...(result.gaveUp === null ? {} : { detail: result.gaveUp }),
    },
    connects.broken > 0 && {
      kind: 'broken',
      level: 'bad',
      short: `The server ${unasked}`,
      says: `The server ${unasked}: the connection was given up, and no ${words.request} counts it`,
      touches: LATENCIES,
      detail: plural(connects.broken, 'connection'),
    },
    result.silentConnections > 0 && {
      kind: 'silent',
      level: 'bad',
      short: 'Connections had no answer at all',
      says: 'Connections had no answer at all: in a closed loop each sends nothing more, and so hardly shows among the failures',
      touches: ALL,
      detail: `${count(result.silentConnections)} of ${plural(connections, 'connection')}`,
    },
    result.serverGoneMs !== null && {
      kind: 'gone',
      level: 'bad',
      short: 'The server went away',
      says: 'The server went away before the end: the rate is an average with a time in which nothing was answered',
      touches: ALL,
      detail: `the last ${seconds(result.serverGoneMs)}`,
    },
    result.answered === 0 && {
      kind: 'unanswered',
      level: 'bad',
      short: `Nothing was ${words.answered}`,
      says: `Nothing was ${words.answered}: there are no latencies`,
      touches: LATENCIES,
    },
    verdict.name !== 'SERVER_BOUND' && {
      kind: verdict.name,
      level: verdict.name === 'UNCLEAR' ? 'warn' : 'bad',
      short: `${verdict.name}: ${VERDICTS[verdict.name].short}`,
      says: `${verdict.name}: ${VERDICTS[verdict.name].says}`,
      touches: ALL,
    },
    failedTotal > 0 && {
      kind: delivers(loop) ? 'missed' : 'failed',
      level: 'bad',
      short: `${capital(words.failed)} ${words.request}s are in no curve`,
      says: `${capital(words.failed)} ${words.request}s have no latency: no curve has them`,
      touches: LATENCIES,
      detail: `${plural(failedTotal, words.request)} ${words.failed}, ${percent(failedTotal / Math.max(1, sent))} of those ${words.sent}`,
    },
    unsent > 0 && {
      kind: 'unsent',
      level: 'bad',
      short: 'Requests were never sent: it flatters',
      says: 'Requests that were due were never sent, for want of a free connection: their wait is in no latency, so the figures flatter',
      touches: LATENCIES,
      detail: `${count(unsent)} of ${count(scheduled ?? 0)} due, ${percent(unsent / Math.max(1, scheduled ?? 0))}`,
    },
    inFlight > 0 && {
      kind: 'inFlight',
      level: 'warn',
      short: 'Requests without an answer are missing',
      says: 'Requests were without an answer when it ended: their latencies, perhaps the longest, are missing',
      touches: ['summary', 'percentiles', 'dots'],
      detail: plural(inFlight, 'request'),
    },
    steady === false && {
      kind: 'unsteady',
      level: 'warn',
      short: 'Not steady',
      says: 'Not steady: rate or median moved during the measurement, so a figure for the whole of it is a mixture',
      touches: LATENCIES,
    },
    steady === null && {
      kind: 'short',
      level: 'note',
      short: 'Steady or not: not known',
      says: 'Whether it was steady is not known: too short to tell, or the rate was to change',
      touches: ['time'],
    },
    warmup.steady === false && {
      kind: 'warmup',
      level: 'warn',
      short: 'The warm-up was not steady',
      says: 'The warm-up ended before rate and median were steady',
      touches: ['time'],
    },
    loop === 'closed' && {
      kind: 'closed',
      level: 'warn',
      short: 'Service time only',
      says: 'Service time only: a closed loop sends nothing while the server stalls, so that wait is not in its percentiles',
      touches: LATENCIES,
    },
    unstamped > 0 && {
      kind: 'unstamped',
      level: 'warn',
      short: 'Events without a time are in no curve',
      says: 'Events that do not say when they left have no delivery time: no curve has them',
      touches: LATENCIES,
      detail: `${plural(unstamped, 'event')}, ${percent(unstamped / Math.max(1, result.answered))} of those delivered`,
    },
    loop === 'push' && {
      kind: 'clocks',
      level: 'note',
      short: 'Delivery time, by the publisher’s clock and the reader’s',
      says: 'Delivery time runs from the time in the event, by the publisher’s clock, until it was read: between machines the difference of their clocks is in it, and a stamp of whole milliseconds makes it up to 1 ms longer',
      touches: LATENCIES,
    },
    latency.count > 0 &&
      latency.tooFew.length > 0 && {
        kind: 'tooFew',
        level: 'note',
        short: `Grey and †: fewer than ten ${words.unit}s beyond`,
        says: `Percentiles with fewer than ten ${words.unit}s beyond them say little`,
        touches: ['percentiles'],
        detail: list(latency.tooFew.map(percentileName)),
      },
  ];
  return caveats.filter((caveat) => caveat !== false);
}

/** Of a knee search: each of its trials has a verdict. */
export function caveatsOfSearch({ interrupted, limit, trials }: Knee): Stated[] {
  const doubtful = trials.filter(({ verdict }) => verdict.name !== 'SERVER_BOUND');
  const names = [...new Set(doubtful.map(({ verdict }) => verdict.name))];
  const stated: (Stated | false)[] = [
    interrupted && { level: 'bad', text: 'The search was ended early: this is as far as it came' },
    limit === 'noise' && {
      level: 'bad',
      text: 'The search ended on a noisy machine: a lower bound',
    },
    limit === 'client' && {
      level: 'bad',
      text: 'Above the knee the client was the limit: a lower bound',
    },
    doubtful.length > 0 && {
      level: 'warn',
      text: `${names.join(', ')} in ${doubtful.length} of ${trials.length} trials`,
    },
  ];
  return stated.filter((one) => one !== false);
}

export interface Stated {
  readonly level: Level;
  /** With whose it is. */
  readonly text: string;
}

interface Named {
  readonly name: string;
  readonly caveats: readonly Caveat[];
}

/** More runs than this are counted, not named, beside a figure. */
const MOST_NAMES = 4;

const LEVELS: readonly Level[] = ['bad', 'warn', 'note'];

/**
 * The caveats of a figure: each kind once, the worst first, with the runs it concerns where there are several. The
 * summary says them as sentences, with each run's own part; beside a figure stand a few words.
 */
export function stateCaveats(runs: readonly Named[], figure: FigureName): Stated[] {
  const touching = runs.flatMap(({ caveats, name }) =>
    caveats.filter(({ touches }) => touches.includes(figure)).map((caveat) => ({ caveat, name })),
  );
  const kinds = [...Map.groupBy(touching, ({ caveat }) => caveat.kind).values()];
  return kinds
    .map((same) => ({
      level: same[0].caveat.level,
      text: figure === 'summary' ? sentence(same, runs.length) : fewWords(same, runs.length),
    }))
    .toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

type Concerning = readonly { readonly caveat: Caveat; readonly name: string }[];

function fewWords(same: Concerning, runs: number): string {
  const { detail, short } = same[0].caveat;
  if (runs === 1) return detail === undefined ? short : `${short} (${detail})`;
  const names = same.map(({ name }) => name);
  return `${short} (${names.length === runs ? 'all runs' : list(names, MOST_NAMES)})`;
}

function sentence(same: Concerning, runs: number): string {
  const { detail, says } = same[0].caveat;
  if (runs === 1) return detail === undefined ? `${says}.` : `${says} (${detail}).`;
  if (detail === undefined && same.length === runs) return `${says} (all ${runs} runs).`;
  const each = same.map(({ caveat, name }) =>
    caveat.detail === undefined ? name : `${name}: ${caveat.detail}`,
  );
  return `${says} (${list(each)}).`;
}
