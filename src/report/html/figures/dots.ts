/** Run by run: every run a dot, with the median of repeated ones and its interval. */
import { m } from '../../svg/markup.ts';
import { bothRows, type Dot, type Row } from '../../svg/rows.ts';
import { least, linearScale, logEnds, logScale, most, tidy } from '../../svg/scale.ts';
import { enoughTicks, linearTicks, logTicks } from '../../svg/ticks.ts';
import type { Arm, ArmTrial } from '../arms.ts';
import type { Cell, Drawing, Figure, Table } from '../blocks.ts';
import type { Stated } from '../caveats.ts';
import { wordsOf } from '../../loops.ts';
import { groupsOf, type Group, type Run } from '../runs.ts';
import { LEAST_RUNS, median, medianInterval } from '../statistics.ts';
import { capital, count, countTick, failuresInWords, rate, short, us, usTick } from '../words.ts';

/** A figure that runs are compared by. */
interface Measure<Of> {
  readonly title: string;
  readonly axis: string;
  readonly better: 'more' | 'less';
  readonly of: (run: Of) => number;
  /** The instrument's own error, where it states one. */
  readonly bounds?: (run: Of) => readonly [number, number];
  readonly say: (value: number) => string;
  readonly tick: (value: number) => string;
  readonly log: boolean;
}

const measuresOf = (unit: string): readonly Measure<Run>[] => [
  {
    title: `${capital(unit)}s a second`,
    axis: `${unit}s a second`,
    better: 'more',
    of: ({ result }) => result.ratePerSecond,
    say: rate,
    tick: countTick,
    log: false,
  },
  latency('p50'),
  latency('p99'),
];

function latency(key: 'p50' | 'p99'): Measure<Run> {
  return {
    title: `Latency, ${key}`,
    axis: key,
    better: 'less',
    of: (run) => run.latency[`${key}Us`],
    bounds: ({ latency: { bounds } }) => [bounds[key].leastUs, bounds[key].mostUs],
    say: us,
    tick: usTick,
    log: true,
  };
}

/** Latencies that lie further apart need a logarithmic axis. */
const LOG_FROM = 4;
/** Rows of a plot; tables have them all. */
const DRAWN_ROWS = 24;

export function dotsFigure(runs: readonly Run[], caveats: readonly Stated[]): Figure | undefined {
  const answered = runs.filter(({ latency }) => latency.count > 0);
  if (answered.length < 2) return undefined;
  const groups = groupsOf(answered);
  const repeated = groups.some((group) => group.runs.length > 1);
  const drawn = groups.slice(0, DRAWN_ROWS);
  const { unit } = wordsOf(answered.map(({ result }) => result.loop));
  const measures = measuresOf(unit);
  return {
    id: 'runs',
    title: 'Run by run',
    lead: m`Every dot is a run${
      repeated
        ? `. Runs that were asked the same and are named alike but for a number count as repeats: their median is the upright line, its 95 % bootstrap interval the bracket, from ${LEAST_RUNS} runs on`
        : ', and the band at a latency is the instrument’s own error, not how runs vary. One run of a kind does not say how the next will be: repeat runs (name-1, name-2, …) to see their spread'
    }.`,
    caveats,
    drawings: measures.map((measure) => drawingOf(drawn, measure)),
    tables: [tableOf(groups, measures, unit)],
  };
}

function drawingOf(groups: readonly Group[], measure: Measure<Run>): Drawing {
  const rows = groups.map(({ name, runs }): Row => {
    const values = runs.map(measure.of);
    const dots = runs.map((run, i): Dot => ({
      value: values[i],
      shape: run.series,
      title: `${run.name}: ${measure.say(values[i])}`,
    }));
    const single = runs.length === 1;
    return {
      label: name,
      series: runs[0].series,
      dots,
      median: single ? undefined : median(values),
      interval: medianInterval(values),
      band: single ? measure.bounds?.(runs[0]) : undefined,
      note: measure.say(median(values)),
    };
  });
  return plot(rows, measure);
}

/** Those that some arm has. */
export function measuresOfArms(arms: readonly Arm[], memory: boolean): readonly ArmMeasure[] {
  return (memory ? OF_IDLE_ARMS : OF_ARMS).filter(({ of }) =>
    arms.some(({ trials }) => trials.some((trial) => Number.isFinite(of(trial)))),
  );
}

/** The median of the runs that have the figure. */
export function middleOf(
  trials: readonly ArmTrial[],
  { of }: { of: (trial: ArmTrial) => number },
): number {
  return median(trials.map(of).filter(Number.isFinite));
}

/** Some run had fewer than ten answers beyond this percentile. */
export function restsOnFew(trials: readonly ArmTrial[], { percentile }: ArmMeasure): boolean {
  return percentile !== undefined && trials.some(({ tooFew }) => tooFew.includes(percentile));
}

/** The same of a suite's arms. */
export function armDrawings(
  arms: readonly Arm[],
  memory: boolean,
): { drawings: Drawing[]; table: Table } {
  const measures = measuresOfArms(arms, memory);
  const failing = arms.some(({ trials }) => trials.some(({ errors }) => errors > 0));
  return {
    drawings: measures
      .filter(({ undrawn }) => undrawn !== true)
      .map((measure) => armDrawing(arms, measure)),
    table: {
      caption: 'Medians and their 95 % intervals',
      head: [
        'arm',
        'runs',
        'disturbed',
        ...measures.map(({ title }) => title),
        ...(failing ? ['failed, in all runs'] : []),
      ],
      rows: arms.map(({ name, trials }) => [
        name,
        String(trials.length),
        String(trials.filter(({ disturbed }) => disturbed).length),
        ...measures.map((measure): Cell => {
          const values = trials.map(measure.of).filter(Number.isFinite);
          const interval = medianInterval(values);
          const range =
            interval === undefined ? '' : ` (${interval.map(measure.say).join(' to ')})`;
          return {
            text: `${measure.say(median(values))}${range}`,
            few: restsOnFew(trials, measure),
          };
        }),
        ...(failing ? [failuresOf(trials)] : []),
      ]),
    },
  };
}

/** '12 (10 no answer in time, 2 connection broken)' */
function failuresOf(trials: readonly ArmTrial[]): string {
  const kinds: Record<string, number> = {};
  for (const [kind, number] of trials.flatMap(({ failed }) => Object.entries(failed)))
    kinds[kind] = (kinds[kind] ?? 0) + number;
  const how = failuresInWords(kinds);
  const total = count(trials.reduce((sum, { errors }) => sum + errors, 0));
  return how === '' ? total : `${total} (${how})`;
}

interface ArmMeasure extends Measure<ArmTrial> {
  /** Which percentile it is, for those that rest on too few answers. */
  readonly percentile?: string;
  /** It stands in tables alone. */
  readonly undrawn?: true;
}

const OF_ARMS: readonly ArmMeasure[] = [
  {
    title: 'Messages a second',
    axis: 'messages a second',
    better: 'more',
    of: ({ perSecond }) => perSecond,
    say: rate,
    tick: countTick,
    log: false,
  },
  armLatency('p50', 'p50', ({ p50Us }) => p50Us),
  armLatency('p99', 'p99', ({ p99Us }) => p99Us),
  { ...armLatency('p99.9', 'p999', ({ p999Us }) => p999Us), undrawn: true },
  {
    title: 'Server CPU per message',
    axis: 'CPU time per message',
    better: 'less',
    of: ({ cpuUs }) => cpuUs,
    say: us,
    tick: usTick,
    log: false,
  },
  {
    title: 'Longest loop delay',
    axis: 'longest loop delay',
    better: 'less',
    of: ({ longestLoopDelayUs }) => longestLoopDelayUs,
    say: us,
    tick: usTick,
    log: true,
    undrawn: true,
  },
];

function armLatency(name: string, percentile: string, of: (trial: ArmTrial) => number): ArmMeasure {
  return {
    title: `Latency, ${name}`,
    axis: name,
    better: 'less',
    percentile,
    of,
    say: us,
    tick: usTick,
    log: true,
  };
}

const bytes = (value: number): string => `${short(value / 1024)} KiB`;
const OF_IDLE_ARMS: readonly ArmMeasure[] = [
  {
    title: 'Resident memory a connection',
    axis: 'resident memory a connection',
    better: 'less',
    of: ({ bytesPerConnection }) => bytesPerConnection,
    say: bytes,
    tick: bytes,
    log: false,
  },
];

function armDrawing(arms: readonly Arm[], measure: ArmMeasure): Drawing {
  const rows = arms.map(({ name, series, trials }): Row => {
    const values = trials.map(measure.of);
    const known = values.filter(Number.isFinite);
    return {
      label: name,
      series,
      dots: trials
        .map((trial, i): Dot => ({
          value: values[i],
          hollow: trial.disturbed,
          title: `${name}, run ${i + 1}: ${measure.say(values[i])}${trial.disturbed ? ', disturbed' : ''}`,
        }))
        .filter(({ value }) => Number.isFinite(value)),
      median: known.length > 1 ? median(known) : undefined,
      interval: medianInterval(known),
      note: measure.say(median(known)),
    };
  });
  return plot(rows, measure);
}

function plot<Of>(
  rows: readonly Row[],
  { axis, better, log, say, tick, title }: Measure<Of>,
): Drawing {
  // A latency's least bound may be next to nothing, and would take all the room.
  const values = rows.flatMap(({ dots, interval }) => [
    ...dots.map(({ value }) => value),
    ...(interval === undefined ? [] : log ? [interval[1]] : interval),
  ]);
  const far = log && most(values) > least(values) * LOG_FROM;
  const [from, to] = far ? logEnds(values) : linearEnds(values);
  const image = bothRows({
    rows,
    alternative: `${title}. ${rows.map((row) => describe(row, say)).join('; ')}.`,
    title: axis,
    scale: (start: number, end: number) =>
      far ? logScale(from, to, start, end) : linearScale(from, to, start, end),
    ticks: (narrow) =>
      enoughTicks(
        (count) => (far ? logTicks : linearTicks)(from, to, count),
        far ? (narrow ? 4 : 8) : narrow ? 3 : 6,
      ).map((value) => ({ value, label: tick(value) })),
  });
  return { title: `${title}: ${better} is better`, image };
}

/** From 0, unless all values lie close together far from it: dots, unlike bars, need no 0. */
export function linearEnds(values: readonly number[]): [number, number] {
  const [low, high] = [least(values), most(values)];
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low >= 0 && low < high * 0.5) return [0, tidy(high * 1.03)];
  const margin = Math.max((high - low) * 0.15, Math.abs(high) * 0.01, 1e-9);
  return [Math.max(0, low - margin), high + margin];
}

function describe(
  { dots, interval, label, median: middle, note }: Row,
  say: (value: number) => string,
): string {
  if (dots.length === 1 || middle === undefined) return `${label}: ${note}`;
  const range = interval === undefined ? '' : `, interval ${interval.map(say).join(' to ')}`;
  return `${label}: ${dots.length} runs, median ${note}${range}`;
}

function tableOf(groups: readonly Group[], measures: readonly Measure<Run>[], unit: string): Table {
  return {
    caption: 'Run by run',
    head: ['run', ...measures.map(({ title }) => title), `${unit}s`],
    rows: groups.flatMap(({ name, runs }) => [
      ...runs.map((run) => [
        run.name,
        ...measures.map(({ of, say }) => say(of(run))),
        count(run.result.answered),
      ]),
      ...(runs.length > 1 ? [medians(name, runs, measures)] : []),
    ]),
  };
}

function medians(name: string, runs: readonly Run[], measures: readonly Measure<Run>[]): Cell[] {
  const cells = measures.map(({ of, say }): Cell => {
    const values = runs.map(of);
    const interval = medianInterval(values);
    const range = interval === undefined ? '' : ` (${interval.map(say).join(' to ')})`;
    return { text: `${say(median(values))}${range}` };
  });
  return [{ text: m`<b>${name}, median of ${runs.length}</b>` }, ...cells, { text: '' }];
}
