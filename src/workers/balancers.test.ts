import t from 'tap';
import { BALANCERS } from '../options.ts';
import { makeBalancer, type Candidate } from './balancers.ts';

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const open = (...counts: number[]): Candidate[] =>
  counts.map((count, i) => ({ id: i + 1, open: count }));
const addresses = Array.from(
  { length: 20_000 },
  (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
);

/** How many each got. */
function spread(name: (typeof BALANCERS)[number], candidates: number, times: number): number[] {
  const pick = makeBalancer(name, seeded(1));
  const got = Array.from({ length: candidates }, (_, i) => ({ id: i + 1, open: 0 }));
  for (let i = 0; i < times; i += 1) got[pick(got, addresses[i % addresses.length])].open += 1;
  return got.map((candidate) => candidate.open);
}

t.test('every one picks the only one', async (t) => {
  for (const name of BALANCERS)
    t.equal(makeBalancer(name, seeded(1))(open(7), '10.0.0.1'), 0, name);
});

t.test('every one picks one that is there, and leaves nobody out', async (t) => {
  for (const name of BALANCERS) {
    const got = spread(name, 8, 20_000);
    t.ok(
      got.every((count) => count > 20_000 / 8 / 1.2),
      `${name}: ${got.join(', ')}`,
    );
    t.equal(
      got.reduce((sum, count) => sum + count),
      20_000,
    );
  }
});

t.test('round-robin', async (t) => {
  const pick = makeBalancer('round-robin', seeded(1));
  const turns = (candidates: Candidate[], times: number) =>
    Array.from({ length: times }, () => candidates[pick(candidates, '')].id);
  const three = open(9, 0, 5);
  t.strictSame(turns(three, 4), [1, 2, 3, 1], 'whatever they have');
  const [one, , third] = three;
  t.strictSame(turns([one, third], 3), [3, 1, 3], 'one that leaves takes nobody’s turn');
  t.strictSame(turns(three, 3), [1, 2, 3], 'one that returns has its own again');
});

t.test('least-connections', async (t) => {
  const pick = makeBalancer('least-connections', seeded(1));
  const cases: Array<[number[], number]> = [
    [[0, 0, 0], 0],
    [[3, 1, 2], 1],
    [[2, 2, 1], 2],
    [[5, 4, 4], 1],
  ];
  for (const [counts, expected] of cases)
    t.equal(pick(open(...counts), ''), expected, counts.join(', '));
  t.strictSame(spread('least-connections', 3, 10), [4, 3, 3]);
});

t.test('power-of-two is far more even than random', async (t) => {
  const most = (got: number[]) => Math.max(...got) - Math.min(...got);
  t.ok(most(spread('power-of-two', 8, 20_000)) < most(spread('random', 8, 20_000)) / 4);
  const pick = makeBalancer('power-of-two', seeded(1));
  const counts = [0, 0];
  for (let i = 0; i < 4000; i += 1) counts[pick(open(0, 100), '')] += 1;
  t.ok(counts[1] > 800 && counts[1] < 1200, `the busier one gets a quarter: ${counts[1]} of 4000`);
});

t.test('random takes no notice of what they have', async (t) => {
  const pick = makeBalancer('random', seeded(1));
  const counts = [0, 0];
  for (let i = 0; i < 4000; i += 1) counts[pick(open(0, 100), '')] += 1;
  t.ok(Math.abs(counts[0] - counts[1]) < 300, counts.join(', '));
});

t.test('source-hash', async (t) => {
  const pick = makeBalancer('source-hash', seeded(1));
  const all = open(0, 0, 0, 0);
  const home = (candidates: Candidate[], address: string) =>
    candidates[pick(candidates, address)].id;
  const busy = open(1000, 0, 0, 0);
  t.ok(
    addresses.every((address) => home(all, address) === home(busy, address)),
    'by address alone',
  );
  const without = all.filter(({ id }) => id !== 2);
  let moved = 0;
  for (const address of addresses) {
    const before = home(all, address);
    if (before === 2) moved += 1;
    else if (home(without, address) !== before) t.fail(`${address} moved from ${before}`);
  }
  t.ok(
    moved > 4000 && moved < 6000,
    `one that leaves moves its own peers alone: ${moved} of 20000`,
  );
});
