/** Throughput against latency: of a knee search, or of loads at several rates. */
import {
  areaWithin,
  bothSizes,
  drawFrame,
  FONT_SIZE,
  svg,
  type Area,
  type Size,
} from '../../svg/frame.ts';
import { textWidth } from '../../svg/labels.ts';
import { cross, mark, seriesClass } from '../../svg/marks.ts';
import { m, nothing, trusted, type Markup } from '../../svg/markup.ts';
import { linePath, round } from '../../svg/path.ts';
import { least, linearScale, logEnds, logScale, most, type Scale } from '../../svg/scale.ts';
import { linearTicks, logTicks } from '../../svg/ticks.ts';
import { lineSwatch, renderLegend, type Figure, type LegendItem, type Table } from '../blocks.ts';
import type { Stated } from '../caveats.ts';
import type { Sweep, SweepPoint } from '../sweep.ts';
import { median } from '../statistics.ts';
import { capital, countTick, rate, us, usTick } from '../words.ts';

const HEIGHT_PX = 380;
const NARROW_HEIGHT_PX = 300;

export function ratesFigure(
  sweeps: readonly Sweep[],
  caveats: readonly Stated[],
): Figure | undefined {
  if (sweeps.length === 0) return undefined;
  const knees = sweeps.flatMap(({ knee }) => knee ?? []);
  const missed = anyMissed(sweeps);
  const shaded = knees.length === 1 && (knees[0].missedPerSecond ?? null) !== null;
  return {
    id: 'rates',
    title: 'Throughput against latency',
    lead: `Answers or events a second, and how long they took: the solid line is p99, the dashed one p50, both medians where a rate was tried more than once.${missed ? ' A cross is a load that missed its service level or its rate.' : ''}${shaded ? ' The shaded part begins at the lowest rate above the knee that missed it.' : ''}`,
    caveats,
    drawings: [
      {
        legend: legendOf(sweeps),
        image: bothSizes(HEIGHT_PX, (size) => draw(sweeps, size), NARROW_HEIGHT_PX),
      },
    ],
    tables: sweeps.map(tableOf),
  };
}

function anyMissed(sweeps: readonly Sweep[]): boolean {
  return sweeps.some(({ points }) => points.some(({ met }) => !met));
}

function legendOf(sweeps: readonly Sweep[]): Markup {
  const items = sweeps.flatMap(({ name, series }): LegendItem[] => [
    { name: `${name}: p99`, swatch: lineSwatch(series) },
    { name: 'p50', swatch: lineSwatch(series, 'line second', null) },
  ]);
  const missed = m`<svg class="swatch" viewBox="0 0 28 14" aria-hidden="true">${cross(14, 7, 4)}</svg>`;
  return renderLegend(anyMissed(sweeps) ? [...items, { name: 'missed', swatch: missed }] : items);
}

function draw(sweeps: readonly Sweep[], size: Size): Markup {
  const points = sweeps.flatMap((sweep) => sweep.points);
  const knees = sweeps.flatMap(({ knee }) => knee ?? []);
  const goals = knees.flatMap(({ goalUs }) => goalUs ?? []);
  const [from, to] = logEnds([...points.flatMap(({ p50Us, p99Us }) => [p50Us, p99Us]), ...goals]);
  const yTicks = logTicks(from, to, size.narrow ? 6 : 9).map((value) => ({
    value,
    label: usTick(value),
  }));
  const area = areaWithin(
    size,
    yTicks.map(({ label }) => label),
    20,
  );
  const end = most([
    ...points.map(({ answeredPerSecond }) => answeredPerSecond),
    ...knees.map(({ perSecond }) => perSecond),
  ]);
  const x = linearScale(0, Math.max(1, end * 1.04), area.left, area.right);
  const y = logScale(from, to, area.bottom, area.top);
  const xTicks = linearTicks(0, x.to, size.narrow ? 5 : 9).map((value) => ({
    value,
    label: countTick(value),
  }));
  return svg(
    size,
    alternativeOf(sweeps),
    knees.length === 1 && sweeps.map((sweep) => drawBeyond(sweep, x, area)),
    drawFrame(
      area,
      { scale: x, ticks: xTicks, title: 'a second: more is better' },
      { scale: y, ticks: yTicks, title: 'latency: less is better' },
    ),
    sweeps.map((sweep) => drawSweep(sweep, x, y)),
    [...new Set(sweeps.map((sweep) => goalOf(sweep, y, area).text))].map(trusted),
    sweeps.map((sweep) => drawKnee(sweep, x, area, knees.length > 1)),
  );
}

/** Where the service level is missed. */
function drawBeyond({ knee }: Sweep, x: Scale, { bottom, right, top }: Area): Markup {
  if (knee?.missedPerSecond === undefined || knee.missedPerSecond === null) return nothing;
  const from = round(x.at(knee.missedPerSecond));
  if (from >= right) return nothing;
  return m`<rect class="beyond" x="${from}" y="${top}" width="${round(right - from)}" height="${bottom - top}"/>`;
}

function drawSweep({ points, series }: Sweep, x: Scale, y: Scale): Markup {
  const line = (key: 'p50Us' | 'p99Us') =>
    linePath(middles(points, key).map(({ perSecond, us }) => [x.at(perSecond), y.at(us)]));
  const marks = points.map((point) => {
    const [cx, cy] = [x.at(point.answeredPerSecond), y.at(point.p99Us)];
    return m`<g>${point.met ? mark(series, cx, cy, 4.5) : cross(cx, cy, 4.5)}<title>${sentenceOf(point)}</title></g>`;
  });
  return m`<g class="${seriesClass(series)}"><path class="line second" d="${line('p50Us')}"/><path class="line" d="${line('p99Us')}"/>${marks}</g>`;
}

/** Of loads that were asked the same: the medians. */
export function middles(
  points: readonly SweepPoint[],
  key: 'p50Us' | 'p99Us',
): { perSecond: number; us: number }[] {
  const alike = Map.groupBy(points, (point) => point.offeredPerSecond ?? point);
  return [...alike.values()]
    .map((members) => ({
      perSecond: median(members.map(({ answeredPerSecond }) => answeredPerSecond)),
      us: median(members.map((member) => member[key])),
    }))
    .toSorted((a, b) => a.perSecond - b.perSecond);
}

/** The service level, as a line across. */
function goalOf({ knee }: Sweep, y: Scale, { left, right }: Area): Markup {
  if (knee?.goalUs === undefined) return nothing;
  const at = round(y.at(knee.goalUs));
  return m`<path class="reference" d="M${left} ${at}H${right}"/><text class="reference halo" x="${left + 6}" y="${at - 6}">${knee.slo}</text>`;
}

/** One knee's label stands above it; those of several in its own height each, beside them. */
function drawKnee({ knee, series }: Sweep, x: Scale, area: Area, several: boolean): Markup {
  if (knee === undefined) return nothing;
  const { perSecond } = knee;
  const at = round(x.at(perSecond));
  const label = perSecond === 0 ? 'no rate keeps it' : `knee ${rate(perSecond)}`;
  const half = textWidth(label, FONT_SIZE) / 2;
  const place = Math.min(area.right - half, Math.max(area.left + half, at));
  const text = several
    ? m`<text class="series strong halo" text-anchor="end" x="${at - 6}" y="${area.top + 14 + series * 18}">${label}</text>`
    : m`<text class="series strong" text-anchor="middle" x="${round(place)}" y="${area.top - 8}">${label}</text>`;
  return m`<g class="${seriesClass(series)}"><path class="knee" d="M${at} ${area.top}V${area.bottom}"/>${text}</g>`;
}

function sentenceOf({
  answeredPerSecond,
  name,
  offeredPerSecond,
  p50Us,
  p99Us,
  says,
}: SweepPoint): string {
  const asked = offeredPerSecond === null ? '' : ` of ${rate(offeredPerSecond)}`;
  const rest = says === '' ? '' : ` (${says})`;
  return `${name}: ${rate(answeredPerSecond)}${asked}, p50 ${us(p50Us)}, p99 ${us(p99Us)}${rest}`;
}

function alternativeOf(sweeps: readonly Sweep[]): string {
  const each = sweeps.map(({ knee, name, points }) => {
    const rates = points.map(({ answeredPerSecond }) => answeredPerSecond);
    const tails = points.map(({ p99Us }) => p99Us);
    const found = knee === undefined ? '' : `; the knee is at ${rate(knee.perSecond)}`;
    return `${name}: ${points.length} loads from ${rate(least(rates))} to ${rate(most(rates))}, p99 from ${us(least(tails))} to ${us(most(tails))}${found}`;
  });
  return `Throughput against latency. ${each.join('. ')}. The table below has every load.`;
}

function tableOf({ answered, knee, name, paced, points }: Sweep): Table {
  return {
    caption: knee === undefined ? name : `${name}: the search for ${knee.slo}`,
    head: ['load', ...(paced ? ['asked'] : []), answered, 'p50', 'p99', 'kept', 'remarks'],
    rows: points.map((point) => [
      point.name,
      ...(paced ? [rate(point.offeredPerSecond ?? 0)] : []),
      rate(point.answeredPerSecond),
      us(point.p50Us),
      us(point.p99Us),
      point.met ? 'yes' : 'no',
      capital(point.says),
    ]),
  };
}
