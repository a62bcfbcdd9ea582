/** Latency over time: a heat map of each run, under it the rate, and where requests failed. */
import {
  areaWithin,
  bothSizes,
  drawXAxis,
  drawYAxis,
  svg,
  type Area,
  type Size,
} from '../../svg/frame.ts';
import { cross } from '../../svg/marks.ts';
import { m, nothing, type Markup } from '../../svg/markup.ts';
import { boxesPath, round, stepPath, type Point } from '../../svg/path.ts';
import { linearScale, logEnds, logScale, most, stepAbove, type Scale } from '../../svg/scale.ts';
import { linearTicks, logTicks } from '../../svg/ticks.ts';
import {
  renderLegend,
  lineSwatch,
  type Drawing,
  type Figure,
  type Table,
  type Zoom,
} from '../blocks.ts';
import type { Stated } from '../caveats.ts';
import { valueAt } from '../distribution.ts';
import {
  cellsByLevel,
  heatGrid,
  leastOfLevel,
  sliced,
  type HeatGrid,
  type Slice,
} from '../heat.ts';
import { HEAT_LEVELS } from '../palette.ts';
import { LOOPS, wordsOf } from '../../loops.ts';
import { drawnOf, type Run } from '../runs.ts';
import { count, countTick, us, usTick } from '../words.ts';

const COLUMNS = 160;
const NARROW_COLUMNS = 60;
/** Of an hour of seconds a table has one row for each six. */
const TABLE_ROWS = 600;
/** Of a row of cells. */
const CELL_PX = 5;
const RATE_PX = 36;
const RATE_GAP_PX = 36;
const TALL_PX = 360;
const SHORT_PX = 280;

export function timeFigure(runs: readonly Run[], caveats: readonly Stated[]): Figure | undefined {
  const timed = runs.filter(
    ({ latency, result }) =>
      latency.count > 0 && result.seconds.some(({ answered }) => answered > 0),
  );
  const { runs: drawn, says } = drawnOf(timed);
  if (drawn.length === 0) return undefined;
  const ends = logEnds(drawn.flatMap(valuesOf));
  const { unit } = wordsOf(drawn.map(({ result }) => result.loop));
  return {
    id: 'time',
    title: 'Latency over time',
    lead: m`How many ${unit}s took how long, interval by interval. The further a cell’s colour is from the page’s, the more ${unit}s are in it (by their square root, so that a few slow ones show). The lines are p50 and p99; below is the rate.${
      drawn.length > 1 ? ' All runs have the same latency axis.' : ''
    }${says}`,
    caveats,
    drawings: drawn.map((run) => drawingOf(run, ends, drawn.length)),
    tables: drawn.map((run) => tableOf(run, drawn.length)),
  };
}

/** What the latency axis must have room for: not what one answer in a million did fast. */
function valuesOf({ distribution, latency }: Run): number[] {
  return [valueAt(distribution, 0.0005), latency.maxUs];
}

function drawingOf(run: Run, ends: readonly [number, number], runs: number): Drawing {
  const height = runs > 2 ? SHORT_PX : TALL_PX;
  return {
    title: runs > 1 ? run.name : undefined,
    legend: legendOf(gridOf(slicesOf(run, COLUMNS), ends, height), run),
    image: bothSizes(height, (size) => draw(run, ends, size), runs > 2 ? SHORT_PX : 300),
    zoom: zoomOf(run),
  };
}

function slicesOf({ result, seconds }: Run, columns: number): Slice[] {
  const slices = result.seconds.map(
    ({ answered, failed, fromMs, maxUs, p50Us, p99Us, sent, toMs }, i): Slice => ({
      fromMs,
      toMs,
      sent,
      answered,
      failed,
      p50Us,
      p99Us,
      maxUs,
      distribution: seconds[i],
    }),
  );
  return sliced(slices, columns);
}

function gridOf(
  slices: readonly Slice[],
  [from, to]: readonly [number, number],
  height: number,
): HeatGrid {
  const rows = Math.round((height - RATE_PX - RATE_GAP_PX - 64) / CELL_PX);
  return heatGrid(slices, from, to, rows);
}

function draw(run: Run, ends: readonly [number, number], size: Size): Markup {
  const slices = slicesOf(run, size.narrow ? NARROW_COLUMNS : COLUMNS);
  const grid = gridOf(slices, ends, size.height);
  const [from, to] = ends;
  const ticks = logTicks(from, to, size.narrow ? 5 : 7).map((value) => ({
    value,
    label: usTick(value),
  }));
  const rates = slices.map(rateOf);
  const topRate = stepAbove(Math.max(1, most(rates.filter((_, i) => isWhole(slices, i)))));
  const rateTicks = [0, topRate].map((value) => ({ value, label: countTick(value) }));
  const labels = [...ticks, ...rateTicks].map(({ label }) => label);
  const whole = areaWithin(size, labels);
  const map: Area = { ...whole, bottom: whole.bottom - RATE_PX - RATE_GAP_PX };
  const strip: Area = { ...whole, top: whole.bottom - RATE_PX };
  const endMs = slices.at(-1)!.toMs;
  const x = linearScale(0, endMs / 1000, whole.left, whole.right);
  const y = logScale(from, to, map.bottom, map.top);
  const rateScale = linearScale(0, topRate, strip.bottom, strip.top);
  const timeTicks = linearTicks(0, endMs / 1000, size.narrow ? 5 : 10);
  return svg(
    size,
    alternativeOf(run),
    drawXAxis(strip, {
      scale: x,
      ticks: timeTicks.map((value) => ({ value, label: String(value) })),
      title: 'seconds since the measurement began',
    }),
    drawYAxis(map, { scale: y, ticks, title: 'latency: less is better' }),
    drawCells(grid, map, x),
    drawLines(slices, x, y),
    drawYAxis(strip, { scale: rateScale, ticks: rateTicks, title: '' }),
    m`<text class="axis-title" x="0" y="${strip.top - 12}">${LOOPS[run.result.loop].unit}s/s</text>`,
    m`<path class="rate" d="${stepPath(steps(slices, rates, x, rateScale))}"/>`,
    drawFailures(slices, x, strip.top - 11),
  );
}

function drawCells(grid: HeatGrid, { bottom, top }: Area, x: Scale): Markup {
  const rowPx = (bottom - top) / grid.rows;
  const edges = grid.columnEdgesMs.map((ms) => x.at(ms / 1000));
  return m`<g class="heat">${cellsByLevel(grid, HEAT_LEVELS).map((cells, level) => {
    if (cells.length === 0) return nothing;
    const boxes = cells.map(({ column, row, rows }) => ({
      x: edges[column],
      y: bottom - (row + rows) * rowPx,
      width: edges[column + 1] - edges[column],
      height: rows * rowPx,
    }));
    return m`<path class="h${level}" d="${boxesPath(boxes)}"/>`;
  })}</g>`;
}

function drawLines(slices: readonly Slice[], x: Scale, y: Scale): Markup {
  const line = (key: 'p50Us' | 'p99Us'): string => {
    const values = slices.map((slice) => Math.max(y.from, slice[key]));
    return stepPath(steps(slices, values, x, y));
  };
  return m`<path class="over halo" d="${line('p50Us')}"/><path class="over halo" d="${line('p99Us')}"/><path class="over" d="${line('p50Us')}"/><path class="over p99" d="${line('p99Us')}"/>`;
}

/** A value for each slice, from its begin to its end. */
function steps(slices: readonly Slice[], values: readonly number[], x: Scale, y: Scale): Point[] {
  return [
    ...slices.map(({ fromMs }, i): Point => [x.at(fromMs / 1000), y.at(values[i])]),
    [x.at(slices.at(-1)!.toMs / 1000), y.at(values.at(-1)!)],
  ];
}

function drawFailures(slices: readonly Slice[], x: Scale, y: number): Markup {
  const failing = slices.filter(({ failed }) => failed > 0);
  return m`${failing.map(({ failed, fromMs, toMs }) => {
    const at = round(x.at((fromMs + toMs) / 2000));
    return m`<g class="bad">${cross(at, y - 3, 3.5)}<title>${count(failed)} failed</title></g>`;
  })}`;
}

function legendOf({ most: fullest }: HeatGrid, { result }: Run): Markup {
  const shades = Array.from({ length: HEAT_LEVELS }, (_, level) => level);
  const ramp = m`<svg class="ramp" viewBox="0 0 ${HEAT_LEVELS * 14} 12" aria-hidden="true">${shades.map(
    (level) =>
      m`<rect class="h${level}" x="${level * 14}" y="0" width="14" height="12"><title>${count(leastOfLevel(level, fullest, HEAT_LEVELS))} and more</title></rect>`,
  )}</svg>`;
  return m`${renderLegend([
    { name: `1 to ${count(fullest)} ${LOOPS[result.loop].unit}s in a cell`, swatch: ramp },
    { name: 'p50', swatch: lineSwatch(0, 'over', null) },
    { name: 'p99', swatch: lineSwatch(0, 'over p99', null) },
  ])}`;
}

function alternativeOf({ name, result: { durationMs, loop, seconds } }: Run): string {
  const words = LOOPS[loop];
  const p99 = seconds.map(({ p99Us }) => p99Us);
  const rates = seconds.map(rateOf);
  const failed = seconds.reduce((sum, second) => sum + second.failed, 0);
  return (
    `${name}: latency over ${(durationMs / 1000).toFixed(1)} seconds. p99 of an interval went from ` +
    `${us(Math.min(...p99))} to ${us(Math.max(...p99))}, the rate from ${count(Math.min(...rates))} to ` +
    `${count(Math.max(...rates))} ${words.unit}s a second; ${count(failed)} ${words.request}s ${words.failed}. The table below has every interval.`
  );
}

function tableOf(run: Run, runs: number): Table {
  const slices = slicesOf(run, TABLE_ROWS);
  const { answered, failed, sent, unit } = LOOPS[run.result.loop];
  const words =
    slices.length < run.result.seconds.length ? 'Intervals, put together' : 'Interval by interval';
  return {
    caption: runs > 1 ? `${run.name}: ${words.toLowerCase()}` : words,
    head: ['from', `${unit}s/s`, 'p50', 'p99', 'max', sent, answered, failed],
    rows: slices.map((slice) => [
      `${(slice.fromMs / 1000).toFixed(1)} s`,
      count(Math.round(rateOf(slice))),
      us(slice.p50Us),
      us(slice.p99Us),
      us(slice.maxUs),
      count(slice.sent),
      count(slice.answered),
      count(slice.failed),
    ]),
  };
}

type Timed = Pick<Slice, 'answered' | 'fromMs' | 'toMs'>;

function rateOf({ answered, fromMs, toMs }: Timed): number {
  return toMs > fromMs ? (answered * 1000) / (toMs - fromMs) : 0;
}

/** The last interval is often a rest: its rate is of too little to set the axis. */
function isWhole(slices: readonly Timed[], index: number): boolean {
  const length = ({ fromMs, toMs }: Timed): number => toMs - fromMs;
  return index === 0 || length(slices[index]) > length(slices[0]) / 2;
}

function zoomOf({ result: { seconds }, series }: Run): Zoom {
  const ys = (key: 'p50Us' | 'p99Us' | 'maxUs') =>
    seconds.map((second) => (second.answered > 0 ? Number(second[key].toPrecision(5)) : null));
  return {
    x: 'seconds',
    xs: seconds.map(({ fromMs, toMs }) => Number(((fromMs + toMs) / 2000).toFixed(3))),
    lines: [
      { name: 'p50', series, dashed: false, ys: ys('p50Us') },
      { name: 'p99', series: series + 1, dashed: false, ys: ys('p99Us') },
      { name: 'max', series: series + 2, dashed: true, ys: ys('maxUs') },
    ],
  };
}
