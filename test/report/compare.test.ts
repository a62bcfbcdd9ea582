/** Sides arranged, compared, and put into words: pure parts. */
import t from 'tap';
import { arrange } from '../../src/report/compare/design.ts';
import { compareSides, type FigureComparison } from '../../src/report/compare/compare.ts';
import { countFalseClaims, formatFalseClaims } from '../../src/report/compare/false-claims.ts';
import type { ComparedRun, FigureName } from '../../src/report/compare/run.ts';
import { formatComparison } from '../../src/report/compare/text.ts';
import { seededRandom } from '../../src/statistics/index.ts';
import { normal } from '../statistics/support.ts';

function runAt(startedAtMs: number, changes: Partial<ComparedRun> = {}): ComparedRun {
  return {
    file: `${startedAtMs}.json`,
    startedAtMs,
    session: '',
    block: Number.NaN,
    figures: { perSecond: 1000 },
    asked: '',
    machine: 'one',
    doubts: [],
    ...changes,
  };
}

/** 'abba': who ran when. */
function inOrder(order: string): [ComparedRun[], ComparedRun[]] {
  const sides: [ComparedRun[], ComparedRun[]] = [[], []];
  order.split('').forEach((side, i) => sides[side === 'a' ? 0 : 1].push(runAt(i)));
  return sides;
}

t.test('the order of runs decides the design', async (t) => {
  const cases: [string, string][] = [
    ['abababab', 'paired'],
    ['abbaabba', 'paired'],
    ['babaab', 'paired'],
    ['aabbabab', 'mixed'],
    ['abababa', 'mixed'],
    ['aaabbb', 'sequential'],
    ['bbbaaa', 'sequential'],
    ['aaaabb', 'sequential'],
  ];
  for (const [order, design] of cases) {
    const [a, b] = inOrder(order);
    const arranged = arrange(a.toReversed(), b);
    t.equal(arranged.design, design, order);
    t.equal(arranged.bFirst, order.startsWith('bbb'), order);
    t.same(
      arranged.a.map(({ startedAtMs }) => startedAtMs),
      a.map(({ startedAtMs }) => startedAtMs),
      'in the order of time',
    );
  }
});

t.test('blocks of one session are pairs, whatever lies between; of two they are not', async (t) => {
  const of = (session: string, offset: number) => (block: number) =>
    runAt(offset + block * 100, { session, block });
  const blocks = [0, 1, 2, 3];
  const a = blocks.map(of('monday', 0));
  t.equal(arrange(a, blocks.map(of('monday', 7)).toReversed()).design, 'paired');
  t.equal(arrange(a, blocks.map(of('tuesday', 1000))).design, 'sequential');
  const lost = arrange(a, [0, 2, 3].map(of('monday', 7)));
  t.same(
    [lost.a, lost.b].map((side) => side.map(({ block }) => block)),
    [
      [0, 2, 3],
      [0, 2, 3],
    ],
    'a block without its other half is left out',
  );
});

t.test('runs without a time are two samples, and it is said', async (t) => {
  const a = [1, 2, 3].map(() => runAt(Number.NaN));
  const { caveats, design } = compareSides({ name: 'x', runs: a }, { name: 'y', runs: a }, 0.05);
  t.equal(design, 'mixed');
  t.match(caveats.join(), /do not say when/);
});

/** Alternating runs whose figures differ by these factors. */
function sides(factors: Partial<Record<FigureName, number>>, runs = 8) {
  const random = seededRandom(2);
  const side = (isB: boolean): ComparedRun[] =>
    Array.from({ length: runs }, (_, i) => {
      const entries = Object.entries(factors).map(([name, factor]) => {
        const value = 100 * Math.exp(0.01 * normal(random)) * (isB ? factor : 1);
        return [name, value];
      });
      return runAt(2 * i + (isB ? 1 : 0), {
        figures: Object.fromEntries(entries) as ComparedRun['figures'],
      });
    });
  return [
    { name: 'before', runs: side(false) },
    { name: 'after', runs: side(true) },
  ] as const;
}

t.test('faster is the better side of a figure', async (t) => {
  const [a, b] = sides({ perSecond: 1.2, cpuUs: 0.8, p50Us: 1.2, p99Us: 1, p999Us: 1.051 });
  const { figures } = compareSides(a, b, 0.05);
  const verdicts = figures.map(({ figure, verdict }) => [figure, verdict]);
  t.same(verdicts, [
    ['perSecond', 'faster'],
    ['cpuUs', 'faster'],
    ['p50Us', 'slower'],
    ['p99Us', 'equivalent'],
    ['p999Us', verdicts[4][1]],
  ]);
  const back = compareSides(b, a, 0.05).figures;
  t.match(
    back.slice(0, 3).map(({ verdict }) => verdict),
    ['slower', 'slower', 'faster'],
  );
});

t.test('in words: a table, a sentence, and every caveat', async (t) => {
  const [a, b] = sides({ perSecond: 1.2, cpuUs: 0.8, p50Us: 1 });
  const first = { ...a.runs[0], doubts: ['clientBound', 'noisy'], machine: 'two' } as const;
  const without = { ...a.runs[1], figures: { perSecond: 100, cpuUs: 100 } };
  const doubtful = { name: 'before', runs: [first, without, ...a.runs.slice(2)] };
  const text = formatComparison(compareSides(doubtful, b, 0.05));
  t.match(text, /^A: before \(8 runs\)\nB: after \(8 runs\), compared in pairs\n/);
  t.match(text, /^messages\/s +\d+\/s +\d+\/s +\+\d+ % +\+\d+ % to \+\d+ % +faster$/m);
  t.match(
    text,
    /^A and B are medians over runs\. B to A is the middle of the ratios within each pair/m,
  );
  t.match(text, /^B is faster by messages\/s, server CPU\/message\.$/m);
  t.match(text, /In 1 of 16 runs the load was the limit/);
  t.match(text, /In 1 of 16 runs others used the machine/);
  t.match(text, /different machines: two; one/);
  t.match(text, /p50 is not compared/);
  t.notMatch(text, /NaN|undefined|Infinity/);
});

t.test('what B to A is, by the order of the runs', async (t) => {
  const said = (order: string): string => {
    const [a, b] = inOrder(order);
    return formatComparison(compareSides({ name: 'x', runs: a }, { name: 'y', runs: b }, 0.05));
  };
  t.match(said('abbaab'), /^A and B are .*the middle of the ratios within each pair, not/m);
  t.match(said('aabbabab'), /^A and B are .*every run of B to every run of A, not/m);
  t.match(said('aaabbb'), /^A and B are .*a steady drift taken out/m);
});

t.test('in words: what cannot be told, and what it takes', async (t) => {
  const [a, b] = sides({ perSecond: 1.2 }, 1);
  const one = formatComparison(compareSides(a, b, 0.05));
  t.match(one, /cannot tell, needs about 4 more runs of each$/m);
  t.notMatch(one, /NaN|undefined|Infinity/);
  t.match(one, /^B: after \(1 run\)\n/m);
  t.notMatch(one, /in pairs|middle of the ratios/, 'one run of each is no comparison in pairs');
  const never: FigureComparison = {
    figure: 'p99Us',
    verdict: 'unclear',
    a: 1,
    b: 1,
    ratio: 1.05,
    low: 0.9,
    high: 1.2,
    moreRuns: Number.POSITIVE_INFINITY,
  };
  const comparison = { ...compareSides(a, b, 0.05), figures: [never] };
  t.match(formatComparison(comparison), /cannot tell, needs more than 500 more runs of each$/m);
  t.match(formatComparison({ ...comparison, figures: [] }), /nothing is compared/);
});

t.test('false claims: each naming of the blocks is counted', async (t) => {
  const [a, b] = sides({ perSecond: 1, cpuUs: 1.3 }, 11);
  const blocks = a.runs.map((run, i) => [run, b.runs[i]] as const);
  const counts = countFalseClaims(blocks, 0.05);
  t.same(
    counts.map(({ comparisons, figure, namings }) => [figure, comparisons, namings]),
    [
      ['perSecond', 2, 32],
      ['cpuUs', 2, 32],
    ],
    'two groups of five, 16 namings each',
  );
  t.same([counts[0].claims, counts[0].namingClaims], [0, 0]);
  t.equal(counts[1].claims, 2, 'servers that do differ are found out');
  t.ok(counts[1].namingClaims < 16, 'and not where the names are mixed');
  t.match(formatFalseClaims(counts, 11, 60_000), /^2 of 4 as run, \d+\.\d % over every naming/m);
  t.same(countFalseClaims(blocks.slice(0, 2), 0.05), []);
  t.match(formatFalseClaims([], 2, 9000), /too few to compare: it takes 3 blocks/);
});
