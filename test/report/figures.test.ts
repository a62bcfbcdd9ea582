/** What figures rest on, by tables: distributions, heat maps, sweeps, repeats, statistics, words, colours. */
import t from 'tap';
import {
  curveOf,
  decodeHistogram,
  splitAt,
  trustedShare,
  valueAt,
} from '../../src/report/html/distribution.ts';
import { linearEnds } from '../../src/report/html/figures/dots.ts';
import { middles } from '../../src/report/html/figures/rates.ts';
import { goalPlace } from '../../src/report/html/goals.ts';
import {
  cellsByLevel,
  heatGrid,
  leastOfLevel,
  levelOf,
  rowOf,
  sliced,
} from '../../src/report/html/heat.ts';
import { contrast, DARK, HEAT_LEVELS, LIGHT } from '../../src/report/html/palette.ts';
import { median, medianInterval, variation } from '../../src/report/html/statistics.ts';
import {
  count,
  countTick,
  list,
  percent,
  plural,
  rate,
  us,
  usTick,
} from '../../src/report/html/words.ts';
import { summary } from './results.ts';

const hundred = decodeHistogram(summary(Array.from({ length: 100 }, (_, i) => i + 1)).histogram);

t.test('distributions', async (t) => {
  t.equal(hundred.count, 100);
  const cases: [number, number][] = [
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [0.999, 100],
    [1, 100],
  ];
  for (const [share, wanted] of cases) {
    t.ok(Math.abs(valueAt(hundred, share) - wanted) < 0.1, `p${share * 100} is ${wanted}`);
  }
  const curve = curveOf(hundred, 100);
  t.equal(curve[0].share, 0);
  t.same(curve.at(-1), { share: 0.99, us: 100 }, 'the greatest of a hundred stands at 99 %');
  t.ok(
    curve.every(({ us }, i) => i === 0 || us >= curve[i - 1].us),
    'it never falls',
  );
  t.same(trustedShare(100), 0.9, 'ten lie beyond');
  t.equal(trustedShare(10), 0);
  const [enough, few] = splitAt(curve, 0.9);
  t.ok(enough.every(({ share }) => share <= 0.9 + 1e-9));
  t.same(few[0], enough.at(-1), 'both parts meet');
  t.same(splitAt(curve, 1), [curve, []]);
  const none = decodeHistogram(summary([]).histogram);
  t.same([none.count, valueAt(none, 0.5), curveOf(none, 0)], [0, 0, []]);
  for (const bad of ['', 'AAAA', 'not base64!', 'HISTFAAAAAA=']) {
    t.throws(() => decodeHistogram(bad), `no histogram: ${bad}`);
  }
});

t.test('the heat map: bins', async (t) => {
  const rows: [number, number][] = [
    [1, 0],
    [0.1, 0],
    [9.99, 0],
    [10, 1],
    [99, 1],
    [100, 2],
    [1000, 2],
    [5000, 2],
  ];
  for (const [us, row] of rows) t.equal(rowOf(us, 1, 1000, 3), row, `${us} µs`);
  const levels: [number, number, number][] = [
    [0, 100, -1],
    [1, 100, 0],
    [25, 100, 4],
    [100, 100, 8],
    [1, 1, 8],
    [5, 0, -1],
  ];
  for (const [number, most, level] of levels) {
    t.equal(levelOf(number, most, 9), level, `${number} of ${most}`);
  }
  for (let level = 0; level < 9; level += 1) {
    t.equal(levelOf(leastOfLevel(level, 810, 9), 810, 9), level, `level ${level} from its least`);
  }
  const interval = (second: number) => ({
    fromMs: second * 1000,
    toMs: second * 1000 + 1000,
    sent: 100,
    answered: 100,
    failed: 0,
    p50Us: 50,
    p99Us: 99,
    maxUs: 100,
    distribution: hundred,
  });
  const slices = sliced([0, 1, 2, 3, 4].map(interval), 2);
  t.same(
    slices.map(({ answered, fromMs, toMs }) => [fromMs, toMs, answered]),
    [
      [0, 3000, 300],
      [3000, 5000, 200],
    ],
    'three intervals in a slice, and the rest',
  );
  t.equal(Math.round(slices[0].p50Us), 50);
  t.same(sliced(slices, 2), slices, 'few stay as they are');
  const grid = heatGrid(slices, 1, 1000, 3);
  t.same(grid.columnEdgesMs, [0, 3000, 5000]);
  t.same(
    grid.counts.map((column) => [...column]),
    [
      [27, 270, 3],
      [18, 180, 2],
    ],
  );
  t.equal(grid.most, 270);
  const cells = cellsByLevel(grid, 9);
  const drawn = cells.flat().reduce((sum, { rows }) => sum + rows, 0);
  t.equal(drawn, 6, 'every cell that has answers is drawn once');
  t.same(heatGrid([], 1, 10, 3), {
    columnEdgesMs: [],
    fromUs: 1,
    toUs: 10,
    rows: 3,
    counts: [],
    most: 0,
  });
});

t.test('thresholds that have a place in the figure', async (t) => {
  const cases: [string, object | undefined][] = [
    ['p99<5ms', { share: 0.99, us: 5000 }],
    ['p99.9<=1.5s', { share: 0.999, us: 1_500_000 }],
    ['p999<80us', { share: 0.999, us: 80 }],
    ['response.p50<1ms', { share: 0.5, us: 1000 }],
    ['service.p99<5ms', undefined],
    ['p99>5ms', undefined],
    ['errors<0.1%', undefined],
    ['mean<1ms', undefined],
  ];
  for (const [text, wanted] of cases) t.same(goalPlace(text), wanted, text);
});

t.test('medians of loads that were asked the same', async (t) => {
  const point = (offeredPerSecond: number | null, answeredPerSecond: number, p99Us: number) => ({
    name: '',
    offeredPerSecond,
    answeredPerSecond,
    p50Us: 1,
    p99Us,
    met: true,
    says: '',
  });
  t.same(middles([point(10, 10, 5), point(20, 18, 8), point(10, 9, 7), point(10, 8, 6)], 'p99Us'), [
    { perSecond: 9, us: 6 },
    { perSecond: 18, us: 8 },
  ]);
  t.equal(
    middles([point(null, 10, 5), point(null, 12, 6)], 'p99Us').length,
    2,
    'a closed loop asks none',
  );
});

t.test('statistics', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.ok(Number.isNaN(median([])));
  t.equal(medianInterval([1, 2, 3, 4]), undefined, 'four are too few');
  const [low, high] = medianInterval([10, 11, 12, 13, 14, 15, 16])!;
  t.ok(low < 13 && high > 13 && low >= 10 && high <= 16);
  t.same(medianInterval([1, 5, 2, 4, 3]), medianInterval([1, 5, 2, 4, 3]), 'the same every time');
  t.equal(variation([5, 5, 5]), 0);
  t.equal(variation([0, 2]), 1);
  t.equal(variation([]), 0);
  t.same(linearEnds([1, 10]).map(Math.round), [0, 10]);
  t.ok(linearEnds([90, 100])[0] > 80, 'dots that lie together far from 0 get a scale of their own');
  t.same(linearEnds([]), [0, 1]);
});

t.test('words', async (t) => {
  const cases: [string, string][] = [
    [us(0.06), '0.06\u00A0µs'],
    [us(1234), '1.23\u00A0ms'],
    [us(Number.NaN), '–'],
    [usTick(500), '500\u00A0µs'],
    [usTick(2000), '2\u00A0ms'],
    [usTick(1_000_000), '1\u00A0s'],
    [count(1234.6), '1,235'],
    [count(Number.NaN), '–'],
    [rate(27_398), '27,398/s'],
    [countTick(500), '500'],
    [countTick(20_000), '20k'],
    [countTick(1_500_000), '1.5M'],
    [percent(0), '0%'],
    [percent(0.00001), 'less than 0.01%'],
    [percent(0.0012), '0.12%'],
    [percent(0.1656), '16.6%'],
    [percent(1), '100%'],
    [plural(1, 'run'), '1 run'],
    [plural(1200, 'run'), '1,200 runs'],
    [list([]), ''],
    [list(['a']), 'a'],
    [list(['a', 'b', 'c']), 'a, b and c'],
    [list(['a', 'b', 'c', 'd', 'e'], 3), 'a, b and 3 more'],
  ];
  for (const [got, wanted] of cases) t.equal(got, wanted);
});

t.test('colours have contrast', async (t) => {
  for (const [name, theme] of Object.entries({ LIGHT, DARK })) {
    for (const behind of ['page', 'wash'] as const) {
      for (const colour of ['ink', 'soft', 'good', 'warn', 'bad', 'link'] as const) {
        const found = contrast(theme[colour], theme[behind]);
        t.ok(found >= 4.5, `${name}: ${colour} on ${behind}`, { found });
      }
      t.ok(contrast(theme.few, theme[behind]) >= 3, `${name}: few on ${behind}`);
    }
    theme.series.forEach((colour, i) => {
      t.ok(contrast(colour, theme.page) >= 4.5, `${name}: series ${i} is text, too`);
    });
    t.equal(theme.heat.length, HEAT_LEVELS);
    theme.heat.forEach((colour, i) => {
      const before = theme.heat[i - 1] ?? theme.page;
      t.ok(
        contrast(colour, theme.page) > contrast(before, theme.page) * 1.15,
        `${name}: heat ${i} stands out more than the one before`,
      );
    });
  }
});
