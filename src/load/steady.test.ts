import t from 'tap';
import { isSteady, median } from './steady.ts';

t.test('medians', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.ok(Number.isNaN(median([])));
});

t.test('steady or not', async (t) => {
  const cases: Array<[string, number[], boolean | undefined]> = [
    ['too few to tell', [100, 100, 100, 100, 100], undefined],
    ['all the same', [100, 100, 100, 100, 100, 100], true],
    ['a little noise', [98, 103, 101, 97, 102, 100, 99, 101], true],
    ['one outlier, as a neighbour makes it', [100, 101, 30, 99, 100, 102, 98, 100], true],
    ['a ramp: still getting warm', [50, 60, 70, 80, 90, 100, 110, 120], false],
    ['a step', [100, 100, 100, 100, 120, 120, 120, 120], false],
    ['getting slower', [100, 98, 96, 94, 90, 88, 86, 84], false],
    ['wild', [100, 200, 50, 180, 20, 100, 300, 10], false],
    ['two levels that take turns', [80, 120, 80, 120, 80, 120, 80, 120], false],
    ['nothing at all', [0, 0, 0, 0, 0, 0], true],
    ['mostly nothing', [0, 0, 0, 0, 0, 9], false],
  ];
  for (const [name, series, expected] of cases) t.equal(isSteady(series), expected, name);
});
