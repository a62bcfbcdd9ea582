import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import t from 'tap';
import { Recorder } from './buckets.ts';
import { Latencies } from './histogram.ts';
import { randomFrom } from './schedule.ts';

function latenciesOf(values: readonly number[], parts = 1): Latencies {
  const latencies = new Latencies();
  for (let part = 0; part < parts; part += 1) {
    const recorder = new Recorder();
    values.filter((_, i) => i % parts === part).forEach((us) => recorder.record(us));
    latencies.add(recorder.take());
  }
  return latencies;
}

t.test('percentiles are those of the values, within the resolution', async (t) => {
  const random = randomFrom(11);
  const values = Array.from({ length: 50_000 }, () => 0.5 + random() ** 8 * 5e6);
  const latencies = latenciesOf(values, 3);
  values.sort((a, b) => a - b);
  t.equal(latencies.count, values.length);
  t.equal(latencies.leastUs, values[0]);
  t.equal(latencies.mostUs, values.at(-1));
  for (const percentile of [50, 90, 95, 99, 99.9]) {
    const exact = values[Math.ceil((values.length * percentile) / 100) - 1];
    const got = latencies.atUs(percentile);
    t.ok(Math.abs(got - exact) <= exact * 0.002, `p${percentile}: ${got} for ${exact}`);
  }
  const mean = values.reduce((sum, us) => sum + us, 0) / values.length;
  t.ok(Math.abs(latencies.meanUs - mean) < mean * 0.002, 'the mean');
});

t.test('no percentile is above the greatest value', async (t) => {
  const latencies = latenciesOf([1000.01]);
  t.equal(latencies.atUs(99.9), 1000.01);
});

t.test('nothing counted', async (t) => {
  const latencies = new Latencies();
  t.equal(latencies.atUs(99), 0);
  t.equal(latencies.meanUs, 0);
  t.equal(decodeFromCompressedBase64(latencies.encode()).totalCount, 0);
});

t.test('the V2 encoding is read by others, in nanoseconds', async (t) => {
  const latencies = latenciesOf([50, 50, 50, 2_000_000]);
  const decoded = decodeFromCompressedBase64(latencies.encode());
  t.equal(decoded.totalCount, 4);
  t.ok(Math.abs(decoded.getValueAtPercentile(50) - 50_000) < 100);
  t.ok(Math.abs(decoded.maxValue - 2e9) < 4e6);
});
