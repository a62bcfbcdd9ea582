/**
 * The frame of a drawing. Every figure is drawn twice, for a page and for a phone: text in an SVG shrinks with it, and a
 * page's at a phone's width could not be read. CSS shows one of the two.
 *
 *          y title
 *     tick ┤············
 *          │   area
 *     tick ┤············
 *          └──┬────┬────
 *           tick  tick
 *                x title
 */
import { m, type Markup, type Part } from './markup.ts';
import { textWidth } from './labels.ts';
import { round } from './path.ts';
import type { Scale } from './scale.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
  /** For a phone: fewer ticks, no labels at lines. */
  readonly narrow: boolean;
}

export const FONT_SIZE = 12;
export const WIDE_PX = 820;
export const NARROW_PX = 340;

/** Edges, in pixels. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
  readonly title: string;
}

/** A figure for both widths. */
export function bothSizes(
  height: number,
  draw: (size: Size) => Markup,
  narrowHeight = height,
): Markup {
  const wide = draw({ width: WIDE_PX, height, narrow: false });
  const narrow = draw({ width: NARROW_PX, height: narrowHeight, narrow: true });
  return m`${wide}${narrow}`;
}

/** An image with its text alternative. */
export function svg(
  { height, narrow, width }: Size,
  alternative: string,
  ...content: Part[]
): Markup {
  const name = narrow ? 'narrow' : 'wide';
  return m`<svg class="${name}" viewBox="0 0 ${width} ${round(height)}" role="img" aria-label="${alternative}">${content}</svg>`;
}

/** What the labels of the y axis leave. `right` is kept free for labels of lines. */
export function areaWithin(size: Size, yLabels: readonly string[], right = 12): Area {
  const widest = Math.max(0, ...yLabels.map((label) => textWidth(label, FONT_SIZE)));
  return {
    left: Math.ceil(widest) + 12,
    right: size.width - right,
    top: 24,
    bottom: size.height - 40,
  };
}

/** Grid, ticks and titles: what lies under the data. */
export function drawFrame(area: Area, x: Axis, y: Axis): Markup {
  return m`${drawYAxis(area, y)}${drawXAxis(area, x)}`;
}

export function drawYAxis(area: Area, { scale, ticks, title }: Axis): Markup {
  const { left, right } = area;
  const lines = ticks.map(({ value }) => `M${left} ${round(scale.at(value))}H${right}`);
  return m`<path class="grid" d="${lines.join('')}"/>
${ticks.map(({ label, value }) => m`<text class="tick" text-anchor="end" x="${left - 7}" y="${round(scale.at(value) + 4)}">${label}</text>`)}
<text class="axis-title" x="0" y="11">${title}</text>`;
}

/** `edge`: how far labels may reach. */
export function drawXAxis(
  area: Area,
  { scale, ticks, title }: Axis,
  edge = area.right + 12,
): Markup {
  const { bottom, left, right, top } = area;
  const lines = ticks.map(({ value }) => `M${round(scale.at(value))} ${top}V${bottom}`);
  const shown = withoutOverlap(ticks, scale);
  return m`<path class="grid" d="${lines.join('')}"/><path class="axis" d="M${left} ${bottom}H${right}"/>
${shown.map((tick) => m`<text class="tick" text-anchor="${anchorOf(tick, scale, edge)}" x="${round(scale.at(tick.value))}" y="${bottom + 17}">${tick.label}</text>`)}
<text class="axis-title" text-anchor="end" x="${right}" y="${bottom + 35}">${title}</text>`;
}

/** Ticks whose labels have room; the first stays. */
export function withoutOverlap(ticks: readonly Tick[], scale: Scale): Tick[] {
  let freeFrom = -Infinity;
  return ticks.filter(({ label, value }) => {
    const half = textWidth(label, FONT_SIZE) / 2;
    const at = scale.at(value);
    if (at - half < freeFrom) return false;
    freeFrom = at + half + 6;
    return true;
  });
}

/** A label in the middle of its tick, but where it would leave the drawing. */
function anchorOf({ label, value }: Tick, scale: Scale, edge: number): 'middle' | 'end' {
  const half = textWidth(label, FONT_SIZE) / 2;
  return scale.at(value) + half > edge ? 'end' : 'middle';
}
