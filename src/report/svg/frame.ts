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
  return m`<path class="grid" d="${lines.join('')}"/><path class="axis" d="M${left} ${bottom}H${right}"/>
${placeLabels(ticks, scale, edge).map(({ anchor, label, x }) => m`<text class="tick" text-anchor="${anchor}" x="${round(x)}" y="${bottom + 17}">${label}</text>`)}
<text class="axis-title" text-anchor="end" x="${right}" y="${bottom + 35}">${title}</text>`;
}

export interface PlacedLabel {
  readonly label: string;
  readonly x: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** Labels of ticks that have room: in the middle of them, but where they would leave the drawing. The first stays. */
export function placeLabels(ticks: readonly Tick[], scale: Scale, edge: number): PlacedLabel[] {
  let freeFrom = -Infinity;
  return ticks.flatMap(({ label, value }): PlacedLabel[] => {
    const width = textWidth(label, FONT_SIZE);
    const x = scale.at(value);
    const anchor = x - width / 2 < 0 ? 'start' : x + width / 2 > edge ? 'end' : 'middle';
    const from = x - { start: 0, middle: width / 2, end: width }[anchor];
    if (from < freeFrom) return [];
    freeFrom = from + width + 6;
    return [{ label, x, anchor }];
  });
}
