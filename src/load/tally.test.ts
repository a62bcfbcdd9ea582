import t from 'tap';
import { FAILURES } from './account.ts';
import { Recorder } from './buckets.ts';
import { RECORDERS, type Interval } from './messages.ts';
import { IntervalJoin, join, Tally, type JoinedInterval } from './tally.ts';

function interval(index: number, latencies: readonly number[], refused = 0): Interval {
  const recorder = new Recorder();
  for (const us of latencies) recorder.record(us);
  const service = recorder.take();
  const none = new Recorder().take();
  return {
    warmup: false,
    silent: 0,
    fromMs: 5000 + index * 1000,
    toMs: 6000 + index * 1000,
    counts: {
      sent: latencies.length + refused,
      answered: latencies.length,
      failed: FAILURES.map((name) => (name === 'refused' ? refused : 0)),
    },
    latencies: {
      ...(Object.fromEntries(RECORDERS.map((name) => [name, none])) as Interval['latencies']),
      service,
    },
  };
}

t.test('intervals of threads are joined in their order, and what is left at the end', async (t) => {
  const joined: JoinedInterval[] = [];
  const joiner = new IntervalJoin(2, (one) => joined.push(one));
  joiner.add(0, interval(0, [10]));
  joiner.add(0, interval(1, [10]));
  t.equal(joined.length, 0, 'the other thread is not there yet');
  joiner.add(1, interval(0, [10, 30], 2));
  t.equal(joined.length, 1);
  t.equal(joined[0].account.answered, 3);
  t.equal(joined[0].account.failures, 2);
  joiner.flush();
  t.equal(joined.length, 2);
  t.equal(joined[1].account.answered, 1);
});

t.test('figures of an interval, and totals', async (t) => {
  const tally = new Tally('closed', 1000);
  const figures = tally.add(join([interval(3, [100, 100, 100, 5000], 1)]));
  t.match(figures, { fromMs: 0, toMs: 1000, sent: 5, answered: 4, failed: 1, maxUs: 5000 });
  t.ok(Math.abs(figures.p50Us - 100) < 0.2, `${figures.p50Us}`);
  t.match(tally.add(join([interval(4, [])])), {
    fromMs: 1000,
    toMs: 2000,
    answered: 0,
    p99Us: 0,
    maxUs: 0,
  });
  t.equal(tally.of('service').count, 4);
  t.equal(tally.of('response').count, 0);
  t.equal(tally.seconds().length, 2);
});

t.test('what comes in behind the last tick belongs to the interval before it', async (t) => {
  const tally = new Tally('closed', 1000);
  tally.add(join([interval(0, [100, 200])]));
  const tail = (ms: number, latencies: readonly number[]) => {
    const made = interval(1, latencies, 1);
    return join([{ ...made, toMs: made.fromMs + ms }]);
  };
  const whole = tally.add(tail(0.5, [900]));
  t.match(whole, { fromMs: 0, toMs: 1000.5, sent: 4, answered: 3, failed: 1, maxUs: 900 });
  t.equal(tally.account.sent, 4, 'counted once');
  t.equal(tally.of('service').count, 3);
  t.equal(tally.seconds().length, 1);
  const long = new Tally('closed', 1000);
  long.add(join([interval(0, [100])]));
  t.match(long.add(tail(500, [900])), { fromMs: 1000, toMs: 1500, answered: 1 });
  const alone = new Tally('closed', 1000);
  t.match(alone.add(tail(3, [900])), { fromMs: 0, toMs: 3, answered: 1 }, 'nothing before it');
});

t.test('a long load is folded as it goes on, and loses nothing', async (t) => {
  const tally = new Tally('closed', 1000);
  for (let i = 0; i < 650; i += 1) tally.add(join([interval(i, [i + 1])]));
  t.equal(tally.account.answered, 650);
  t.equal(tally.of('service').count, 650);
  t.equal(tally.of('service').mostUs, 650);
  const seconds = tally.seconds();
  t.equal(seconds.length, 650);
  t.ok(
    seconds.every(({ fromMs }, i) => fromMs === i * 1000),
    'in their order',
  );
});
