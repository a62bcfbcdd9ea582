/** Small shapes that tell series apart where colours do not. Pure. */
import { m, type Markup } from './markup.ts';
import { round, type Point } from './path.ts';

/** Corners around 0, of about the same weight as a circle of radius 1. */
const SHAPES: ReadonlyArray<readonly Point[] | 'circle'> = [
  'circle',
  corners(4, 45, 1.2),
  corners(3, -90, 1.4),
  corners(4, 0, 1.35),
  corners(3, 90, 1.4),
  star(4, 1.5, 0.55),
  corners(5, -90, 1.25),
  star(5, 1.5, 0.65),
];
export const SHAPE_COUNT = SHAPES.length;

/** The class that gives a series its colour. */
export function seriesClass(index: number): string {
  return `s${index % SHAPES.length}`;
}

/** What stands for series `index`; more than there are shapes begin again. */
export function mark(index: number, x: number, y: number, radius: number, name = 'mark'): Markup {
  const shape = SHAPES[index % SHAPES.length];
  if (shape === 'circle') {
    return m`<circle class="${name}" cx="${round(x)}" cy="${round(y)}" r="${radius}"/>`;
  }
  const points = shape.map(([dx, dy]) => `${round(x + dx * radius)} ${round(y + dy * radius)}`);
  return m`<path class="${name}" d="M${points.join('L')}Z"/>`;
}

/** Not met, not kept. */
export function cross(x: number, y: number, radius: number): Markup {
  const [left, right, top, bottom] = [x - radius, x + radius, y - radius, y + radius].map(round);
  return m`<path class="cross" d="M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}"/>`;
}

function corners(count: number, turn: number, radius: number): Point[] {
  return Array.from({ length: count }, (_, i) => corner((turn + (360 * i) / count) % 360, radius));
}

function star(count: number, outer: number, inner: number): Point[] {
  return Array.from({ length: count * 2 }, (_, i) =>
    corner(-90 + (180 * i) / count, i % 2 === 0 ? outer : inner),
  );
}

function corner(degrees: number, radius: number): Point {
  const angle = (degrees * Math.PI) / 180;
  return [Math.cos(angle) * radius, Math.sin(angle) * radius];
}
