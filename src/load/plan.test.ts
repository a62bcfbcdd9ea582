import t from 'tap';
import { OptionError } from '../errors.ts';
import { readPlan, shareOf, type LoadPlan } from './plan.ts';

const target = 'tcp://127.0.0.1:7000';

t.test('defaults', async (t) => {
  const plan = await readPlan({ target });
  t.match(plan, {
    target,
    protocol: 'bytes',
    address: { host: '127.0.0.1', port: 7000 },
    loop: 'closed',
    connections: 64,
    depth: 1,
    durationMs: 10_000,
    warmupMs: 1000,
    timeoutMs: 10_000,
    arrivals: 'uniform',
    seed: 1,
  });
  t.ok(plan.threads >= 1 && plan.threads <= 4);
  t.ok(Object.isFrozen(plan));
  t.same(structuredClone(plan), plan, 'it crosses threads');
});

t.test('what follows from what', async (t) => {
  t.equal((await readPlan({ target, rateHz: 5 })).loop, 'open');
  t.equal((await readPlan({ target, count: 5 })).durationMs, Infinity);
  t.equal((await readPlan({ target, count: 5, durationMs: 100 })).durationMs, 100);
  t.equal((await readPlan({ target, threads: 4, connections: 2 })).threads, 2);
  const stages = [
    { durationMs: 1000, rateHz: 10 },
    { durationMs: 500, rateHz: 0 },
  ];
  const staged = await readPlan({ target, stages });
  t.equal(staged.loop, 'open');
  t.equal(staged.durationMs, 1500);
});

t.test('refusals', async (t) => {
  const cases: Array<[object, RegExp]> = [
    [{ rateHz: 0 }, /^rateHz is 0; it must be more than 0\.$/],
    [{ rateHz: -1 }, /^rateHz is -1; it must be 0 or more\.$/],
    [
      { rateHz: 1e12 },
      /^rateHz is 1000000000000; it must be 10000000 requests per second or less: one machine /,
    ],
    [{ stages: [{ durationMs: 5, rateHz: 1e8 }] }, /^stages\.0\.rateHz is .*one machine /],
    [{ rateHz: Number.NaN }, /^rateHz is NaN; it must be/],
    [{ rateHz: '5' }, /^rateHz is "5"; it must be number\.$/],
    [{ connections: 1.5 }, /^connections is 1\.5; it must be a whole number\.$/],
    [{ connections: 0 }, /^connections is 0; it must be 1 or more\.$/],
    [{ depth: 100_000 }, /^depth is 100000; it must be 65536 or less\.$/],
    [{ warmupMs: 'soon' }, /^warmupMs is "soon"; it must be number or auto\.$/],
    [{ expect: 'ecco' }, /^expect is "ecco"; it must be echo\.$/],
    [{ arrivals: 'random' }, /^arrivals is "random"; it must be uniform or poisson\.$/],
    [{ stages: [] }, /^stages is .*; it must be not empty\.$/],
    [{ stages: [{ durationMs: 5 }] }, /^stages\.0\.rateHz/],
    [{ stages: [{ durationMs: 5, rateHz: 0 }] }, /^No stage has a rate above 0\.$/],
    [{ stages: [{ durationMs: 5, rateHz: 1 }], durationMs: 5 }, /leave durationMs out/],
    [{ rateHz: 5, thinkMs: 5 }, /^thinkMs belongs to the closed loop/],
    [{ burst: 2 }, /^burst belongs to the open loop: give rateHz or stages\.$/],
    [{ arrivals: 'poisson' }, /^arrivals belong to the open loop: give rateHz or stages\.$/],
    [{ payloadBytes: 5, payloadFile: 'x' }, /^Give payloadBytes or payloadFile, not both\.$/],
    [{ conections: 5 }, /^There is no option conections\.$/],
    [{ target: 'x' }, /^"x" is no target/],
    [{ target: '' }, /^target is ""; it must be not empty\.$/],
  ];
  for (const [overrides, message] of cases) {
    const plan = { target, ...overrides } as LoadPlan;
    await t.rejects(readPlan(plan), { message }, JSON.stringify(overrides));
    await t.rejects(readPlan(plan), OptionError);
  }
});

t.test('shares are whole and add up', async (t) => {
  for (const [total, parts] of [
    [64, 3],
    [1, 4],
    [7, 7],
    [1_000_003, 16],
  ]) {
    const shares = Array.from({ length: parts }, (_, index) => shareOf(total, parts, index));
    t.equal(
      shares.reduce((sum, share) => sum + share, 0),
      total,
    );
    t.ok(Math.max(...shares) - Math.min(...shares) <= 1);
  }
});
