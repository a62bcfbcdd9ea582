/** The drawing kit, by tables. */
import t from 'tap';
import { drawFrame, placeLabels } from '../../src/report/svg/frame.ts';
import { shorten, spread, textWidth } from '../../src/report/svg/labels.ts';
import { escape, jsonMarkup, m, prose } from '../../src/report/svg/markup.ts';
import {
  bandPath,
  boxesPath,
  linePath,
  stepPath,
  thinned,
  type Point,
} from '../../src/report/svg/path.ts';
import {
  linearScale,
  logEnds,
  logScale,
  nines,
  ninesScale,
  shareOfNines,
  stepAbove,
  stepBelow,
} from '../../src/report/svg/scale.ts';
import {
  enoughTicks,
  linearTicks,
  logTicks,
  ninesLabel,
  ninesTicks,
} from '../../src/report/svg/ticks.ts';

t.test('an axis has ticks enough to tell how it goes', async (t) => {
  const cases: [string, (count: number) => number[]][] = [
    ['0 to 1.9 ms', (count) => linearTicks(0, 1900, count)],
    ['close together, far from 0', (count) => linearTicks(301, 548, count)],
    ['a log axis shorter than a decade', (count) => logTicks(240, 830, count)],
    ['two decades', (count) => logTicks(200, 20_000, count)],
  ];
  for (const [name, make] of cases) {
    const ticks = enoughTicks(make, 1);
    t.ok(ticks.length >= 3, name, { ticks });
  }
  t.same(
    enoughTicks(() => [5], 3),
    [5],
    'of one value there is no more',
  );
});

t.test('what is text stays text', async (t) => {
  const cases: [string, string][] = [
    ['plain', 'plain'],
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['" onload="x', '&quot; onload=&quot;x'],
    ["it's & so", 'it&#39;s &amp; so'],
    ['a\u0000b\u001Bc', 'a\uFFFDb\uFFFDc'],
    ['line\nbreak\ttab', 'line\nbreak\ttab'],
    ['\uD800 alone', '\uFFFD alone'],
    ['µs – 日本 🎈', 'µs – 日本 🎈'],
  ];
  for (const [given, wanted] of cases) t.equal(escape(given), wanted, JSON.stringify(given));
  const name = '<b>';
  t.equal(m`<p title="${name}">${name}</p>`.text, '<p title="&lt;b&gt;">&lt;b&gt;</p>');
  t.equal(m`${[m`<i>1</i>`, '<', 2, undefined, false]}`.text, '<i>1</i>&lt;2');
  t.equal(
    jsonMarkup({ a: '</script><!--\u2028' }).text,
    String.raw`{"a":"\u003c/script>\u003c!--\u2028"}`,
  );
  t.same(JSON.parse(jsonMarkup({ a: '</script>' }).text), { a: '</script>' });
  t.equal(prose('what `<b>` is').text, 'what <code>&lt;b&gt;</code> is');
  t.equal(prose('an odd ` one').text, 'an odd ` one');
});

t.test('scales', async (t) => {
  const linear = linearScale(0, 10, 100, 200);
  const down = linearScale(0, 10, 200, 100);
  const log = logScale(1, 1000, 0, 300);
  const share = ninesScale(1000, 0, 300);
  const cases: [string, number, number][] = [
    ['linear', linear.at(5), 150],
    ['linear, beyond its ends', linear.at(-1), 100],
    ['linear, beyond its other end', linear.at(11), 200],
    ['downwards', down.at(2.5), 175],
    ['of one value alone', linearScale(3, 3, 0, 10).at(3), 5],
    ['log', log.at(10), 100],
    ['log of 0', log.at(0), 0],
    ['nines: 0', share.at(0), 0],
    ['nines: 90 %', share.at(0.9), 100],
    ['nines: 99 %', share.at(0.99), 200],
    ['nines: the greatest of all', share.at(1), 300],
    ['nines of 0.999', nines(0.999), 3],
    ['share of two nines', shareOfNines(2), 0.99],
    ['step below', stepBelow(4.9), 2],
    ['step below, a step', stepBelow(5), 5],
    ['step below 1', stepBelow(0.034), 0.02],
    ['step above', stepAbove(5.1), 10],
    ['step above, a step', stepAbove(200), 200],
    ['step above 1', stepAbove(0.11), 0.2],
  ];
  for (const [name, got, wanted] of cases)
    t.ok(Math.abs(got - wanted) < 1e-9, name, { got, wanted });
  t.same(logEnds([30, 700]), [20, 1000]);
  t.same(logEnds([50, 50.1]), [20, 200], 'never too short');
  t.same(logEnds([0, Number.NaN, -3, Infinity]), [1, 10], 'of nothing');
});

t.test('ticks', async (t) => {
  const cases: [string, number[], number[]][] = [
    ['round steps', linearTicks(0, 10, 5), [0, 2, 4, 6, 8, 10]],
    ['fractions', linearTicks(0, 0.3, 3), [0, 0.1, 0.2, 0.3]],
    ['not from 0', linearTicks(82, 97, 4), [85, 90, 95]],
    ['of nothing', linearTicks(3, 3, 4), [3]],
    ['1, 2, 5', logTicks(10, 200, 8), [10, 20, 50, 100, 200]],
    ['1, 3', logTicks(10, 10_000, 8), [10, 30, 100, 300, 1000, 3000, 10_000]],
    ['1', logTicks(1, 1_000_000, 8), [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]],
    ['every other decade', logTicks(1, 1_000_000, 4), [1, 100, 10_000, 1_000_000]],
    [
      'less than a decade',
      logTicks(20, 40, 4),
      [20, 25, 30, 35, 40].filter((tick) => tick % 5 === 0),
    ],
  ];
  for (const [name, got, wanted] of cases) t.same(got, wanted, name);
  t.same(
    ninesTicks(20_000).map(({ label }) => label),
    ['0%', '50%', '90%', '99%', '99.9%', '99.99%'],
  );
  t.equal(ninesLabel(0.99999), '99.999%');
  const scale = linearScale(0, 100, 0, 100);
  const crowd = [0, 20, 50, 55, 100].map((value) => ({ value, label: '1000' }));
  t.same(
    placeLabels(crowd, scale, 110).map(({ anchor, x }) => [x, anchor]),
    [
      [0, 'start'],
      [50, 'middle'],
      [100, 'end'],
    ],
    'what has no room is left out',
  );
});

t.test('paths', async (t) => {
  const points: Point[] = [
    [0, 0],
    [10.04, 5],
    [20, 0.06],
  ];
  t.equal(linePath(points), 'M0 0L10 5L20 0.1');
  t.equal(stepPath(points), 'M0 0H10V5H20V0.1');
  t.equal(linePath([[1, 1]]), '', 'one point is no line');
  t.equal(
    bandPath(
      points,
      points.map(([x, y]): Point => [x, y + 1]),
    ),
    'M0 0L10 5L20 0.1L20 1.1L10 6L0 1Z',
  );
  t.equal(boxesPath([{ x: 1, y: 2, width: 3, height: 4 }]), 'M1 2h3v4h-3z');
  t.same(
    thinned([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 0],
    ]),
    [
      [0, 0],
      [2, 2],
      [3, 0],
    ],
  );
  t.same(thinned([]), []);
  t.same(thinned([[4, 4]]), [[4, 4]]);
  const circle = Array.from({ length: 200 }, (_, i): Point => [
    Math.cos(i / 100) * 100,
    Math.sin(i / 100) * 100,
  ]);
  const kept = thinned(circle, 0.1);
  t.ok(kept.length < 60, 'a slow curve is thinned', { kept: kept.length });
  for (const [x, y] of middlesOf(kept)) {
    t.ok(Math.abs(Math.hypot(x, y) - 100) < 0.15, 'and nowhere leaves its place');
  }
});

function middlesOf(points: readonly Point[]): Point[] {
  return points.slice(1).map(([x, y], i) => [(x + points[i][0]) / 2, (y + points[i][1]) / 2]);
}

t.test('labels', async (t) => {
  const shortened: [string, number, string][] = [
    ['short', 10, 'short'],
    ['sharded-thread-20000', 11, 'shard…20000'],
    ['abcdef', 2, 'ab'],
    ['👩‍👩‍👧‍👧👩‍👩‍👧‍👧👩‍👩‍👧‍👧👩‍👩‍👧‍👧', 3, '👩‍👩‍👧‍👧…👩‍👩‍👧‍👧'],
  ];
  for (const [text, most, wanted] of shortened) t.equal(shorten(text, most), wanted);
  t.ok(textWidth('100 ms', 12) > 30);
  const spreads: [string, number[], number[]][] = [
    ['far apart', [10, 50, 90], [10, 50, 90]],
    ['together', [50, 50], [45, 55]],
    ['in their order', [51, 50, 49], [60, 50, 40]],
    ['at the end', [99, 100], [90, 100]],
    ['pushed into another', [40, 44, 52], [35.3, 45.3, 55.3]],
    [
      'more than fit',
      [50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50],
      [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    ],
    ['none', [], []],
  ];
  for (const [name, places, wanted] of spreads) {
    const got = spread(places, 10, 0, 100).map((place) => Math.round(place * 10) / 10);
    t.same(got, wanted, name);
  }
});

t.test('a frame draws every tick once, and its titles', async (t) => {
  const area = { left: 50, right: 300, top: 20, bottom: 200 };
  const ticks = [0, 5, 10].map((value) => ({ value, label: `<${value}>` }));
  const { text } = drawFrame(
    area,
    { scale: linearScale(0, 10, 50, 300), ticks, title: 'x & y' },
    { scale: linearScale(0, 10, 200, 20), ticks, title: 'up' },
  );
  t.equal(text.match(/&lt;5&gt;/g)?.length, 2);
  t.match(text, 'x &amp; y');
  t.notMatch(text, /NaN|undefined/);
});
