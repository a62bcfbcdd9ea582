import t from 'tap';
import { Recorder } from './buckets.ts';
import { join } from './tally.ts';
import { RECORDERS, type Interval } from './messages.ts';
import { LIMIT_MS, WarmUp } from './warm-up.ts';

/** A quarter of a second with so many answers, all with the same service time. */
function interval(index: number, answered: number, us = 50, silent = 0): Interval {
  const recorder = new Recorder();
  for (let i = 0; i < answered; i += 1) recorder.record(us);
  const service = recorder.take();
  const empty = new Recorder().take();
  return {
    warmup: true,
    silent,
    fromMs: index * 250,
    toMs: (index + 1) * 250,
    counts: { sent: answered, answered, failed: [] },
    latencies: {
      ...(Object.fromEntries(RECORDERS.map((name) => [name, empty])) as Interval['latencies']),
      service,
    },
  };
}

t.test('a fixed time ends by the clock', async (t) => {
  const warmUp = new WarmUp(1000);
  t.equal(warmUp.begin(5000), 6000);
  for (let i = 0; i < 20; i += 1) t.notOk(warmUp.add(join([interval(i, 100)])));
  t.same(warmUp.summary(), { durationMs: 1000, steady: true });
});

t.test('auto ends when rate and median are steady, once', async (t) => {
  const warmUp = new WarmUp('auto');
  t.equal(warmUp.begin(0), Infinity);
  const rates = [10, 30, 60, 90, 100, 100, 101, 99, 100, 100, 101, 100, 99, 100];
  const over = rates.map((rate, i) => warmUp.add(join([interval(i, rate)])));
  t.equal(over.filter(Boolean).length, 1);
  t.ok(over.indexOf(true) >= 7, `not before eight intervals: ${over.indexOf(true)}`);
  t.equal(warmUp.summary().steady, true);
});

t.test('a rate that is steady with a median that is not', async (t) => {
  const warmUp = new WarmUp('auto');
  warmUp.begin(0);
  for (let i = 0; i < 20; i += 1) t.notOk(warmUp.add(join([interval(i, 100, 50 + i * 20)])));
});

t.test('auto gives up, and says so', async (t) => {
  const warmUp = new WarmUp('auto');
  warmUp.begin(0);
  let i = 0;
  while (!warmUp.add(join([interval(i, i % 2 === 0 ? 20 : 200)]))) i += 1;
  t.equal((i + 1) * 250, LIMIT_MS);
  t.same(warmUp.summary(), { durationMs: LIMIT_MS, steady: false });
});

t.test('steady is not enough while connections wait for their first answer', async (t) => {
  const warmUp = new WarmUp('auto');
  warmUp.begin(0);
  for (let i = 0; i < 20; i += 1) t.notOk(warmUp.add(join([interval(i, 100, 50, 3)])));
  t.equal(warmUp.summary().steady, false);
  t.ok(warmUp.add(join([interval(20, 100)])));
  const fixed = new WarmUp(500);
  fixed.begin(0);
  fixed.add(join([interval(0, 100), interval(0, 100, 50, 1)]));
  t.same(fixed.summary(), { durationMs: 500, steady: false }, 'a fixed time says it');
});

t.test('too short to tell', async (t) => {
  const warmUp = new WarmUp(500);
  warmUp.begin(0);
  warmUp.add(join([interval(0, 100)]));
  t.same(warmUp.summary(), { durationMs: 500, steady: null });
});
