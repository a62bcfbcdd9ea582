import t from 'tap';
import {
  bucketMiddleUs,
  bucketOf,
  BUCKETS,
  bucketStartUs,
  LEAST_US,
  mergeCounted,
  MOST_US,
  percentileUs,
  Recorder,
} from './buckets.ts';
import { randomFrom } from './schedule.ts';

t.test('a value lies in its bucket, and a bucket is at most 0.1 % wide', async (t) => {
  const random = randomFrom(7);
  for (let i = 0; i < 20_000; i += 1) {
    const us = LEAST_US * 2 ** (random() * 35.99);
    const bucket = bucketOf(us);
    const start = bucketStartUs(bucket);
    const next = bucketStartUs(bucket + 1);
    if (!(start <= us && us < next)) t.fail(`${us} is not in [${start}, ${next})`);
    if (!((next - start) / start <= 1 / 1024)) t.fail(`the bucket of ${us} is too wide`);
  }
  t.pass('20000 values');
});

t.test('the ends of the range', async (t) => {
  t.equal(bucketOf(0), 0);
  t.equal(bucketOf(LEAST_US), 0);
  t.equal(bucketOf(-5), 0, 'a clock that went back');
  t.equal(bucketOf(MOST_US), BUCKETS - 1);
  t.equal(bucketOf(1e15), BUCKETS - 1);
  t.equal(bucketOf(Infinity), BUCKETS - 1);
  t.equal(bucketStartUs(bucketOf(1)), 1);
  t.equal(bucketStartUs(bucketOf(1000)), 1000);
});

t.test('take() gives each count once', async (t) => {
  const recorder = new Recorder();
  for (const us of [5, 5, 700, 1e6, 0.01]) recorder.record(us);
  const first = recorder.take();
  t.same(
    [...first.pairs],
    [0, 1, bucketOf(5), 2, bucketOf(700), 1, bucketOf(1e6), 1],
    'ascending, with their counts',
  );
  t.equal(first.leastUs, 0.01);
  t.equal(first.mostUs, 1e6);
  const nothing = recorder.take();
  t.equal(nothing.pairs.length, 0);
  t.equal(nothing.leastUs, Infinity);
  recorder.record(9);
  t.same([...recorder.take().pairs], [bucketOf(9), 1]);
});

t.test('what several counted is what one would have counted', async (t) => {
  const random = randomFrom(3);
  const whole = new Recorder();
  const parts = [new Recorder(), new Recorder(), new Recorder()];
  for (let i = 0; i < 3000; i += 1) {
    const us = 10 + random() * 500;
    whole.record(us);
    parts[i % 3].record(us);
  }
  t.same(mergeCounted(parts.map((part) => part.take())), whole.take());
});

t.test('percentiles, against sorting', async (t) => {
  for (const [seed, size] of [
    [1, 1],
    [2, 2],
    [3, 99],
    [4, 10_000],
  ]) {
    const random = randomFrom(seed);
    const recorder = new Recorder();
    const values = Array.from({ length: size }, () => 1 + random() ** 4 * 1e5);
    for (const us of values) recorder.record(us);
    const counted = recorder.take();
    values.sort((a, b) => a - b);
    for (const percentile of [0, 1, 50, 90, 99, 99.9, 100]) {
      const exact = values[Math.max(0, Math.ceil((size * percentile) / 100) - 1)];
      const got = percentileUs(counted, percentile);
      t.ok(
        got >= exact * (1 - 1e-9) && got <= exact * 1.001,
        `p${percentile} of ${size}: ${got} for ${exact}`,
      );
    }
  }
  t.equal(percentileUs(new Recorder().take(), 99), 0, 'of nothing');
});

t.test('the middle of a bucket is in it', async (t) => {
  for (const bucket of [0, 1, 1023, 1024, 20_000, BUCKETS - 1]) {
    const middle = bucketMiddleUs(bucket);
    t.ok(bucketStartUs(bucket) < middle && middle < bucketStartUs(bucket + 1));
  }
});
