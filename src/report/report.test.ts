/** What the reports make of a result. */
import t from 'tap';
import { formatCsv } from './csv.ts';
import { formatCount, formatUs, sparkline } from './format.ts';
import { drawLine, drawLive, LiveView } from './live.ts';
import { formatCalibration } from './calibration.ts';
import { formatKnee } from './text.ts';
import type { CalibrationRow } from '../load/calibrate.ts';
import type { KneeResult } from '../load/find-knee.ts';
import type { Progress } from '../load/run.ts';
import type { SecondFigures } from '../load/result.ts';

t.test('figures', async (t) => {
  const times: Array<[number, string]> = [
    [0, '0.00 µs'],
    [0.634, '0.63 µs'],
    [9.99, '9.99 µs'],
    [9.996, '10.0 µs'],
    [34.84, '34.8 µs'],
    [99.96, '100 µs'],
    [412.4, '412 µs'],
    [1234, '1.23 ms'],
    [91_000, '91.0 ms'],
    [2_050_000, '2.05 s'],
  ];
  for (const [us, text] of times) t.equal(formatUs(us), text);
  t.equal(formatCount(1_234_567.4), '1,234,567');
  t.equal(formatCount(12.34), '12.3');
  t.equal(formatCount(12), '12');
  t.equal(formatCount(999), '999');
  t.equal(sparkline([0, 1, 2, 4, 8]), '▁▂▃▅█');
  t.equal(sparkline([0, 0]), '▁▁');
  t.equal(sparkline([]), '');
});

const second = (answered: number, failed = 0, number = 0): SecondFigures => ({
  fromMs: number * 1000,
  toMs: (number + 1) * 1000,
  sent: answered,
  answered,
  failed,
  p50Us: 50,
  p99Us: 900,
  maxUs: 12_000,
});
const measuring: Progress = { loop: 'open', phase: 'measuring', elapsedMs: 4000, totalMs: 10_000 };

t.test(
  'the live view: phase, time left, figures, a sparkline as wide as the terminal',
  async (t) => {
    const seconds = [second(100), second(200, 3), second(400, 1)];
    t.same(drawLive({ progress: measuring, seconds }, 80), [
      'measuring 4.0 s, 6.0 s left',
      '  400/s, p50 50.0 µs, p99 900 µs, max 12.0 ms, 4 failed',
      '  rate  ▃▅█',
    ]);
    t.same(drawLive({ progress: { ...measuring, totalMs: Infinity }, seconds: [] }, 80), [
      'measuring 4.0 s',
    ]);
    t.equal(
      drawLine({ progress: measuring, seconds: [second(9), { ...second(0, 3), maxUs: 0 }] }),
      'measuring 4.0 s: 0/s, nothing answered, 3 failed',
      'of nothing there is no latency',
    );
    t.equal(
      drawLine({
        progress: { ...measuring, loop: 'push' },
        seconds: [{ ...second(4), maxUs: 0 }],
      }),
      'measuring 4.0 s: 4/s, 0 missed',
      'nor of events without a time',
    );
    const counted = { ...measuring, totalMs: Infinity, count: 1000 };
    t.equal(
      drawLive({ progress: counted, seconds: [second(100), second(296, 4, 1)] }, 80)[0],
      'measuring 4.0 s, 400 of 1,000, 3.0 s left',
    );
    t.equal(drawLive({ progress: counted, seconds: [] }, 80)[0], 'measuring 4.0 s, 0 of 1,000');
    t.equal(
      drawLive({ progress: { ...counted, phase: 'warming up' }, seconds: [] }, 80)[0],
      'warming up 4.0 s',
    );
    const many = Array.from({ length: 500 }, () => second(5));
    for (const line of drawLive({ progress: measuring, seconds: many }, 40))
      t.ok(line.length <= 40, line);
    t.equal(
      drawLine({ progress: measuring, seconds }),
      'measuring 4.0 s: 400/s, p50 50.0 µs, p99 900 µs, max 12.0 ms, 4 failed',
    );
  },
);

t.test('on a terminal the view is drawn over itself', async (t) => {
  let written = '';
  const view = new LiveView({ isTTY: true, columns: 80, write: (text) => (written += text) });
  view.show(measuring);
  view.show({ ...measuring, second: second(7) });
  t.equal(written.split('\u001B[1A\u001B[0J').length, 2, 'one line was taken back');
  view.clear();
  t.ok(written.endsWith('\u001B[3A\u001B[0J'), 'then three');
  const before = written;
  view.clear();
  t.equal(written, before, 'once');
});

t.test('an interval that was added to takes the place of what it was', async (t) => {
  let written = '';
  const view = new LiveView({ isTTY: true, columns: 80, write: (text) => (written += text) });
  view.show({ ...measuring, second: second(500, 1, 0) });
  view.show({ ...measuring, second: second(500, 1, 1) });
  view.show({ ...measuring, second: second(520, 2, 1) });
  t.match(written.split('\u001B[0J').at(-1), /520\/s, .*, 3 failed\n {2}rate {2}██\n$/);
});

t.test('a terminal that nobody gave a size is as wide as usual', async (t) => {
  let written = '';
  const view = new LiveView({ isTTY: true, columns: 0, write: (text) => (written += text) });
  view.show({ ...measuring, second: second(7) });
  t.match(written, /^measuring 4\.0 s, 6\.0 s left\n {2}7\/s, p50 /);
});

t.test('elsewhere: a line every five seconds of a phase', async (t) => {
  const lines: string[] = [];
  const view = new LiveView({ write: (text) => lines.push(text) });
  for (let elapsedMs = 0; elapsedMs <= 11_000; elapsedMs += 1000)
    view.show({ ...measuring, elapsedMs });
  t.same(lines, ['measuring 5.0 s\n', 'measuring 10.0 s\n']);
  view.show({ ...measuring, phase: 'connecting', elapsedMs: 0 });
  t.equal(lines.length, 2);
});

t.test('a knee, and why it is one', async (t) => {
  const knee: KneeResult = {
    target: 'tcp://x:1',
    slo: ['p99<5ms'],
    kneePerSecond: 12_345,
    missedPerSecond: 13_000,
    limit: 'client',
    interrupted: false,
    gaveUp: null,
    trials: [
      {
        rateHz: 13_000,
        met: false,
        missed: ['p99<5ms was not kept: it was 7.000 ms'],
        ratePerSecond: 12_900,
        p50Us: 100,
        p99Us: 7000,
        verdict: { name: 'CLIENT_BOUND', evidence: '' },
      },
    ],
    atKnee: null,
  };
  const text = formatKnee(knee);
  t.match(
    text,
    'the highest rate that keeps p99<5ms is at least 12,345/s (a little more, and the client was the limit',
  );
  t.match(
    text,
    /13,000\/s {2}missed {2}p50 100 µs, p99 7\.00 ms {2}CLIENT_BOUND {2}p99<5ms was not kept/,
  );
  t.match(
    formatKnee({ ...knee, kneePerSecond: 0, limit: 'least' }),
    'is none (even the lowest rate',
  );
  t.match(formatKnee({ ...knee, interrupted: true }), 'ended early');
});

t.test(
  'a calibration shows the error, its parts and what is outside of the stated bounds',
  async (t) => {
    const row = {
      percentile: 'p99',
      serverUs: 90_980,
      pathUs: 20,
      truthUs: 91_000,
      truthLeastUs: 90_990,
      truthMostUs: 91_040,
      reportedUs: 90_000,
      errorUs: -1000,
      leastUs: 89_000,
      mostUs: 90_090,
      judgement: 'OUTSIDE',
    } as const;
    const of = (rows: CalibrationRow[], disturbedShare = 0): string =>
      formatCalibration({
        rateHz: 2000,
        durationMs: 5000,
        interrupted: false,
        cases: [
          {
            script: { kind: 'stall', everyMs: 1000, stallMs: 100 },
            rows,
            answered: 10_000,
            lagP99Us: 50,
            disturbedShare,
            verdict: { name: 'SERVER_BOUND', evidence: '' },
          },
        ],
      });
    const text = of([row]);
    t.match(text, 'stall: it does nothing for 100 ms at the end of every 1000 ms');
    t.match(text, /sent late by 50\.0 µs at p99; SERVER_BOUND\n/);
    t.match(
      text,
      /p99 +91\.0 ms +20\.0 µs +91\.0 ms +90\.0 ms +-1\.00 ms +89\.0 ms +90\.1 ms +OUTSIDE/,
    );
    t.match(
      text,
      /0 of 1 percentiles .* 1 had not: do not trust it here\..*stall p99, -1\.00 ms \(1\.1%\)/,
    );
    const noisy = of([{ ...row, judgement: 'unclear' }], 0.2);
    t.match(noisy, 'others disturbed up to 20.0% of the requests');
    t.match(noisy, /1 cannot be told: others were at work on this machine/);
    t.notMatch(noisy, /do not trust it/);
  },
);

t.test('events have words of their own in CSV and in the live view', async (t) => {
  const second = {
    fromMs: 0,
    toMs: 1000,
    sent: 11,
    answered: 10,
    failed: 1,
    p50Us: 1,
    p99Us: 2,
    maxUs: 3,
  };
  const csv = formatCsv({ loop: 'push', seconds: [{ ...second, histogram: '' }] });
  t.equal(csv, 'fromMs,toMs,published,delivered,missed,p50Us,p99Us,maxUs\n0,1000,11,10,1,1,2,3\n');
  t.match(formatCsv({ loop: 'open', seconds: [] }), /^fromMs,toMs,sent,answered,failed,/);
  const line = drawLine({ progress: { ...measuring, loop: 'push' }, seconds: [second] });
  t.match(line, /10\/s, .*, 1 missed$/);
});
