/** From result files to what a report is about: runs with names, in an order, with their latencies decoded. Pure. */
import { OptionError } from '../../errors.ts';
import { latencyOf, offerOf } from '../loops.ts';
import { shorten } from '../svg/labels.ts';
import { SHAPE_COUNT } from '../svg/marks.ts';
import { decodeHistogram, type Distribution } from './distribution.ts';
import type { LeftOut, Read, ReadResults } from './files.ts';
import type { CalibrationRun, Knee, Latency, Loaded, Suite } from './schema.ts';

/** More lines than this in one figure cannot be told apart. Tables have them all. */
export const DRAWN_RUNS = SHAPE_COUNT;
/** Longer names are cut in their middle. */
const NAME_CHARS = 48;

export interface Run {
  /** As its figures and tables call it: the file's name, or the target's. */
  readonly name: string;
  /** Its place, which is its colour and its shape. */
  readonly series: number;
  readonly result: Loaded;
  /** What its latencies are: of the response in the open loop, of the service in the closed one, of the delivery of events. */
  readonly latency: Latency;
  readonly distribution: Distribution;
  /** Open loop: of the service, to hold against the response. */
  readonly service: Distribution | undefined;
  readonly seconds: readonly Distribution[];
}

export interface KneeSearch {
  readonly name: string;
  readonly knee: Knee;
  /** The load at the knee. */
  readonly run: Run | undefined;
}

export interface Report {
  readonly runs: readonly Run[];
  readonly knees: readonly KneeSearch[];
  readonly suites: readonly Suite[];
  readonly calibrations: readonly CalibrationRun[];
  readonly leftOut: readonly LeftOut[];
}

/** @throws OptionError for a result whose histograms cannot be read */
export function reportOf({ environment, leftOut, results }: ReadResults): Report {
  const names = namesOf(results.map(({ file }) => file)).map((name) => shorten(name, NAME_CHARS));
  const runs: Run[] = [];
  const knees: KneeSearch[] = [];
  const add = (result: Loaded, name: string, file: string): Run => {
    const run = runOf(result, name, runs.length, file);
    runs.push(run);
    return run;
  };
  const suites: Suite[] = [];
  const calibrations: CalibrationRun[] = [];
  results.forEach(({ file, found }, i) => {
    if (found.kind === 'load') add(found.result, names[i], file);
    else if (found.kind === 'suite') suites.push({ environment, ...found.result });
    else if (found.kind === 'calibration') calibrations.push(found.result);
    else {
      const { atKnee } = found.result;
      const run = atKnee === null ? undefined : add(atKnee, `${names[i]} at its knee`, file);
      knees.push({ name: names[i], knee: found.result, run });
    }
  });
  return { runs, knees, suites, calibrations, leftOut };
}

function runOf(result: Loaded, name: string, series: number, file: string): Run {
  const open = result.loop === 'open';
  const latency = latencyOf(result);
  try {
    return {
      name,
      series,
      result,
      latency,
      distribution: decodeHistogram(latency.histogram),
      service: open ? decodeHistogram(result.service.histogram) : undefined,
      seconds: result.seconds.map(({ histogram }) => decodeHistogram(histogram)),
    };
  } catch (error) {
    throw new OptionError(
      `${file} has a histogram that cannot be read (${(error as Error).message}); ` +
        'make the result anew with patterns load --json.',
      { cause: error },
    );
  }
}

/**
 * What files are called: without folder and `.json`. Where two would be called the same, so much of their folders comes
 * back as tells them apart; results of one file are numbered.
 */
export function namesOf(files: readonly string[]): string[] {
  const parts = files.map((file) =>
    file
      .replace(/\.json$/i, '')
      .split(/[/\\]+/)
      .filter((part) => part !== '' && part !== '.'),
  );
  const seen = new Map<string, number>();
  return files.map((file, i) => {
    const name = shortestOwn(parts, i);
    if (files.filter((other) => other === file).length === 1) return name;
    const number = (seen.get(file) ?? 0) + 1;
    seen.set(file, number);
    return `${name} #${number}`;
  });
}

function shortestOwn(parts: readonly (readonly string[])[], index: number): string {
  const own = parts[index];
  const whole = own.join('/');
  for (let length = 1; length < own.length; length += 1) {
    const name = own.slice(-length).join('/');
    const others = parts.filter(
      (other) => other.join('/') !== whole && other.slice(-length).join('/') === name,
    );
    if (others.length === 0) return name;
  }
  return whole;
}

export interface Group {
  readonly name: string;
  readonly runs: readonly Run[];
}

const LEAST_REPEATS = 3;

/**
 * Repeated runs: three or more that were asked the same, with names that differ by a number only. Every other run is a
 * group by itself.
 */
export function groupsOf(runs: readonly Run[]): Group[] {
  const alike = Map.groupBy(runs, repeatKey);
  return [...alike.values()].flatMap((members) =>
    members.length < LEAST_REPEATS
      ? members.map((run) => ({ name: run.name, runs: [run] }))
      : [{ name: stemOf(members[0].name), runs: members }],
  );
}

function repeatKey({ name, result }: Run): string {
  const { connections, depth, loop, protocol, threads } = result;
  return JSON.stringify([
    name.replaceAll(/\d+/g, '#'),
    protocol,
    loop,
    connections,
    depth,
    threads,
    offerOf(result),
  ]);
}

/** 'sharded-1' → 'sharded'. */
function stemOf(name: string): string {
  const stem = name.replaceAll(/[\s#._-]*\d+$/g, '');
  return stem === '' ? name : stem;
}

export interface Drawn {
  readonly runs: readonly Run[];
  /** Which ones, where they are not all; else ''. */
  readonly says: string;
}

/** The runs that are drawn: of repeated ones the middle one by its p99. */
export function drawnOf(runs: readonly Run[]): Drawn {
  const groups = groupsOf(runs);
  const middles = groups.map(
    (group) =>
      group.runs.toSorted((a, b) => a.latency.p99Us - b.latency.p99Us)[group.runs.length >> 1],
  );
  const drawn = middles.slice(0, DRAWN_RUNS);
  const repeated =
    groups.length < runs.length ? ' Of repeated runs the middle one by p99 is drawn.' : '';
  const cut =
    drawn.length < middles.length
      ? ` Drawn are ${drawn.length} of ${middles.length}; the table has all.`
      : '';
  return { runs: drawn, says: repeated + cut };
}

/** Whether they had the same machine: the one that figures of several runs can be compared on. */
export function sameMachine(runs: readonly Run[]): boolean {
  const machines = runs.map(({ result: { environment } }) =>
    [environment.cpu, environment.cores, environment.os, environment.node].join('\n'),
  );
  return new Set(machines).size <= 1;
}

export type { Read };
