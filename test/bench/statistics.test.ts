import t from 'tap';
import {
  median,
  medianInterval,
  ratioInterval,
  seededRandom,
  shuffled,
  variation,
  type Random,
} from '../../bench/measure/statistics.ts';

t.test('median', async (t) => {
  const cases: [readonly number[], number][] = [
    [[3], 3],
    [[1, 2], 1.5],
    [[9, 1, 5], 5],
    [[10, 9, 1, 2], 5.5],
    [[], Number.NaN],
  ];
  for (const [values, expected] of cases) t.same(median(values), expected, `of [${values.join()}]`);
});

t.test('median leaves its argument as it was', async (t) => {
  const values = [3, 1, 2];
  median(values);
  t.same(values, [3, 1, 2]);
});

t.test('variation is the standard deviation over the mean', async (t) => {
  const cases: [readonly number[], number][] = [
    [[5, 5, 5], 0],
    [[1, 3], 0.5],
    [[0, 2], 1],
    [[0, 0], 0],
    [[], 0],
  ];
  for (const [values, expected] of cases)
    t.same(variation(values), expected, `of [${values.join()}]`);
});

t.test('the same seed gives the same sequence, in [0, 1)', async (t) => {
  const take = (random: Random): number[] => Array.from({ length: 100 }, () => random());
  const first = take(seededRandom(7));
  t.same(take(seededRandom(7)), first);
  t.notSame(take(seededRandom(8)), first);
  t.ok(first.every((value) => value >= 0 && value < 1));
});

t.test('shuffled keeps every value, and every order comes up as often', async (t) => {
  const random = seededRandom(1);
  const seen = new Map<string, number>();
  for (let round = 0; round < 6000; round += 1) {
    const order = shuffled(['a', 'b', 'c'], random).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  t.same([...seen.keys()].toSorted(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  for (const [order, count] of seen) t.ok(Math.abs(count - 1000) < 150, `${order}: ${count}`);
});

t.test('an interval of equal values is that value', async (t) => {
  t.same(medianInterval([4, 4, 4, 4, 4], seededRandom(1)), { estimate: 4, low: 4, high: 4 });
});

t.test('with five blocks the interval is from the least to the most', async (t) => {
  const { estimate, low, high } = medianInterval([5, 3, 1, 4, 2], seededRandom(1));
  t.same([low, estimate, high], [1, 3, 5]);
});

t.test('a ratio is taken block by block', async (t) => {
  // The machine slows down threefold over the blocks: the medians' ratio would be 2 * 10 / 30.
  const of = [20, 40, 60, 80, 100];
  const over = [10, 20, 30, 40, 50];
  const { estimate, low, high } = ratioInterval(of, over, seededRandom(1));
  for (const value of [estimate, low, high]) t.ok(Math.abs(value - 2) < 1e-9);
});

t.test('the ratio the other way round is one over it', async (t) => {
  const [of, over] = [
    [3, 5, 4, 6, 5],
    [2, 2, 3, 3, 2],
  ];
  const there = ratioInterval(of, over, seededRandom(3));
  const back = ratioInterval(over, of, seededRandom(3));
  t.ok(Math.abs(there.estimate * back.estimate - 1) < 1e-9);
  t.ok(Math.abs(there.low * back.high - 1) < 1e-9);
});

t.test('the 95 % interval covers the truth about as often as its docstring says', async (t) => {
  const random = seededRandom(11);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const withOutliers = (): number => normal() * (random() < 0.2 ? 5 : 1);
  const rounds = 300;
  for (const [blocks, least] of [
    [5, 0.89],
    [9, 0.87],
  ] as const) {
    let covered = 0;
    for (let round = 0; round < rounds; round += 1) {
      const { low, high } = medianInterval(Array.from({ length: blocks }, withOutliers), random);
      if (low <= 0 && high >= 0) covered += 1;
    }
    t.ok(covered / rounds >= least, `${blocks} blocks: ${covered / rounds}`);
  }
});

t.test('A against A is not told apart, drift or not', async (t) => {
  const random = seededRandom(5);
  const rounds = 200;
  let apart = 0;
  for (let round = 0; round < rounds; round += 1) {
    const drift = (block: number): number => 1 + block / 4;
    const noisy = (block: number): number => drift(block) * (1 + 0.1 * random());
    const blocks = Array.from({ length: 9 }, (_, block) => block);
    const { low, high } = ratioInterval(blocks.map(noisy), blocks.map(noisy), random);
    if (low > 1 || high < 1) apart += 1;
  }
  t.ok(apart / rounds < 0.12, `${apart} of ${rounds}`);
});
