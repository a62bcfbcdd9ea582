import t from 'tap';
import { judgeBounds, truthAt, type Witnesses } from './truth.ts';

/** 1000 requests that the server held for 1 ms, ten of them for 50 ms; a way of 15 to 25 us, once of 400. */
function witnesses(disturbedShare = 0): Witnesses {
  const serverUs = Float64Array.from({ length: 1000 }, (_, i) => (i < 990 ? 1000 : 50_000));
  const pathUs = Float64Array.from({ length: 1000 }, (_, i) => (i < 999 ? 15 + i / 100 : 400));
  return { serverUs, pathUs, disturbedShare };
}

t.test('the truth is the server and the way', async (t) => {
  const { disturbed, pathUs, range, serverUs } = truthAt(witnesses(), 50);
  t.equal(serverUs, 1000);
  t.ok(Math.abs(pathUs - 20) < 0.1);
  t.equal(range.leastUs, 1015, 'the shortest way');
  t.ok(range.mostUs > 1020 && range.mostUs < 1026, `a long way, not the longest: ${range.mostUs}`);
  t.same(disturbed, range, 'nobody disturbed');
});

t.test('the sum of two distributions is within the range, whatever belongs to what', async (t) => {
  const { pathUs, serverUs } = witnesses();
  const orders = [
    pathUs,
    pathUs.toReversed(),
    Float64Array.from(pathUs, (_, i) => pathUs[(i * 7) % 1000]),
  ];
  for (const order of orders) {
    const sums = serverUs.map((us, i) => us + order[i]).toSorted();
    for (const percentile of [50, 90, 95, 99, 99.9]) {
      const { range } = truthAt(witnesses(), percentile);
      const sum = sums[Math.ceil((sums.length * percentile) / 100) - 1];
      t.ok(range.leastUs <= sum && sum <= range.mostUs, `p${percentile}: ${sum}`);
    }
  }
});

t.test('what an instrument states of itself', async (t) => {
  const at = (percentile: number, disturbedShare = 0) =>
    truthAt(witnesses(disturbedShare), percentile);
  const cases = [
    ['right', { leastUs: 1010, mostUs: 1030 }, at(50), false, 'within'],
    ['right, of little: 2 us', { leastUs: 1016, mostUs: 1018 }, at(50), false, 'within'],
    ['it adds 100 us', { leastUs: 1110, mostUs: 1130 }, at(50), false, 'OUTSIDE'],
    ['it leaves the way out', { leastUs: 990, mostUs: 1001 }, at(50), false, 'OUTSIDE'],
    ['it loses the tail', { leastUs: 1010, mostUs: 1030 }, at(99.5), false, 'OUTSIDE'],
    [
      'the same where others took 1% of the time',
      { leastUs: 1010, mostUs: 1030 },
      at(99.5, 0.01),
      false,
      'unclear',
    ],
    ['others made the tail', { leastUs: 80_000, mostUs: 90_000 }, at(99, 0.02), false, 'unclear'],
    [
      'others are no excuse for the median',
      { leastUs: 80_000, mostUs: 90_000 },
      at(50, 0.02),
      false,
      'OUTSIDE',
    ],
    ['a noisy machine is', { leastUs: 80_000, mostUs: 90_000 }, at(50, 0.02), true, 'unclear'],
  ] as const;
  for (const [name, stated, truth, noisy, wanted] of cases)
    t.equal(judgeBounds(stated, truth, noisy), wanted, name);
});
