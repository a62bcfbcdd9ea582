import t from 'tap';
import { OptionError } from '../errors.ts';
import type { LoadResult } from './result.ts';
import { checkThreshold, parseThreshold } from './threshold.ts';

const latency = {
  count: 9,
  minUs: 10,
  meanUs: 60,
  p50Us: 50,
  p90Us: 90,
  p95Us: 95,
  p99Us: 5000,
  p999Us: 9000,
  maxUs: 9500,
};
const result = {
  sent: 2000,
  scheduled: 2500,
  unsent: 25,
  answered: 1990,
  failedTotal: 2,
  connects: { opened: 4, failed: 0, lost: 0, broken: 0 },
  ratePerSecond: 995,
  response: latency,
  service: { ...latency, p99Us: 1200 },
  connect: { ...latency, count: 0 },
  lag: null,
} as unknown as LoadResult;

t.test('kept or not', async (t) => {
  const cases: Array<[string, boolean, string]> = [
    ['p99<5ms', false, 'p99<5ms was not kept: it was 5.000 ms'],
    ['p99<=5ms', true, 'p99<=5ms was kept: it was 5.000 ms'],
    ['p99 < 5.1 ms', true, 'p99<5.1ms was kept: it was 5.000 ms'],
    ['p50<51us', true, 'p50<51us was kept: it was 50.0 µs'],
    ['p50>51us', false, 'p50>51us was not kept: it was 50.0 µs'],
    ['p99.9<1s', true, 'p99.9<1s was kept: it was 9.000 ms'],
    ['max<9ms', false, 'max<9ms was not kept: it was 9.500 ms'],
    ['mean<1ms', true, 'mean<1ms was kept: it was 60.0 µs'],
    ['service.p99<2ms', true, 'service.p99<2ms was kept: it was 1.200 ms'],
    ['connect.p99<2ms', false, 'connect.p99<2ms was not kept: nothing was measured'],
    ['lag.p99<2ms', false, 'lag.p99<2ms was not kept: nothing was measured'],
    ['errors<0.1%', false, 'errors<0.1% was not kept: it was 0.100%'],
    ['errors<=0.1%', true, 'errors<=0.1% was kept: it was 0.100%'],
    ['errors<3', true, 'errors<3 was kept: it was 2'],
    ['unsent<1%', false, 'unsent<1% was not kept: it was 1.000%'],
    ['rate>990', true, 'rate>990 was kept: it was 995.0/s'],
  ];
  for (const [text, passed, sentence] of cases) {
    const checked = checkThreshold(parseThreshold(text), result);
    t.equal(checked.passed, passed, text);
    t.equal(checked.sentence, sentence);
  }
});

t.test('where nothing was answered', async (t) => {
  const nothing = { ...result, sent: 20, answered: 0, failedTotal: 0 };
  for (const text of ['errors<0.1%', 'errors<3']) {
    t.match(checkThreshold(parseThreshold(text), nothing), {
      passed: false,
      sentence: `${text} was not kept: nothing was measured`,
    });
  }
  const failed = { ...nothing, failedTotal: 20 };
  t.equal(
    checkThreshold(parseThreshold('errors<5%'), failed).sentence,
    'errors<5% was not kept: it was 100.000%',
  );
});

t.test('what the server sent unasked is an error, though of no request', async (t) => {
  const broken = { ...result, failedTotal: 0, connects: { ...result.connects, broken: 2 } };
  t.equal(
    checkThreshold(parseThreshold('errors<0.1%'), broken).sentence,
    'errors<0.1% was not kept: it was 0.100%',
  );
  const nothing = { ...broken, sent: 0, answered: 0 };
  t.notOk(checkThreshold(parseThreshold('errors<5%'), nothing).passed);
});

t.test('what is no threshold is refused with a sentence', async (t) => {
  for (const text of [
    '',
    'p99',
    'p98<5ms',
    'p99<5',
    'p99<5%',
    'p99<ms',
    'p99<-5ms',
    'p99=5ms',
    'errors<1ms',
    'rate>5%',
    'rate.p99<5ms',
    'x.p99<5ms',
    'p99<5ms,',
    'service.errors<1%',
    'toString<1ms',
  ]) {
    t.throws(() => parseThreshold(text), OptionError, JSON.stringify(text));
  }
  t.throws(() => parseThreshold('p98<5ms'), {
    message: /^"p98<5ms" is no threshold; it must be like 'p99<5ms'/,
  });
});
