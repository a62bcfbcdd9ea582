/** Latencies over time as counts in cells: columns are intervals, rows are latencies on a logarithmic scale. Pure. */
import { merged, valueAt, type Distribution } from './distribution.ts';

export interface HeatGrid {
  /** Edges of the columns, in ms: one more than there are columns. */
  readonly columnEdgesMs: readonly number[];
  readonly fromUs: number;
  readonly toUs: number;
  readonly rows: number;
  /** By column, then by row from the least latency. */
  readonly counts: readonly Uint32Array[];
  /** In the fullest cell. */
  readonly most: number;
}

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly distribution: Distribution;
}

/** Of each interval its place in time, and what it counted. */
export interface Slice extends Interval {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** At most `columns` slices: of more, as many neighbours as it takes are put together. */
export function sliced(slices: readonly Slice[], columns: number): Slice[] {
  const each = Math.max(1, Math.ceil(slices.length / columns));
  if (each === 1) return [...slices];
  return Array.from({ length: Math.ceil(slices.length / each) }, (_, i) =>
    together(slices.slice(i * each, (i + 1) * each)),
  );
}

function together(slices: readonly Slice[]): Slice {
  const sum = (key: 'sent' | 'answered' | 'failed'): number =>
    slices.reduce((total, slice) => total + slice[key], 0);
  const distribution = merged(slices.map((slice) => slice.distribution));
  const maxUs = slices.reduce((most, slice) => Math.max(most, slice.maxUs), 0);
  return {
    fromMs: slices[0].fromMs,
    toMs: slices.at(-1)!.toMs,
    sent: sum('sent'),
    answered: sum('answered'),
    failed: sum('failed'),
    p50Us: Math.min(maxUs, valueAt(distribution, 0.5)),
    p99Us: Math.min(maxUs, valueAt(distribution, 0.99)),
    maxUs,
    distribution,
  };
}

/** Counts answers into cells, a column for each interval. */
export function heatGrid(
  intervals: readonly Interval[],
  fromUs: number,
  toUs: number,
  rows: number,
): HeatGrid {
  const counts = intervals.map(({ distribution }) => {
    const cells = new Uint32Array(rows);
    countInto(cells, distribution, fromUs, toUs);
    return cells;
  });
  const last = intervals.at(-1);
  const edges = intervals.map(({ fromMs }) => fromMs);
  if (last !== undefined) edges.push(last.toMs);
  const most = counts.reduce((most, cells) => Math.max(most, ...cells), 0);
  return { columnEdgesMs: edges, fromUs, toUs, rows, counts, most };
}

function countInto(cells: Uint32Array, distribution: Distribution, fromUs: number, toUs: number) {
  const { upTo, us } = distribution;
  us.forEach((value, i) => {
    cells[rowOf(value, fromUs, toUs, cells.length)] += upTo[i] - (upTo[i - 1] ?? 0);
  });
}

/** The row of a latency, from 0 for the least; what lies beyond an end is in its row. */
export function rowOf(us: number, fromUs: number, toUs: number, rows: number): number {
  const share = Math.log(us / fromUs) / Math.log(toUs / fromUs);
  return Math.min(rows - 1, Math.max(0, Math.floor(share * rows)));
}

/**
 * The colour of a cell, 0 to `levels` − 1; −1 for an empty one. Square root: with a linear colour a few slow answers
 * beside thousands of fast ones could not be seen.
 */
export function levelOf(count: number, most: number, levels: number): number {
  if (count <= 0 || most <= 0) return -1;
  return Math.min(levels - 1, Math.floor(Math.sqrt(count / most) * levels));
}

/** The least count that has a level's colour. */
export function leastOfLevel(level: number, most: number, levels: number): number {
  return Math.max(1, Math.ceil((level / levels) ** 2 * most));
}

export interface Cell {
  readonly column: number;
  readonly row: number;
  /** How many rows upwards have the same level. */
  readonly rows: number;
}

/** Cells by level; equal ones above each other are one. */
export function cellsByLevel({ counts, most, rows }: HeatGrid, levels: number): Cell[][] {
  const cells: Cell[][] = Array.from({ length: levels }, () => []);
  counts.forEach((column, index) => {
    let row = 0;
    while (row < rows) {
      const level = levelOf(column[row], most, levels);
      let end = row + 1;
      while (end < rows && levelOf(column[end], most, levels) === level) end += 1;
      if (level >= 0) cells[level].push({ column: index, row, rows: end - row });
      row = end;
    }
  });
  return cells;
}
