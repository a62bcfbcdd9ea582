import t from 'tap';
import { summarizeMeasured } from './assemble.ts';
import { Recorder } from './buckets.ts';
import { compare } from './calibrate.ts';
import { Latencies } from './histogram.ts';
import { percentileOf } from './reference/replay.ts';

/** 10 s at 1000/s against a server that does nothing for the last 100 ms of each second; the way takes 15 to 25 us. */
const serverUs = Float64Array.from({ length: 10_000 }, (_, i) =>
  i % 1000 < 900 ? 0 : (1000 - (i % 1000)) * 1000,
);
const pathUs = Float64Array.from({ length: 1000 }, (_, i) => 15 + i / 100);
const seenUs = [...serverUs].map((us, i) => us + pathUs[(i * 7) % 1000]);
const witnesses = { serverUs: serverUs.toSorted(), pathUs, disturbedShare: 0 };
const verdict = { name: 'SERVER_BOUND', evidence: '' } as const;

/** Through the recorder and the summary of every load. `ownUs`: what the client may have added, as it says itself. */
function judge(recorded: readonly number[], ownUs = 3) {
  const [whole, floor] = [0, ownUs].map((less) => {
    const recorder = new Recorder();
    for (const us of recorded) recorder.record(us - less);
    const latencies = new Latencies();
    latencies.add(recorder.take());
    return latencies;
  });
  const rows = compare({ response: summarizeMeasured(whole, floor), verdict }, witnesses);
  return Object.fromEntries(rows.map(({ judgement, percentile }) => [percentile, judgement]));
}

t.test('an instrument that works states bounds that have the truth in them', async (t) => {
  const all = { p50: 'within', p90: 'within', p95: 'within', p99: 'within', p999: 'within' };
  t.same(judge(seenUs), all);
  t.same(judge(seenUs.map((us) => us + 2)), all, 'it was late, and within what it says of itself');
  t.ok(percentileOf(witnesses.serverUs, 99) > 80_000, 'the server did stall');
});

t.test('one that does not work is found', async (t) => {
  const late = judge(seenUs.map((us) => us + 500));
  t.equal(late.p50, 'OUTSIDE', 'it adds half a millisecond that it does not know of');
  const early = judge(seenUs.map((us) => Math.max(0.1, us - 15)));
  t.equal(early.p50, 'OUTSIDE', 'it stops its clock before the answer is there');
  const cut = judge(seenUs.map((us) => Math.min(us, 20_000)));
  t.match(cut, { p50: 'within', p95: 'OUTSIDE', p99: 'OUTSIDE' }, 'its recorder loses the tail');
  // Eight connections: of each stall it sees eight requests, and sends the others when it is over.
  const omitted = judge(seenUs.map((us, i) => (i % 1000 < 908 ? us : pathUs[i % 1000])));
  t.match(omitted, { p50: 'within', p95: 'OUTSIDE', p99: 'OUTSIDE' }, 'coordinated omission');
});
