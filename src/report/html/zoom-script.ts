/**
 * What runs in the page: a button at each line figure that draws it again with uPlot, to zoom into. The page is whole
 * without it. `zoomable` is written into the page as its own source, so it MUST use nothing from outside of itself.
 */
import type { Zoom } from './blocks.ts';

/** As much of the DOM as is used; the package is compiled for Node, which has none. */
interface Node {
  textContent: string | null;
  hidden: boolean;
  className: string;
  type: string;
  readonly clientWidth: number;
  append(...nodes: (Node | string)[]): void;
  replaceChildren(...nodes: Node[]): void;
  querySelector(selector: string): Node | null;
  querySelectorAll(selector: string): Iterable<Node>;
  addEventListener(name: string, listener: (event: unknown) => void): void;
  setAttribute(name: string, value: string): void;
  focus(): void;
}

interface Page {
  readonly document: Node & { readonly documentElement: Node; createElement(name: string): Node };
  getComputedStyle(node: Node): { getPropertyValue(name: string): string };
  matchMedia(query: string): Pick<Node, 'addEventListener'>;
  addEventListener(name: string, listener: () => void): void;
}

interface Plot {
  readonly scales: Readonly<Record<string, { min: number; max: number }>>;
  setScale(name: string, range: { min: number; max: number }): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}

type MakePlot = new (options: object, data: readonly unknown[], target: Node) => Plot;

export function zoomable(page: Page, MakePlot: MakePlot): void {
  const { document } = page;
  const DASH = [6, 4];
  const HEIGHT = 380;
  const open = new Set<{ draw: () => void; close: () => void; resize: () => void }>();

  const colour = (name: string): string =>
    page.getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const element = (name: string, className: string, text = ''): Node => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const button = (text: string, label: string, act: () => void): Node => {
    const made = element('button', '', text);
    made.type = 'button';
    made.setAttribute('aria-label', label);
    made.addEventListener('click', act);
    return made;
  };

  const us = (value: number | null): string => {
    if (value === null || value === undefined) return '–';
    if (value < 1000) return `${Number(value.toPrecision(3))} µs`;
    return value < 1e6
      ? `${Number((value / 1e3).toPrecision(3))} ms`
      : `${Number((value / 1e6).toPrecision(3))} s`;
  };

  const share = (nines: number | null): string =>
    nines === null || nines === undefined
      ? '–'
      : `${Number((100 * (1 - 10 ** -nines)).toFixed(Math.max(1, Math.ceil(nines) - 1)))}%`;

  const optionsOf = ({ lines, x }: Zoom, width: number): object => {
    const axis = {
      stroke: colour('soft'),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
    };
    const say =
      x === 'nines'
        ? share
        : (value: number | null) => (value === null ? '–' : `${Number(value.toFixed(2))} s`);
    return {
      width,
      height: HEIGHT,
      scales: { x: { time: false }, y: { distr: 3 } },
      cursor: { drag: { x: true, y: false } },
      axes: [
        { ...axis, values: (_plot: unknown, values: number[]) => values.map(say) },
        {
          ...axis,
          size: 66,
          values: (_plot: unknown, values: (number | null)[]) =>
            values.map((value) => (value === null ? '' : us(value))),
        },
      ],
      series: [
        {
          label: x === 'nines' ? 'share' : 'time',
          value: (_plot: unknown, value: number | null) => say(value),
        },
        ...lines.map(({ dashed, name, series }) => ({
          label: name,
          stroke: colour(`s${series % 8}`),
          width: 2,
          dash: dashed ? DASH : undefined,
          points: { show: false },
          value: (_plot: unknown, value: number | null) => us(value),
        })),
      ],
    };
  };

  const prepare = (figure: Node): void => {
    const zoom = JSON.parse(figure.querySelector('.zoom-data')!.textContent!) as Zoom;
    const drawing = figure.querySelector('.drawing')!;
    const legend = figure.querySelector('.legend');
    const [first, last] = [zoom.xs[0], zoom.xs[zoom.xs.length - 1]];
    if (zoom.xs.length < 3) return;
    let plot: Plot | undefined;
    const canvas = element('div', 'zoom');
    const tools = element('div', 'tools');

    /** Keeps the middle where it is, or moves it by a share of what is shown. */
    const look = (factor: number, by: number): void => {
      if (plot === undefined) return;
      const { max, min } = plot.scales.x;
      const half = Math.min(last - first, (max - min) * factor) / 2;
      const middle = (min + max) / 2 + by * (max - min);
      const kept = Math.min(last - half, Math.max(first + half, middle));
      plot.setScale('x', { min: kept - half, max: kept + half });
    };

    const view = {
      draw(): void {
        plot?.destroy();
        const width = Math.max(260, drawing.clientWidth || figure.clientWidth);
        plot = new MakePlot(
          optionsOf(zoom, width),
          [zoom.xs, ...zoom.lines.map(({ ys }) => ys)],
          canvas,
        );
      },
      resize(): void {
        plot?.setSize({ width: Math.max(260, figure.clientWidth), height: HEIGHT });
      },
      close(): void {
        plot?.destroy();
        plot = undefined;
        canvas.replaceChildren();
        canvas.hidden = true;
        drawing.hidden = false;
        if (legend !== null) legend.hidden = false;
        tools.replaceChildren(start);
        open.delete(view);
      },
    };

    const start = button('Zoom', 'Draw this figure so that it can be zoomed into', () => {
      canvas.hidden = false;
      view.draw();
      drawing.hidden = true;
      if (legend !== null) legend.hidden = true;
      const nearer = button('+', 'Zoom in', () => look(0.5, 0));
      tools.replaceChildren(
        nearer,
        button('−', 'Zoom out', () => look(2, 0)),
        button('◀', 'Move left', () => look(1, -0.25)),
        button('▶', 'Move right', () => look(1, 0.25)),
        button('All', 'Show all', () => plot?.setScale('x', { min: zoom.xs[0], max: last })),
        button('Done', 'Back to the figure as it was', () => {
          view.close();
          start.focus();
        }),
        element('span', 'zoom-hint', 'or drag over the figure'),
      );
      nearer.focus();
      open.add(view);
    });

    canvas.hidden = true;
    tools.replaceChildren(start);
    figure.append(canvas, tools);
  };

  for (const figure of document.querySelectorAll('figure[data-zoom]')) prepare(figure);
  page.addEventListener('resize', () => open.forEach((view) => view.resize()));
  page.addEventListener('beforeprint', () => open.forEach((view) => view.close()));
  page
    .matchMedia('(prefers-color-scheme: dark)')
    .addEventListener('change', () => open.forEach((view) => view.draw()));
}
