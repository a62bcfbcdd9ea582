/**
 * Rows of dots on one axis, with what is said of their spread:
 *
 *     sharded   ├──────┤ ∘∘│∘∘      dots: single figures; tick: their median; bracket: an interval
 *     single         ├─┤ ∘│∘
 */
import { areaWithin, bothSizes, drawXAxis, FONT_SIZE, svg, type Size, type Tick } from './frame.ts';
import { shorten, textWidth } from './labels.ts';
import { cross, mark, seriesClass } from './marks.ts';
import { m, nothing, type Markup } from './markup.ts';
import { round } from './path.ts';
import type { Scale } from './scale.ts';

export interface Dot {
  readonly value: number;
  /** 'cross' for what failed; a number for a series' shape. Default: the row's. */
  readonly shape?: number | 'cross';
  /** Not filled: to be taken with care. */
  readonly hollow?: boolean;
  /** Read when it is pointed at. */
  readonly title: string;
}

export interface Row {
  readonly label: string;
  /** The series, for its colour. */
  readonly series: number;
  readonly dots: readonly Dot[];
  readonly median?: number;
  readonly interval?: readonly [low: number, high: number];
  /** The instrument's own error. */
  readonly band?: readonly [low: number, high: number];
  /** Behind the row, for its figure. */
  readonly note?: string;
}

export interface RowsPlot {
  readonly rows: readonly Row[];
  readonly alternative: string;
  readonly title: string;
  readonly scale: (start: number, end: number) => Scale;
  readonly ticks: (narrow: boolean) => readonly Tick[];
  /** A line across all rows, such as an even share. */
  readonly reference?: Tick;
}

const ROW_PX = 30;
const NARROW_ROW_PX = 44;

const TOP_PX = 4;
const REFERENCE_PX = 20;
const BOTTOM_PX = 40;

/** For both widths, as high as its rows need. */
export function bothRows(plot: RowsPlot): Markup {
  const height = (rowPx: number): number => topOf(plot) + plot.rows.length * rowPx + BOTTOM_PX;
  return bothSizes(height(ROW_PX), (size) => drawRows(plot, size), height(NARROW_ROW_PX));
}

function topOf({ reference }: RowsPlot): number {
  return reference === undefined ? TOP_PX : REFERENCE_PX;
}

function drawRows(plot: RowsPlot, size: Size): Markup {
  const { reference, rows } = plot;
  const rowPx = size.narrow ? NARROW_ROW_PX : ROW_PX;
  const labelChars = size.narrow ? 44 : 30;
  const labels = rows.map(({ label }) => shorten(label, labelChars));
  const notes = rows.map(({ note }) => (note === undefined ? 0 : textWidth(note, FONT_SIZE) + 12));
  // On a phone a row's label and note stand above its dots.
  const left = size.narrow ? 8 : areaWithin(size, labels).left;
  const area = {
    left,
    right: size.width - (size.narrow ? 10 : Math.max(12, ...notes)),
    top: topOf(plot),
    bottom: size.height - BOTTOM_PX,
  };
  const scale = plot.scale(area.left, area.right);
  const rowsDrawn = rows.map((row, i) => {
    const top = area.top + i * rowPx;
    return drawRow(row, labels[i], scale, size, area, top, rowPx);
  });
  return svg(
    size,
    plot.alternative,
    drawXAxis(area, { scale, ticks: plot.ticks(size.narrow), title: plot.title }, size.width),
    reference === undefined ? nothing : drawReference(reference, scale, area),
    rowsDrawn,
  );
}

function drawRow(
  { band, dots, interval, median, note = '', series }: Row,
  label: string,
  scale: Scale,
  { narrow, width }: Size,
  { left, right }: { left: number; right: number },
  top: number,
  rowPx: number,
): Markup {
  const y = top + (narrow ? rowPx - 14 : rowPx / 2);
  const texts = narrow
    ? m`<text class="label" x="${left}" y="${y - 13}">${label}</text><text class="value" text-anchor="end" x="${width - 8}" y="${y - 13}">${note}</text>`
    : m`<text class="label" text-anchor="end" x="${left - 10}" y="${y + 4}">${label}</text><text class="value" x="${right + 10}" y="${y + 4}">${note}</text>`;
  const marks = dots.map(({ hollow = false, shape = series, title, value }) => {
    const x = scale.at(value);
    const name = hollow ? 'dot hollow' : 'dot';
    const drawn = shape === 'cross' ? cross(x, y, 4.5) : mark(shape, x, y, 5, name);
    return m`<g>${drawn}<title>${title}</title></g>`;
  });
  return m`<g class="${seriesClass(series)}"><path class="row" d="M${left} ${y}H${right}"/>${drawBand(band, scale, y)}${bracket(interval, scale, y)}${marks}${
    median === undefined
      ? nothing
      : m`<path class="median" d="M${round(scale.at(median))} ${y - 9}v18"/>`
  }</g>${texts}`;
}

function drawBand(band: Row['band'], scale: Scale, y: number): Markup {
  if (band === undefined) return nothing;
  const [from, to] = band.map((value) => round(scale.at(value)));
  return m`<rect class="band" x="${from}" y="${y - 5}" width="${round(Math.max(1, to - from))}" height="10"/>`;
}

function bracket(interval: Row['interval'], scale: Scale, y: number): Markup {
  if (interval === undefined) return nothing;
  const [from, to] = interval.map((value) => round(scale.at(value)));
  return m`<path class="bracket" d="M${from} ${y - 5}v10M${from} ${y}H${to}M${to} ${y - 5}v10"/>`;
}

function drawReference(
  { label, value }: Tick,
  scale: Scale,
  { bottom, right, top }: { bottom: number; right: number; top: number },
): Markup {
  const x = round(scale.at(value));
  const anchor = x + textWidth(label, FONT_SIZE) / 2 > right ? 'end' : 'middle';
  return m`<path class="reference" d="M${x} ${top - 4}V${bottom}"/><text class="tick" text-anchor="${anchor}" x="${x}" y="${top - 8}">${label}</text>`;
}
