/** Against published tables. */
import t from 'tap';
import { rankSumCut, signedRankCut } from '../../src/statistics/ranks.ts';
import { shiftOf } from '../../src/statistics/shift.ts';
import { centralShare, criticalT } from '../../src/statistics/student.ts';

const near = (a: number, b: number, within = 5e-4): boolean => Math.abs(a - b) <= within;

t.test("Student's t, two-sided", async (t) => {
  const table: [number, number, number][] = [
    [0.05, 1, 12.706],
    [0.05, 2, 4.303],
    [0.05, 3, 3.182],
    [0.05, 4, 2.776],
    [0.05, 9, 2.262],
    [0.05, 10, 2.228],
    [0.01, 5, 4.032],
    [0.01, 30, 2.75],
    [0.1, 7, 1.895],
    [0.05, 1e9, 1.962],
  ];
  for (const [alpha, degrees, expected] of table) {
    t.ok(near(criticalT(alpha, degrees), expected), `${alpha}, ${degrees}`);
  }
  t.equal(criticalT(0.05, 9.9), criticalT(0.05, 9), 'rounded down');
  t.ok(near(centralShare(1, 1), 0.5), 'Cauchy: half lies within one');
});

t.test('the signed-rank test', async (t) => {
  // Critical values of W (two-sided); the cut is one past them, 0 where there is none.
  const table: [number, number, number][] = [
    [5, 0.05, 0],
    [6, 0.05, 1],
    [7, 0.05, 3],
    [8, 0.05, 4],
    [10, 0.05, 9],
    [20, 0.05, 53],
    [8, 0.01, 1],
    [6, 0.03, 0],
    [7, 0.03, 1],
  ];
  for (const [pairs, alpha, cut] of table) t.equal(signedRankCut(pairs, alpha), cut, `${pairs}`);
});

t.test('the rank-sum test', async (t) => {
  const table: [number, number, number, number][] = [
    [3, 3, 0.05, 0],
    [4, 4, 0.05, 1],
    [5, 5, 0.05, 3],
    [5, 8, 0.05, 7],
    [8, 5, 0.05, 7],
    [10, 10, 0.05, 24],
    [20, 20, 0.05, 128],
    [3, 5, 0.03, 0],
    [4, 4, 0.03, 1],
  ];
  for (const [m, n, alpha, cut] of table) t.equal(rankSumCut(m, n, alpha), cut, `${m}, ${n}`);
  t.ok(rankSumCut(100, 100, 0.03) > 4000, 'no overflow');
});

t.test('a line through both sides is taken out', async (t) => {
  const [a, b] = [
    [0, 1, 2, 3.1, 3.9],
    [7.1, 7.9, 9, 10, 11],
  ];
  // The line rises by 1 with each run; B is 2 above it.
  const { estimate, low, high } = shiftOf.sequential(a, b, 0.03, false);
  t.ok(near(estimate, 2, 0.1), `${estimate}`);
  t.ok(low > 1.5 && high < 2.5);
  const back = shiftOf.sequential(b, a, 0.03, true);
  t.ok(near(back.estimate, -estimate, 1e-9));
});

t.test(
  'pairs: the estimate is that of the differences, whatever the blocks have in common',
  async (t) => {
    const a = [10, 20, 30, 40, 50, 60, 70];
    const b = a.map((value, i) => value + 1 + (i % 3) / 100);
    const { estimate, low, high } = shiftOf.paired(a, b, 0.03, false);
    t.ok(near(estimate, 1.01, 0.011) && low >= 1 && high <= 1.021, `${low} ${estimate} ${high}`);
  },
);
