/**
 * Latency by percentile: x has as much room for 99 to 99.9 % as for 90 to 99 %, since that is where servers differ. With
 * each curve goes a band, which is the instrument's own error, and what rests on fewer than ten answers is grey.
 */
import {
  areaWithin,
  bothSizes,
  drawFrame,
  FONT_SIZE,
  svg,
  type Area,
  type Size,
} from '../../svg/frame.ts';
import { shorten, spread, textWidth } from '../../svg/labels.ts';
import { mark, seriesClass } from '../../svg/marks.ts';
import { m, nothing, type Markup } from '../../svg/markup.ts';
import { bandPath, linePath, round, stepPath, thinned, type Point } from '../../svg/path.ts';
import { logEnds, logScale, most, nines, ninesScale, type Scale } from '../../svg/scale.ts';
import { logTicks, ninesTicks } from '../../svg/ticks.ts';
import {
  lineSwatch,
  renderLegend,
  type Cell,
  type Drawing,
  type Figure,
  type LegendItem,
  type Table,
  type Zoom,
} from '../blocks.ts';
import type { Stated } from '../caveats.ts';
import { curveOf, splitAt, trustedShare, type CurvePoint } from '../distribution.ts';
import { goalsOf, type Goal } from '../goals.ts';
import { LOOPS, wordsOf } from '../../loops.ts';
import { drawnOf, type Run } from '../runs.ts';
import type { Latency, Summary } from '../schema.ts';
import { count, percentileName, us, usTick } from '../words.ts';

const NAMED = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
] as const;
const HEIGHT_PX = 420;
const NARROW_HEIGHT_PX = 330;
const LABEL_CHARS = 20;

interface Line {
  readonly name: string;
  /** What stands at its end. */
  readonly label: string;
  readonly series: number;
  /** The service of an open loop: what is held against the response. */
  readonly second: boolean;
  readonly latency: Latency;
  readonly points: readonly CurvePoint[];
}

export function percentilesFigure(
  runs: readonly Run[],
  caveats: readonly Stated[],
): Figure | undefined {
  const { runs: drawn, says } = drawnOf(runs.filter(({ distribution }) => distribution.count > 0));
  if (drawn.length === 0) return undefined;
  const lines = drawn.length === 1 ? bothLines(drawn[0]) : drawn.map(lineOf);
  const goals = goalsOf(drawn);
  const { unit } = wordsOf(drawn.map(({ result }) => result.loop));
  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    lead: m`How long the given share of ${unit}s took at most, on logarithmic axes. The band is the instrument’s own error: the truth lies in it. It is known at ${NAMED.map(([name]) => percentileName(name)).join(', ')}, where the marks are.${says}`,
    caveats,
    drawings: [drawing(lines, goals, unit)],
    tables: [tableOf(runs)],
  };
}

function lineOf({ distribution, latency, name, series }: Run): Line {
  return {
    name,
    label: name,
    series,
    second: false,
    latency,
    points: curveOf(distribution, latency.maxUs),
  };
}

/** Of a single open loop, the service time too: how far it lies below is what a closed loop would have hidden. */
function bothLines(run: Run): Line[] {
  const first = lineOf(run);
  const words = LOOPS[run.result.loop];
  if (run.service === undefined || run.service.count === 0) {
    return [{ ...first, name: `${words.latency}, ${words.from}`, label: words.latency }];
  }
  const { service: latency } = run.result;
  const points = curveOf(run.service, latency.maxUs);
  return [
    { ...first, name: `${words.latency}, ${words.from}`, label: words.latency },
    {
      name: 'service, from when it was sent',
      label: 'service',
      series: run.series + 1,
      second: true,
      latency,
      points,
    },
  ];
}

function drawing(lines: readonly Line[], goals: readonly Goal[], unit: string): Drawing {
  const items: LegendItem[] = lines.map(({ name, second, series }) => ({
    name,
    swatch: lineSwatch(series, second ? 'line second' : 'line', second ? null : series),
  }));
  items.push({
    name: `fewer than ten ${unit}s beyond`,
    swatch: lineSwatch(0, 'line few', null),
  });
  return {
    legend: renderLegend(items),
    image: bothSizes(HEIGHT_PX, (size) => draw(lines, goals, unit, size), NARROW_HEIGHT_PX),
    zoom: zoomOf(lines),
  };
}

function draw(lines: readonly Line[], goals: readonly Goal[], unit: string, size: Size): Markup {
  const answers = most(lines.map(({ latency }) => latency.count));
  // The very fastest would take room from all others; the curve begins at the bottom then.
  const values = lines.flatMap(({ points }) =>
    points.filter(({ share }) => share > 0.02).map(({ us }) => us),
  );
  const [from, to] = logEnds([...values, ...goals.map(({ us }) => us)]);
  const ticks = logTicks(from, to, size.narrow ? 7 : 10).map((value) => ({
    value,
    label: usTick(value),
  }));
  const labels =
    size.narrow || lines.length === 1 ? [] : lines.map(({ label }) => shorten(label, LABEL_CHARS));
  const room = Math.max(0, ...labels.map((label) => textWidth(label, FONT_SIZE))) + 22;
  const area = areaWithin(
    size,
    ticks.map(({ label }) => label),
    labels.length === 0 ? 14 : room,
  );
  const x = ninesScale(answers, area.left, area.right);
  const y = logScale(from, to, area.bottom, area.top);
  const frame = drawFrame(
    area,
    {
      scale: x,
      ticks: ninesTicks(answers).map(({ label, share }) => ({ value: share, label })),
      title: `share of ${unit}s`,
    },
    { scale: y, ticks, title: 'latency: less is better' },
  );
  return svg(
    size,
    alternativeOf(lines),
    frame,
    m`<g class="${lines.length > 2 ? 'bands many' : 'bands'}">${lines.map((line) => drawBand(line, x, y))}</g>`,
    lines.map((line) => drawLine(line, x, y)),
    goals.map((goal) => drawGoal(goal, x, y, area)),
    labels.length === 0 ? nothing : drawLabels(lines, labels, y, area, x),
  );
}

function drawBand({ latency, second, series }: Line, x: Scale, y: Scale): Markup {
  if (second) return nothing;
  const known = NAMED.filter(([, share]) => nines(share) <= Math.log10(latency.count));
  const edge = (side: 'leastUs' | 'mostUs'): Point[] =>
    known.map(([name, share]) => [x.at(share), y.at(Math.max(latency.bounds[name][side], y.from))]);
  return m`<path class="band ${seriesClass(series)}" d="${bandPath(edge('mostUs'), edge('leastUs'))}"/>`;
}

function drawLine({ latency, points, second, series }: Line, x: Scale, y: Scale): Markup {
  const [enough, few] = splitAt(points, trustedShare(latency.count));
  const place = ({ share, us }: CurvePoint): Point => [x.at(share), y.at(us)];
  const marks = NAMED.filter(([, share]) => share <= trustedShare(latency.count)).map(
    ([name, share]) => {
      const value = latency[`${name}Us`];
      return m`<g>${mark(series, x.at(share), y.at(value), 4)}<title>${percentileName(name)}: ${us(value)}</title></g>`;
    },
  );
  return m`<g class="${seriesClass(series)}"><path class="line few" d="${stepPath(thinned(few.map(place)))}"/><path class="line${second && ' second'}" d="${linePath(thinned(enough.map(place)))}"/>${second ? nothing : marks}</g>`;
}

/** A bar at its percentile: what must lie below it. */
function drawGoal({ passed, share, text, us }: Goal, x: Scale, y: Scale, { right }: Area): Markup {
  const [cx, cy] = [round(x.at(share)), round(y.at(us))];
  const words = `${text} ${passed ? 'kept' : 'not kept'}`;
  const anchor = cx + textWidth(words, FONT_SIZE) / 2 > right ? 'end' : 'middle';
  return m`<g class="goal ${passed ? 'good' : 'bad'}"><path d="M${cx - 16} ${cy}h32M${cx} ${cy}v7"/><text text-anchor="${anchor}" x="${cx}" y="${cy - 6}">${words}</text></g>`;
}

function drawLabels(
  lines: readonly Line[],
  labels: readonly string[],
  y: Scale,
  { bottom, right, top }: Area,
  x: Scale,
): Markup {
  const ends = lines.map(({ latency }) => y.at(latency.maxUs));
  const places = spread(ends, FONT_SIZE + 4, top, bottom);
  return m`${lines.map(({ points, series }, i) => {
    const endX = round(x.at(points.at(-1)!.share));
    const leader = `M${endX} ${round(ends[i])}L${right + 4} ${round(places[i])}`;
    return m`<g class="${seriesClass(series)}"><path class="leader" d="${leader}"/><text class="series" x="${right + 8}" y="${round(places[i] + 4)}">${labels[i]}</text></g>`;
  })}`;
}

function alternativeOf(lines: readonly Line[]): string {
  const each = lines.map(({ latency, name }) => {
    const figures = NAMED.map(([key]) => `${percentileName(key)} ${us(latency[`${key}Us`])}`);
    return `${name}: ${figures.join(', ')}, most ${us(latency.maxUs)}`;
  });
  return `Latency by percentile. ${each.join('; ')}. The table below has the instrument's bounds.`;
}

function tableOf(runs: readonly Run[]): Table {
  const columns = NAMED.map(([name]) => percentileName(name));
  const rows = runs.flatMap(({ latency, name, result }): (Cell | string)[][] => {
    const kind = LOOPS[result.loop].latency;
    const cells = (of: (key: (typeof NAMED)[number][0]) => number): Cell[] =>
      NAMED.map(([key]) => ({
        text: latency.count === 0 ? '–' : us(of(key)),
        few: latency.tooFew.includes(key),
      }));
    const head = (what: string): string => (runs.length === 1 ? what : `${name}, ${what}`);
    const row = (what: string, one: Summary | null): string[][] =>
      one === null || one.count === 0
        ? []
        : [
            [
              head(what),
              ...NAMED.map(([key]) => us(one[`${key}Us`])),
              us(one.maxUs),
              count(one.count),
            ],
          ];
    return [
      [head(kind), ...cells((key) => latency[`${key}Us`]), us(latency.maxUs), count(latency.count)],
      ['  at least', ...cells((key) => latency.bounds[key].leastUs), '', ''],
      ['  at most', ...cells((key) => latency.bounds[key].mostUs), '', ''],
      ...(result.loop === 'open' ? row('service', result.service) : []),
      ...row('schedule lag', result.lag),
      ...row('connecting', result.connect),
    ];
  });
  return {
    caption: 'Latency, with the bounds that the instrument states of itself',
    head: ['', ...columns, 'max', `${wordsOf(runs.map(({ result }) => result.loop)).unit}s`],
    rows,
  };
}

/** The same curves at common places. */
function zoomOf(lines: readonly Line[]): Zoom {
  const end = Math.log10(Math.max(10, most(lines.map(({ latency }) => latency.count))));
  const steps = 320;
  const xs = Array.from({ length: steps + 1 }, (_, i) => Number(((end * i) / steps).toFixed(4)));
  return {
    x: 'nines',
    xs,
    lines: lines.map(({ latency, name, points, second, series }) => ({
      name,
      series,
      dashed: second,
      ys: xs.map((place) => {
        if (place > Math.log10(latency.count) + 1e-6) return null;
        const next = points.find(({ share }) => nines(share) >= place - 1e-9) ?? points.at(-1)!;
        return Number(next.us.toPrecision(5));
      }),
    })),
  };
}
