/** `patterns compare` as a process: files, folders, arms of benches, and what it refuses. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Comparison } from '../../src/report/compare/compare.ts';
import { ARMS, kneeResult, loadResult, suiteResult } from '../report/results.ts';
import { folderOf, run, start } from './cli.ts';

t.jobs = 2;

interface Wanted {
  readonly cpuUs: number;
  readonly minute: number;
  readonly connections?: number;
}

/** Of one run; `cpuUs` is what B is made to differ in. */
function result({ connections = 64, cpuUs, minute }: Wanted): string {
  const made = loadResult({ seconds: 1, perSecond: 2000, closed: true, seed: minute });
  const startedAt = new Date(Date.UTC(2026, 10, 20, 10, minute)).toISOString();
  return JSON.stringify({
    ...made,
    connections,
    server: { ...made.server, cpuPerRequestUs: cpuUs * (1 + ((minute * 7) % 5) / 500) },
    environment: { ...made.environment, startedAt },
  });
}

/** Folders a and b, in turn, B with so many times the CPU. */
function folders(t: Test, ratio: number, runs = 5): string {
  const folder = folderOf(t);
  for (const side of ['a', 'b']) mkdirSync(join(folder, side));
  for (let i = 0; i < runs; i += 1) {
    writeFileSync(join(folder, `a/${i}.json`), result({ cpuUs: 10, minute: 2 * i }));
    writeFileSync(join(folder, `b/${i}.json`), result({ cpuUs: 10 * ratio, minute: 2 * i + 1 }));
  }
  return folder;
}

t.test('two folders, in turn', async (t) => {
  const cwd = folders(t, 0.8);
  const { code, err, out } = await run(['compare', 'a', 'b'], { cwd });
  t.equal(code, 0, err);
  t.match(out, /^A: a \(5 runs\)\nB: b \(5 runs\), compared in pairs$/m);
  t.match(out, /^server CPU\/message +10\.\d µs +8\.\d+ µs +-\d+ % .* faster$/m);
  t.match(out, /^messages\/s .*equivalent within 5 %$/m);
});

t.test(
  'runs held against themselves are remarked on, where the same and where copied',
  async (t) => {
    const cwd = folders(t, 1);
    const itself = await run(['compare', 'a', 'a'], { cwd });
    t.equal(itself.code, 0, itself.err);
    t.match(itself.out, /^- All runs of B are runs of A, too: /m);
    writeFileSync(join(cwd, 'b/0.json'), readFileSync(join(cwd, 'a/0.json')));
    const partly = await run(['compare', 'a', 'b'], { cwd });
    t.match(partly.out, /^- 1 of the 5 runs of B are runs of A, too: /m);
  },
);

t.test('lists of files, JSON, and an exit code for CI', async (t) => {
  const cwd = folders(t, 1.3);
  const list = (side: string): string => [0, 1, 2, 3, 4].map((i) => `${side}/${i}.json`).join();
  const words = ['compare', list('a'), list('b'), '--fail-on-slower'];
  const { code, out } = await run([...words, '--json'], { cwd });
  t.equal(code, 1);
  const [comparison] = JSON.parse(out) as Comparison[];
  t.match(comparison, { arm: '', design: 'paired', alpha: 0.03, effect: 0.05, b: { runs: 5 } });
  t.match(
    comparison.figures.find(({ figure }) => figure === 'cpuUs'),
    { verdict: 'slower', moreRuns: 0 },
  );
  const wide = await run([...words, '--effect=50%', '--json=out.json'], { cwd });
  t.equal(wide.code, 0);
  t.match(wide.out, /^server CPU\/message .*equivalent within 50 %$/m);
  t.match(JSON.parse(readFileSync(join(cwd, 'out.json'), 'utf8')), [{ effect: 0.5 }]);
});

t.test('one side after the other: said, and allowed for', async (t) => {
  const cwd = folders(t, 1);
  for (let i = 0; i < 5; i += 1) {
    writeFileSync(join(cwd, `b/${i}.json`), result({ cpuUs: 10, minute: 30 + i }));
  }
  const { out } = await run(['compare', 'a', 'b'], { cwd });
  t.match(out, /one side after the other$/m);
  t.match(out, /a drift of the machine looks like a difference/);
});

t.test('arms of a suite, and two suites arm by arm', async (t) => {
  const cwd = folderOf(t, {
    'monday.json': JSON.stringify(suiteResult(ARMS)),
    'tuesday.json': JSON.stringify(suiteResult({ single: ARMS.single })),
  });
  const words = ['compare', 'monday.json:single', 'monday.json:sharded thread'];
  const arms = await run(words, { cwd });
  t.equal(arms.code, 0, arms.err);
  t.match(arms.out, /compared in pairs$/m);
  t.match(arms.out, /^messages\/s .*faster$/m);
  t.match(arms.out, /In 2 of 10 runs others used the machine/);
  const days = await run(['compare', 'monday.json', 'tuesday.json'], { cwd });
  t.match(days.out, /^shards\/single\nA: monday\.json \(5 runs\)/);
  t.match(days.out, 'Only in monday.json: shards/sharded thread, shards/sharded process.');
});

t.test('the folder of a bench: a file for each trial', async (t) => {
  const cwd = folderOf(t);
  mkdirSync(join(cwd, 'modes/trials'), { recursive: true });
  const store = (arm: string, block: number, perSecond: number, replaced = false): void => {
    const trial = {
      format: 'patterns-bench',
      version: 1,
      suite: 'modes',
      arm,
      block,
      disturbed: replaced,
      replaced,
      at: new Date(1e12 + block * 1000).toISOString(),
      trial: { result: { messages: 1, seconds: 1, errors: 0 } },
      figures: { perSecond: perSecond * (1 + block / 100), p50Ms: 0.5, p999Ms: null },
    };
    const name = `${replaced ? 'again-' : ''}${block}-${arm}.json`;
    writeFileSync(join(cwd, 'modes/trials', name), JSON.stringify(trial));
  };
  for (let block = 0; block < 5; block += 1) {
    store('single', block, 1000);
    store('sharded', block, 1500);
  }
  store('single', 0, 9, true);
  const { code, err, out } = await run(['compare', 'modes:single', 'modes:sharded'], { cwd });
  t.equal(code, 0, err);
  t.match(out, /^messages\/s +1,020\/s +1,530\/s +\+50 % .* faster$/m);
  t.match(out, /^p50 +500 µs +500 µs .*equivalent within 5 %$/m);
  t.notMatch(out, 'p99.9');
  t.match(await run(['compare', 'modes:single', 'modes:pooled'], { cwd }), {
    code: 2,
    err: 'patterns: modes has no arm pooled: there are sharded, single.\n',
  });
  writeFileSync(join(cwd, 'modes/trials/9-x.json'), '{"format":"patterns-bench"}');
  t.match(await run(['compare', 'modes', 'modes'], { cwd }), {
    code: 2,
    err: /^patterns: modes\/trials\/9-x\.json is no trial of this patterns bench: its suite is missing or wrong\.\n$/,
  });
});

t.test(
  'the rate that was asked for is the same to the last digit, and so are stages',
  async (t) => {
    const open = (changes: object): string =>
      JSON.stringify({ ...loadResult({ seconds: 1, perSecond: 200 }), ...changes });
    const stages = (last: number): object[] => [
      { durationMs: 0, rateHz: 0 },
      { durationMs: 1000, rateHz: last },
    ];
    const cwd = folderOf(t, {
      '1000.json': open({ offeredPerSecond: 1000 }),
      '1040.json': open({ offeredPerSecond: 1040 }),
      'same.json': open({ offeredPerSecond: 1000 }),
      'up.json': open({ offeredPerSecond: 501, stages: stages(1000) }),
      'again.json': open({ offeredPerSecond: 513, stages: stages(1000) }),
      'less.json': open({ offeredPerSecond: 501, stages: stages(999) }),
    });
    const refused: [string, string, RegExp][] = [
      ['1000.json', '1040.json', /1000\.json had bytes, open loop, 1000\/s, .* had .* 1040\/s, /],
      ['up.json', 'less.json', /up\.json had .*, 0\/s, in 1000 ms to 1000\/s, .* to 999\/s, /],
      ['1000.json', 'up.json', /not asked the same/],
    ];
    for (const [a, b, message] of refused) {
      const { code, err } = await run(['compare', a, b], { cwd });
      t.equal(code, 2, `${a} and ${b}`);
      t.match(err, message);
    }
    for (const [a, b] of [
      ['1000.json', 'same.json'],
      ['up.json', 'again.json'],
    ]) {
      const { code, err } = await run(['compare', a, b], { cwd });
      t.equal(code, 0, `${a} and ${b}: ${err}`);
    }
  },
);

t.test('refusals: a sentence and exit code 2', async (t) => {
  const cwd = folderOf(t, {
    'a.json': result({ cpuUs: 10, minute: 1 }),
    'c.json': result({ cpuUs: 10, minute: 2, connections: 8 }),
    'knee.json': JSON.stringify(kneeResult()),
    'no.json': '{}',
    's.json': JSON.stringify(suiteResult(ARMS)),
  });
  const cases: [string[], RegExp][] = [
    [[], /Two sides are wanted/],
    [['a.json'], /Two sides are wanted/],
    [['a.json', 'missing.json'], /missing\.json cannot be read: there is no such file/],
    [['a.json', 'no.json'], /no\.json is no result of patterns load --json or of the bench/],
    [['a.json', 'knee.json'], /knee\.json is the result of a knee/],
    [['a.json', 'a.json:x'], /a\.json has no arms, so there is no x in it/],
    [['a.json', 's.json'], /no arm in common: name one, such as s\.json:shards\/single/],
    [['a.json', ','], /"," names no result/],
    [
      ['a.json', 'c.json'],
      /not asked the same: a\.json had bytes, closed loop, 64 connections, .*; c\.json had .* 8 connections/,
    ],
    [['a.json', 'a.json', '--effect=5'], /--effect is "5"; it must be a percentage/],
    [['a.json', 'a.json', '--effect=0%'], /--effect is "0%"/],
    [['a.json', 'a.json', '--json=/nowhere/x.json'], /\/nowhere\/x\.json cannot be written/],
    [['--selftest', 'a.json', 'a.json'], /makes its own runs/],
    [['--selftest', '--time=soon'], /--time is "soon"/],
  ];
  for (const [words, says] of cases) {
    const { code, err } = await run(['compare', ...words], { cwd });
    t.equal(code, 2, words.join(' '));
    t.match(err, says);
    t.equal(err.trim().split('\n').length, 1, 'one sentence');
  }
});

t.test('the selftest runs real servers, and reports at a signal what it has', async (t) => {
  const cli = start(t, ['compare', '--selftest', '--time=10m']);
  await cli.says('err', /^identical servers, two in each block: about 10m$/m);
  cli.kill('SIGINT');
  const { code, out } = await cli.end();
  t.equal(code, 0, cli.err);
  t.match(out, /^0 runs of identical servers in \d+\.\d s, .*\nThat is too few/);
});

t.test('the selftest keeps to its time', async (t) => {
  const cli = start(t, ['compare', '--selftest', '--time=1ms']);
  const { code, out } = await cli.ended;
  t.equal(code, 0, cli.err);
  t.match(out, /^2 runs of identical servers .* two in each of 1 blocks/, 'a block at least');
});
