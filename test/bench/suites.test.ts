/** What a suite claims, and how it is judged. */
import t from 'tap';
import type { Trial } from '../../bench/measure/trial.ts';
import { suites } from '../../bench/suites/index.ts';
import { judge } from '../../bench/suites/run.ts';
import { bestArm, FIGURES, type Claim } from '../../bench/suites/suite.ts';
import { short, table } from '../../bench/table.ts';

const trial = (perSecond: number, cpuUs: number): Trial => ({
  seconds: 1,
  foreignCores: 0,
  stealCores: 0,
  workers: [],
  result: { messages: perSecond, seconds: 1, errors: 0 },
  server: {
    userMs: (perSecond * cpuUs) / 2000,
    systemMs: (perSecond * cpuUs) / 2000,
    switches: 0,
    residentBytes: 3000 * perSecond,
    residentBytesBefore: 1000 * perSecond,
  },
});

const runs = new Map([
  ['ours', [trial(100, 5), trial(200, 5), trial(300, 5)]],
  ['slow', [trial(50, 20), trial(50, 20), trial(50, 20)]],
  ['fast', [trial(100, 4), trial(200, 4), trial(300, 4)]],
]);

t.test('figures of a run', async (t) => {
  const run = trial(1000, 7);
  t.equal(FIGURES.perSecond.of(run), 1000);
  t.ok(Math.abs(FIGURES.cpuUs.of(run) - 7) < 1e-9);
  t.equal(FIGURES.bytesPerConnection.of(run), 2000);
  const { server: _, ...alone } = run;
  t.same(FIGURES.cpuUs.of(alone), Number.NaN, 'no server, no CPU');
});

t.test('of several arms the best counts, whichever way is better', async (t) => {
  t.equal(bestArm(runs, ['slow', 'fast'], 'cpuUs'), 'fast');
  t.equal(bestArm(runs, ['slow', 'ours'], 'perSecond'), 'ours');
});

t.test('verdicts', async (t) => {
  const cpu = { says: '', figure: 'cpuUs', of: 'ours', over: ['fast'] } as const;
  const rate = { says: '', figure: 'perSecond', of: 'ours' } as const;
  const cases: [Claim, string, boolean][] = [
    [{ ...cpu, atMost: 1.3, stretch: 1.25 }, 'stretch', true],
    [{ ...cpu, atMost: 1.3, stretch: 1.2 }, 'pass', true],
    [{ ...cpu, atMost: 1.3 }, 'pass', true],
    [{ ...cpu, atMost: 1.2 }, 'miss', true],
    [{ ...rate, atLeast: 90 }, 'pass', true],
    [{ ...rate, atLeast: 150 }, 'pass', false],
    [{ ...rate, atLeast: 150, stretch: 200 }, 'stretch', false],
    [{ ...rate, atLeast: 250 }, 'miss', false],
    [{ ...rate, of: 'absent', atLeast: 1 }, 'unmeasured', false],
  ];
  for (const [claim, verdict, sure] of cases) {
    const outcome = judge(claim, runs, 1);
    t.match(outcome, { verdict, sure }, JSON.stringify(claim));
  }
});

t.test('every suite has a word, a question, and claims that say what they want', async (t) => {
  t.equal(new Set(suites.map(({ name }) => name)).size, suites.length);
  for (const { name, question, claims } of suites) {
    t.match(name, /^[a-z-]+$/);
    t.match(question, /\?$/);
    t.ok(claims.length > 0, name);
    for (const { says, atMost, atLeast, stretch } of claims) {
      t.ok((atMost === undefined) !== (atLeast === undefined), `${says}: one limit`);
      if (stretch === undefined) continue;
      t.ok(
        atMost === undefined ? stretch > atLeast! : stretch < atMost,
        `${says}: stretch is harder`,
      );
    }
  }
});

t.test('a table', async (t) => {
  t.equal(
    table(
      ['mode', 'messages/s'],
      [
        ['single', '1,000'],
        ['sharded', '–'],
      ],
    ),
    'mode     messages/s\n-------  ----------\nsingle        1,000\nsharded           –',
  );
});

t.test('three digits that matter', async (t) => {
  const cases: [number, string][] = [
    [1.234, '1.23'],
    [12.34, '12.3'],
    [123.4, '123'],
    [12_345.6, '12,346'],
    [0.1234, '0.12'],
    [Number.NaN, '–'],
  ];
  for (const [value, expected] of cases) t.equal(short(value), expected);
});

t.test('the hand-over, which reaches past the public API, runs', async (t) => {
  const settings = { warmUpSeconds: 0.1, seconds: 0.2, blocks: 1, seed: 1, say: () => {} };
  const dispatch = suites.find(({ name }) => name === 'dispatch')!;
  const arm = (await dispatch.arms(settings)).find(({ name }) => name === 'hand-over')!;
  const { result } = await arm.run();
  t.ok(result.messages > 0, 'messages go there and back');
});
