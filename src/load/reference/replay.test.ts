import t from 'tap';
import type { ReferenceLog } from './log.ts';
import { costMs, lived, percentileOf, replayed } from './replay.ts';
import { DROPPED, holdOf } from './script.ts';

function logOf(
  rows: ReadonlyArray<readonly [sequence: number, arrived: number, before: number, after: number]>,
  blind: number[] = [],
): ReferenceLog {
  return {
    sequences: Float64Array.from(rows, ([sequence]) => sequence),
    arrivedMs: Float64Array.from(rows, ([, arrived]) => arrived),
    leftBeforeMs: Float64Array.from(rows, ([, , before]) => before),
    leftAfterMs: Float64Array.from(rows, ([, , , after]) => after),
    blindMs: Float64Array.from(blind),
    dropped: 0,
    waitedMs: 0,
  };
}

t.test('lived: from the schedule to the answer, whoever was late', async (t) => {
  const log = logOf([
    [1, 15, 16, 17],
    [0, 12, 14, 15],
    [2, 25, Number.NaN, Number.NaN],
  ]);
  const { leastUs, mostUs } = lived(log, [10, 11, 12]);
  t.same([...leastUs], [4000, 5000], 'ascending, without what was dropped');
  t.same([...mostUs], [5000, 6000]);
});

t.test('replayed: a client that is never late', async (t) => {
  // All came 50 ms late; each was held for 3 ms.
  const late = logOf([
    [0, 60, 63, 63],
    [1, 70, 73, 73],
  ]);
  t.same([...replayed(late, [10, 20])], [3000, 3000]);
});

t.test('replayed: a stall holds up all that were due in it, one after another', async (t) => {
  const rows = [0, 1, 2, 3].map((i) => [i, 100 + i * 0.02, 100 + i * 0.02, 101] as const);
  const log = logOf([...rows, [4, 120, 120, 121]], [40, 100]);
  const times = [...replayed(log, [50, 60, 70, 99, 120])].map((us) => Math.round(us));
  // Taken at 100.00, 100.02, 100.04, 100.06; the last one finds nobody before it.
  t.same(times, [0, 1060, 30_040, 40_020, 50_000]);
});

t.test('the cost of a request is the median of short gaps', async (t) => {
  t.equal(costMs(Float64Array.from([])), 0);
  t.ok(Math.abs(costMs(Float64Array.from([0, 0.01, 0.03, 0.05, 10, 10.02])) - 0.02) < 1e-9);
});

t.test('percentiles of what was sorted', async (t) => {
  const values = Float64Array.from({ length: 200 }, (_, i) => i + 1);
  t.equal(percentileOf(values, 50), 100);
  t.equal(percentileOf(values, 99), 198);
  t.equal(percentileOf(values, 100), 200);
  t.equal(percentileOf(values, 0), 1);
  t.equal(percentileOf(new Float64Array(), 50), 0);
});

t.test('what the script says', async (t) => {
  t.equal(holdOf({ kind: 'constant', holdMs: 5 }, 3, 0), 5);
  const bimodal = { kind: 'bimodal', every: 10, fastMs: 1, slowMs: 20 } as const;
  t.same(
    Array.from({ length: 20 }, (_, i) => holdOf(bimodal, i, 0)).flatMap((hold, i) =>
      hold === 20 ? [i] : [],
    ),
    [9, 19],
  );
  const slow = { kind: 'slow-connection', fastMs: 0, slowMs: 20 } as const;
  t.same([holdOf(slow, 5, 0), holdOf(slow, 5, 1)], [20, 0]);
  t.equal(holdOf({ kind: 'drop', every: 100 }, 99, 0), DROPPED);
  t.equal(holdOf({ kind: 'drop', every: 100 }, 100, 0), 0);
});
