/** How often the answers are right, over synthetic sessions from a seed: the same ones each time. */
import t from 'tap';
import {
  judge,
  seededRandom,
  type Design,
  type JudgementName,
} from '../../src/statistics/index.ts';
import { QUIET, session, type Machine } from './support.ts';

const MACHINES: Readonly<Record<string, Machine>> = {
  quiet: QUIET,
  drifting: { ...QUIET, drift: 0.1 },
  wandering: { ...QUIET, walk: 0.01 },
  disturbed: { ...QUIET, outliers: 0.1 },
  'noisy in every way': { noise: 0.1, drift: 0.05, walk: 0.005, outliers: 0.05 },
};

type Counts = Record<JudgementName, number>;

interface Plan {
  readonly machine: Machine;
  readonly design: Design;
  readonly runs: number;
  readonly ratio?: number;
  readonly rounds: number;
}

function count({ design, machine, ratio, rounds, runs }: Plan): Counts {
  const random = seededRandom(runs);
  const counts: Counts = { less: 0, more: 0, equivalent: 0, unclear: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const { a, b } = session(random, machine, design, runs, ratio);
    counts[judge(a, b, { design }).name] += 1;
  }
  return counts;
}

for (const [name, machine] of Object.entries(MACHINES)) {
  t.test(`A/A, ${name}: at most 5 % of 2,000 pairs are called different`, async (t) => {
    for (const design of ['paired', 'mixed', 'sequential'] as const) {
      for (const runs of [3, 5, 8]) {
        const { less, more } = count({ machine, design, runs, rounds: 2000 });
        const share = (less + more) / 2000;
        t.ok(share <= 0.05, `${design}, ${runs} runs of each: ${share}`);
      }
    }
  });
}

t.test('without the care for drift a session in two halves is called different', async (t) => {
  const random = seededRandom(1);
  let claims = 0;
  for (let round = 0; round < 500; round += 1) {
    const { a, b } = session(random, MACHINES.drifting, 'sequential', 8);
    const { name } = judge(a, b, { design: 'mixed' });
    if (name === 'less' || name === 'more') claims += 1;
  }
  t.ok(claims > 100, `${claims} of 500: what the design sequential is there for`);
});

t.test('power: a difference of 10 % at 3 % noise is found', async (t) => {
  const cases: [Design, number, number][] = [
    ['paired', 5, 0.8],
    ['paired', 8, 0.95],
    ['mixed', 5, 0.8],
    ['mixed', 6, 0.95],
    ['sequential', 8, 0.65],
    ['sequential', 15, 0.9],
  ];
  for (const [design, runs, atLeast] of cases) {
    for (const [ratio, expected, opposite] of [
      [1.1, 'more', 'less'],
      [1 / 1.1, 'less', 'more'],
    ] as const) {
      const counts = count({ machine: QUIET, design, runs, ratio, rounds: 500 });
      t.ok(
        counts[expected] / 500 >= atLeast,
        `${design}, ${runs} runs: ${counts[expected]} of 500`,
      );
      t.equal(counts[opposite], 0, 'never the wrong way round');
    }
  }
});

t.test('equivalence: identical servers are found to be, different ones are not', async (t) => {
  const same = count({ machine: QUIET, design: 'paired', runs: 15, rounds: 500 });
  t.ok(same.equivalent >= 450, `${same.equivalent} of 500`);
  // At the very edge of what matters, two one-sided tests at 3 %.
  const edge = count({ machine: QUIET, design: 'paired', runs: 15, ratio: 1.05, rounds: 1000 });
  t.ok(edge.equivalent <= 45, `${edge.equivalent} of 1000`);
});

t.test('the advised number of runs settles it, four times in five', async (t) => {
  const random = seededRandom(3);
  let asked = 0;
  let settled = 0;
  while (asked < 300) {
    const ratio = asked % 2 === 0 ? 1 : 1.12;
    const machine = { ...QUIET, noise: 0.06 };
    const first = session(random, machine, 'mixed', 5, ratio);
    const { moreRuns, name } = judge(first.a, first.b, { design: 'mixed' });
    if (name !== 'unclear' || moreRuns > 60) continue;
    asked += 1;
    const more = session(random, machine, 'mixed', moreRuns, ratio);
    const again = judge([...first.a, ...more.a], [...first.b, ...more.b], { design: 'mixed' });
    if (again.name !== 'unclear') settled += 1;
  }
  t.ok(settled / asked > 0.6, `${settled} of ${asked}`);
});

t.test('the other way round is one over it', async (t) => {
  const random = seededRandom(9);
  for (const design of ['paired', 'mixed', 'sequential'] as const) {
    for (const runs of [3, 6, 9]) {
      const { a, b } = session(random, QUIET, design, runs, 1.2);
      const there = judge(a, b, { design });
      const back = judge(b, a, { design, bFirst: true });
      t.ok(Math.abs(there.ratio * back.ratio - 1) < 1e-12, `${design} ${runs}`);
      t.ok(Math.abs(there.low * back.high - 1) < 1e-12);
      const opposite = { less: 'more', more: 'less', equivalent: 'equivalent', unclear: 'unclear' };
      t.equal(back.name, opposite[there.name]);
    }
  }
});

t.test('too few runs: unclear, and how many more', async (t) => {
  t.match(judge([1], [2], { design: 'mixed' }), { name: 'unclear', moreRuns: 4 });
  t.match(judge([1, 1], [2, 2], { design: 'paired' }), { name: 'unclear', moreRuns: 3 });
});

t.test('equal runs are equivalent, and have no width', async (t) => {
  for (const design of ['paired', 'mixed', 'sequential'] as const) {
    const { high, low, name, ratio } = judge([4, 4, 4, 4], [4, 4, 4, 4], { design });
    t.equal(name, 'equivalent', design);
    for (const value of [high, low, ratio]) t.ok(Math.abs(value - 1) < 1e-12);
  }
});

t.test('a larger effect that matters makes more of it equivalent', async (t) => {
  const [a, b] = [
    [100, 101, 99, 100, 102, 98, 100, 101],
    [107, 106, 108, 107, 105, 108, 107, 106],
  ];
  t.equal(judge(a, b, { design: 'paired' }).name, 'more');
  t.equal(judge(a, b, { design: 'paired', effect: 0.15 }).name, 'equivalent');
});
