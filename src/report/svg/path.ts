/** The `d` of paths. Pure. */

/** Across, down; in pixels. */
export type Point = readonly [x: number, y: number];

/** A tenth of a pixel is as much as can be seen, and keeps files small. */
export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** Straight lines from point to point. '' of fewer than two. */
export function linePath(points: readonly Point[]): string {
  if (points.length < 2) return '';
  return `M${points.map(coordinates).join('L')}`;
}

/** Level to the next point, then up or down to it. */
export function stepPath(points: readonly Point[]): string {
  if (points.length < 2) return '';
  const [first, ...rest] = points;
  return `M${coordinates(first)}${rest.map(([x, y]) => `H${round(x)}V${round(y)}`).join('')}`;
}

/** The area between two lines, both from left to right. */
export function bandPath(above: readonly Point[], below: readonly Point[]): string {
  if (above.length < 2 || below.length < 2) return '';
  return `M${[...above, ...below.toReversed()].map(coordinates).join('L')}Z`;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Many rectangles in one path. */
export function boxesPath(boxes: readonly Box[]): string {
  return boxes
    .map(({ height, width, x, y }) => {
      const w = round(x + width) - round(x);
      const h = round(y + height) - round(y);
      return `M${round(x)} ${round(y)}h${round(w)}v${round(h)}h${round(-w)}z`;
    })
    .join('');
}

/** Without points that lie within `tolerance` of the line between those kept: nothing that could be seen. */
export function thinned(points: readonly Point[], tolerance = 0.1): Point[] {
  const kept = points.slice(0, 1);
  let start = 0;
  for (let end = 2; end < points.length; end += 1) {
    const between = points.slice(start + 1, end);
    if (between.every((point) => distance(point, points[start], points[end]) <= tolerance))
      continue;
    start = end - 1;
    kept.push(points[start]);
  }
  return points.length > 1 ? [...kept, points.at(-1)!] : kept;
}

function distance([x, y]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length === 0) return Math.hypot(x - x1, y - y1);
  return Math.abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length;
}

function coordinates([x, y]: Point): string {
  return `${round(x)} ${round(y)}`;
}
