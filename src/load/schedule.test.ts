import t from 'tap';
import { exponential, randomFrom, RateProfile, Schedule, type SchedulePlan } from './schedule.ts';

const base: SchedulePlan = { durationMs: 1000, arrivals: 'uniform', seed: 1, threads: 1 };

function duesOf(plan: Partial<SchedulePlan>, thread = 0): number[] {
  const schedule = new Schedule({ ...base, ...plan }, thread);
  const dues: number[] = [];
  for (let due = schedule.next(); due !== Infinity; due = schedule.next()) dues.push(due);
  return dues;
}

t.test('uniform arrivals: all gaps are equal, the first is at zero', async (t) => {
  t.same(duesOf({ rateHz: 4 }), [0, 250, 500, 750]);
  t.equal(duesOf({ rateHz: 20_000 }).length, 20_000);
  t.same(duesOf({ rateHz: 0.5, durationMs: 4000 }), [0, 2000], 'slower than one a second');
});

t.test('bursts: as many in all, so many at once', async (t) => {
  t.same(duesOf({ rateHz: 6, burst: 3 }), [0, 0, 0, 500, 500, 500]);
  t.same(duesOf({ rateHz: 10, burst: 4, count: 6 }), [0, 0, 0, 0, 400, 400]);
  const plan = { rateHz: 10_000, burst: 10, arrivals: 'poisson', durationMs: 10_000 } as const;
  const dues = duesOf(plan);
  t.ok(Math.abs(dues.length - 100_000) < 5000, `${dues.length} arrivals where 100000 are expected`);
  t.equal(new Set(dues).size, Math.ceil(dues.length / 10), 'ten at each time');
  const parts = [0, 1, 2].flatMap((thread) => duesOf({ ...plan, threads: 3 }, thread));
  t.same(
    parts.sort((a, b) => a - b),
    dues,
    'over several threads too',
  );
});

t.test('a count ends it, a duration too', async (t) => {
  t.same(duesOf({ rateHz: 10, count: 3, durationMs: Infinity }), [0, 100, 200]);
  t.equal(duesOf({ rateHz: 10, count: 300 }).length, 10);
});

t.test('stages: the rate goes in straight lines', async (t) => {
  const up = duesOf({ rateHz: 0, stages: [{ durationMs: 1000, rateHz: 200 }] });
  t.equal(up.length, 100, 'the area under a ramp');
  // By then x = t²/10000 have come.
  up.forEach((due, x) => {
    if (Math.abs(due - Math.sqrt(x * 10_000)) > 1e-6) t.fail(`arrival ${x} is at ${due}`);
  });
  const plateau = duesOf({
    stages: [
      { durationMs: 1000, rateHz: 100 },
      { durationMs: 1000, rateHz: 100 },
      { durationMs: 1000, rateHz: 0 },
    ],
  });
  t.equal(plateau.length, 200);
  t.equal(plateau.filter((due) => due < 1000).length, 50);
  t.equal(plateau.filter((due) => due >= 1000 && due < 2000).length, 100);
  t.ok(
    plateau.every((due, i) => i === 0 || due > plateau[i - 1]),
    'ascending',
  );
  t.ok(plateau.every((due) => due >= 0 && due < 3000));
});

t.test('a stage at rate 0 is a pause', async (t) => {
  const dues = duesOf({
    rateHz: 10,
    stages: [
      { durationMs: 1000, rateHz: 10 },
      { durationMs: 1, rateHz: 0 },
      { durationMs: 5000, rateHz: 0 },
      { durationMs: 1, rateHz: 10 },
      { durationMs: 1000, rateHz: 10 },
    ],
  });
  t.equal(dues.filter((due) => due < 1001).length, 11);
  t.same(
    dues.filter((due) => due >= 1001 && due < 6000),
    [],
  );
  t.equal(dues.length, 21);
});

t.test('Poisson arrivals: seeded, with exponential gaps', async (t) => {
  const plan = { rateHz: 10_000, arrivals: 'poisson', durationMs: 10_000 } as const;
  const dues = duesOf({ ...plan, seed: 5 });
  t.same(dues, duesOf({ ...plan, seed: 5 }), 'the same seed gives the same arrivals');
  t.not(dues[0], duesOf({ ...plan, seed: 6 })[0], 'another seed gives others');
  t.ok(Math.abs(dues.length - 100_000) < 1500, `${dues.length} arrivals where 100000 are expected`);
  const gaps = dues.map((due, i) => (i === 0 ? due : due - dues[i - 1])).sort((a, b) => a - b);
  // Quantiles of the exponential distribution with mean 0.1 ms.
  for (const share of [0.1, 0.5, 0.9, 0.99]) {
    const expected = -Math.log(1 - share) * 0.1;
    const got = gaps[Math.floor(gaps.length * share)];
    t.ok(Math.abs(got / expected - 1) < 0.05, `quantile ${share}: ${got} for ${expected}`);
  }
});

t.test('threads share one schedule', async (t) => {
  for (const arrivals of ['uniform', 'poisson'] as const) {
    const plan = { rateHz: 997, arrivals } as const;
    const whole = duesOf(plan);
    const parts = [0, 1, 2].flatMap((thread) => duesOf({ ...plan, threads: 3 }, thread));
    t.same(
      parts.sort((a, b) => a - b),
      whole,
      arrivals,
    );
  }
  const second = new Schedule({ ...base, rateHz: 10, threads: 3 }, 1);
  t.equal(second.next(), 100);
  t.equal(second.sequence, 1);
  second.next();
  t.equal(second.sequence, 4, 'numbers count over all threads');
});

t.test('a profile says when so many have come', async (t) => {
  const profile = new RateProfile(1000, [{ durationMs: 10, rateHz: 1000 }]);
  t.equal(profile.total, 10);
  t.equal(profile.timeOf(0), 0);
  t.equal(profile.timeOf(9.5), 9.5);
  t.equal(profile.timeOf(10), Infinity);
});

t.test('the generator is mulberry32', async (t) => {
  const random = randomFrom(1);
  const values = Array.from({ length: 10_000 }, random);
  t.ok(values.every((value) => value >= 0 && value < 1));
  t.ok(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length - 0.5) < 0.02);
  t.equal(Math.round(values[0] * 2 ** 32), 2693262067, 'its first value for seed 1');
  t.ok(exponential(1)() > 0);
});
