/** The parts that every figure is made of: caveats, a legend, the drawing, and the table behind it. */
import { mark, seriesClass } from '../svg/marks.ts';
import { jsonMarkup, m, nothing, prose, type Markup, type Part } from '../svg/markup.ts';
import type { Stated } from './caveats.ts';
import { icon } from './icons.ts';

export interface Cell {
  readonly text: Part;
  /** Rests on too few answers. */
  readonly few?: boolean;
  /** The best of its column. */
  readonly best?: boolean;
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: ReadonlyArray<readonly (Cell | string)[]>;
}

/** What a figure shows once a reader may zoom: drawn by uPlot. */
export interface Zoom {
  /** Of the x axis: 'nines' are shares as log 1/(1 − share). */
  readonly x: 'nines' | 'seconds';
  readonly xs: readonly number[];
  readonly lines: readonly ZoomLine[];
}

export interface ZoomLine {
  readonly name: string;
  readonly series: number;
  readonly dashed: boolean;
  /** Microseconds; null where there is none. */
  readonly ys: ReadonlyArray<number | null>;
}

export interface Drawing {
  /** Above the drawing, where there are several in a figure. */
  readonly title?: string;
  readonly legend?: Markup;
  readonly image: Markup;
  readonly zoom?: Zoom;
}

export interface Figure {
  readonly id: string;
  readonly title: string;
  /** How it is read. */
  readonly lead: Part;
  readonly caveats: readonly Stated[];
  readonly drawings: readonly Drawing[];
  readonly tables: readonly Table[];
}

/** `first`: a table that is no detail. */
export function renderFigure(
  { caveats, drawings, id, lead, tables, title }: Figure,
  first?: Table,
): Markup {
  return m`<section id="${id}">
<h2>${prose(title)}</h2>
<p class="lead">${lead}</p>
${first !== undefined && renderTable(first)}
${renderCaveats(caveats, 'touches')}
${drawings.map(renderDrawing)}
${renderTables(tables)}
</section>
`;
}

/** As sentences below each other, or as few words beside each other. */
export function renderCaveats(
  caveats: readonly Stated[],
  kind: 'caveats' | 'touches' = 'caveats',
): Markup {
  if (caveats.length === 0) return nothing;
  const words = { bad: 'Mind:', warn: 'Mind:', note: 'Note:' } as const;
  return m`<ul class="${kind}" aria-label="Caveats">${caveats.map(
    ({ level, text }) =>
      m`<li class="${level}">${icon(level)}<span><b class="hidden">${words[level]} </b>${text}</span></li>`,
  )}</ul>`;
}

function renderDrawing({ image, legend = nothing, title, zoom }: Drawing): Markup {
  const data =
    zoom === undefined
      ? nothing
      : m`<script type="application/json" class="zoom-data">${jsonMarkup(zoom)}</script>`;
  return m`<figure${zoom !== undefined && m` data-zoom="${zoom.x}"`}>${
    title !== undefined && m`<figcaption>${title}</figcaption>`
  }${legend}<div class="drawing">${image}</div>${data}</figure>
`;
}

export function renderTables(
  tables: readonly Table[],
  title = `The figures as ${tables.length === 1 ? 'a table' : 'tables'}`,
): Markup {
  if (tables.length === 0) return nothing;
  return m`<details><summary>${title}</summary>${tables.map(renderTable)}</details>`;
}

/** Its first column names the row. Wide ones scroll by themselves. */
export function renderTable({ caption, head, rows }: Table): Markup {
  const numeric = head.map((_, column) => isNumeric(rows, column));
  return m`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption><span>${caption}</span></caption>
<thead><tr>${head.map((title, column) => m`<th scope="col"${numeric[column] && m` class="number"`}>${title}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => m`<tr>${row.map((cell, column) => renderCell(cell, column, numeric[column]))}</tr>
`,
  )}</tbody></table></div>`;
}

function renderCell(cell: Cell | string, column: number, numeric: boolean): Markup {
  const {
    best = false,
    few = false,
    text,
  }: Cell = typeof cell === 'string' ? { text: cell } : cell;
  if (column === 0) return m`<th scope="row">${text}</th>`;
  const name = [numeric ? 'number' : undefined, few ? 'few' : undefined]
    .filter((word) => word !== undefined)
    .join(' ');
  return m`<td${name !== '' && m` class="${name}"`}>${best ? m`<b>${text}</b>` : text}${few && m`&#8239;†`}</td>`;
}

/** Most of its cells begin with a digit: the column stands to the right. */
function isNumeric(rows: Table['rows'], column: number): boolean {
  if (column === 0) return false;
  const texts = rows
    .map((row) => row[column])
    .map((cell) => (typeof cell === 'string' ? cell : cell?.text));
  const said = texts.filter((text) => text !== '');
  return said.filter(isNumber).length * 2 > said.length;
}

function isNumber(text: Part): boolean {
  return typeof text === 'string' && /^(?:[-+−]?\d|–$)/.test(text);
}

export interface LegendItem {
  readonly name: string;
  readonly swatch: Markup;
}

export function renderLegend(items: readonly LegendItem[]): Markup {
  return m`<ul class="legend">${items.map(({ name, swatch }) => m`<li>${swatch}<span>${name}</span></li>`)}</ul>`;
}

/** A piece of a line with its series' shape. */
export function lineSwatch(series: number, kind = 'line', shape: number | null = series): Markup {
  return m`<svg class="swatch ${seriesClass(series)}" viewBox="0 0 28 14" aria-hidden="true"><path class="${kind}" d="M1 7H27"/>${
    shape === null ? nothing : mark(shape, 14, 7, 4)
  }</svg>`;
}

export function boxSwatch(kind: string): Markup {
  return m`<svg class="swatch" viewBox="0 0 28 14" aria-hidden="true"><rect class="${kind}" x="4" y="1" width="20" height="12"/></svg>`;
}

/** Names up to this stay in one line. */
const SHORT_CHARS = 20;

/** A run's name with its colour and shape, as tables and headings have it. */
export function runTag(series: number, name: string): Markup {
  return m`<span class="run${name.length <= SHORT_CHARS && ' short'}"><svg class="swatch small ${seriesClass(series)}" viewBox="0 0 14 14" aria-hidden="true">${mark(series, 7, 7, 5)}</svg>${name}</span>`;
}
