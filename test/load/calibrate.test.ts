/** The instrument held against the truth, and instruments that are wrong: a calibration tells them apart. */
import t from 'tap';
import { calibrate, CASES, type Instrument } from '../../src/load/calibrate.ts';
import { PERCENTILES } from '../../src/load/histogram.ts';
import { runLoad, type LoadResult } from '../../src/load/index.ts';
import type { Script } from '../../src/load/reference/script.ts';

t.jobs = 1;

const [STALL, CONSTANT] = CASES;

t.test('a calibration: the error at each percentile, for each case', async (t) => {
  const { cases, interrupted } = await calibrate({ rateHz: 500, durationMs: 600 });
  t.equal(interrupted, false);
  t.same(
    cases.map(({ script }) => script),
    CASES,
  );
  for (const { answered, rows, script } of cases) {
    t.equal(answered, 300, script.kind);
    t.same(
      rows.map(({ percentile }) => percentile),
      PERCENTILES.map(([name]) => name),
    );
    for (const row of rows) {
      t.not(row.judgement, 'OUTSIDE', `${script.kind} ${JSON.stringify(row)}`);
      t.ok(row.pathUs > 0, 'the way takes its time');
      t.equal(row.truthUs, row.serverUs + row.pathUs);
      t.equal(row.errorUs, row.reportedUs - row.serverUs - row.pathUs);
      t.ok(row.truthLeastUs <= row.truthMostUs);
    }
  }
  t.ok(cases[1].rows[0].truthUs >= 5000, 'the server held each back for 5 ms');
});

interface Wrong {
  readonly script: Script;
  readonly shows: 'p50' | 'p99';
  readonly instrument: Instrument;
}

/** Instruments with an error that they do not know of. */
const WRONG: Readonly<Record<string, Wrong>> = {
  'one whose clock starts 2 ms late': {
    script: CONSTANT,
    shows: 'p50',
    instrument: async (plan, options) =>
      altered(await runLoad(plan, options), 'p50', (us) => us - 2000),
  },
  'one that loses the tail': {
    script: STALL,
    shows: 'p99',
    instrument: async (plan, options) =>
      altered(await runLoad(plan, options), 'p99', (us) => Math.min(us, 20_000)),
  },
  /** Coordinated omission: it waits for a free connection, and counts from when it sends. */
  'one that sends only when an answer has come': {
    script: STALL,
    shows: 'p99',
    instrument: async (plan, options) => {
      const result = await runLoad({ ...plan, connections: 8 }, options);
      return { ...result, response: result.service };
    },
  },
};

function altered(result: LoadResult, at: Wrong['shows'], change: (us: number) => number) {
  const { bounds, ...response } = result.response;
  const { leastUs, mostUs } = bounds[at];
  const own = { leastUs: change(leastUs), mostUs: change(mostUs) };
  const reported = { [`${at}Us`]: change(response[`${at}Us`]) };
  return { ...result, response: { ...response, ...reported, bounds: { ...bounds, [at]: own } } };
}

for (const [name, { instrument, script, shows }] of Object.entries(WRONG)) {
  t.test(`a calibration finds ${name}`, async (t) => {
    const { cases } = await calibrate({
      rateHz: 1000,
      durationMs: 2000,
      scripts: [script],
      instrument,
    });
    const [{ disturbedShare, rows, verdict }] = cases;
    const row = rows.find(({ percentile }) => percentile === shows)!;
    const says = `${disturbedShare} ${verdict.name} ${JSON.stringify(row)}`;
    // Where others had the cores for long enough to have made such a tail themselves, nobody can tell.
    const room = shows === 'p50' ? 0.4 : 0.005;
    if (disturbedShare < room && verdict.name !== 'NOISY_MACHINE')
      t.equal(row.judgement, 'OUTSIDE', says);
    else t.comment(`this machine is too busy to tell: ${says}`);
  });
}
