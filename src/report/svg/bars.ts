/** Bars across, each of one or more parts: one row for each thing measured. */
import { areaWithin, bothSizes, drawXAxis, FONT_SIZE, svg, type Size, type Tick } from './frame.ts';
import { shorten, textWidth } from './labels.ts';
import { m, type Markup } from './markup.ts';
import { round } from './path.ts';
import { linearScale } from './scale.ts';

export interface BarPart {
  readonly value: number;
  /** Tells parts apart: a class of the style sheet, each with a pattern of its own. */
  readonly kind: 'user' | 'system' | 'whole' | 'client';
  readonly title: string;
}

export interface Bar {
  readonly label: string;
  readonly parts: readonly BarPart[];
  /** Its figure, behind it. */
  readonly note: string;
  /** Of the same thing as the bar above: close to it, and without a label of its own. */
  readonly joins?: boolean;
  /** Figures of single runs, over the whole bar. */
  readonly interval?: readonly [low: number, high: number];
}

export interface BarsPlot {
  readonly bars: readonly Bar[];
  readonly alternative: string;
  readonly title: string;
  readonly ticks: (narrow: boolean) => readonly Tick[];
  /** The end of the axis; it begins at 0, as bars must. */
  readonly to: number;
}

const BAR_PX = 16;
const GAP_PX = 14;
const JOIN_PX = 3;
/** On a phone the label stands above its bar. */
const LABEL_PX = 18;
const AROUND_PX = 50;

/** For both widths, as high as its bars need. */
export function bothBars(plot: BarsPlot): Markup {
  const height = (narrow: boolean): number =>
    topsOf(plot.bars, narrow).at(-1)! + BAR_PX + GAP_PX / 2 + AROUND_PX;
  return bothSizes(height(false), (size) => drawBars(plot, size), height(true));
}

/** Where each bar begins, from the first one's room downwards. */
function topsOf(bars: readonly Bar[], narrow: boolean): number[] {
  let y = 0;
  return bars.map(({ joins }, i) => {
    if (joins === true) y += BAR_PX + JOIN_PX;
    else y += (i === 0 ? GAP_PX / 2 : BAR_PX + GAP_PX) + (narrow ? LABEL_PX : 0);
    return y;
  });
}

function drawBars({ alternative, bars, ticks, title, to }: BarsPlot, size: Size): Markup {
  const { narrow, width } = size;
  const labels = bars.map(({ joins, label }) => (joins ? '' : shorten(label, narrow ? 40 : 34)));
  const noteWidth = Math.max(0, ...bars.map(({ note }) => textWidth(note, FONT_SIZE)));
  const area = {
    left: narrow ? 4 : areaWithin(size, labels).left,
    right: width - noteWidth - 24,
    top: 6,
    bottom: size.height - 40,
  };
  const scale = linearScale(0, to, area.left, area.right);
  const tops = topsOf(bars, narrow);
  const drawn = bars.map((bar, i) =>
    drawBar(bar, labels[i], scale.at.bind(scale), area, area.top + tops[i], size),
  );
  return svg(
    size,
    alternative,
    drawXAxis(area, { scale, ticks: ticks(narrow), title }, width),
    drawn,
  );
}

function drawBar(
  { interval, note, parts }: Bar,
  label: string,
  at: (value: number) => number,
  { left }: { left: number },
  top: number,
  { narrow }: Size,
): Markup {
  let from = 0;
  const boxes = parts.map(({ kind, title, value }) => {
    const x = at(from);
    from += value;
    const w = Math.max(0, at(from) - x);
    return m`<rect class="bar ${kind}" x="${round(x)}" y="${top}" width="${round(w)}" height="${BAR_PX}"><title>${title}</title></rect>`;
  });
  const y = top + BAR_PX / 2;
  const whole = at(Math.max(from, interval?.[1] ?? 0));
  const whisker =
    interval === undefined
      ? ''
      : `M${round(at(interval[0]))} ${y - 4}v8M${round(at(interval[0]))} ${y}H${round(at(interval[1]))}M${round(at(interval[1]))} ${y - 4}v8`;
  const name = narrow
    ? m`<text class="label" x="${left}" y="${top - 6}">${label}</text>`
    : m`<text class="label" text-anchor="end" x="${left - 8}" y="${y + 4}">${label}</text>`;
  const figure = m`<text class="value" x="${round(whole + 8)}" y="${y + 4}">${note}</text>`;
  return m`${boxes}${whisker !== '' && m`<path class="whisker" d="${whisker}"/>`}${label !== '' && name}${figure}`;
}
