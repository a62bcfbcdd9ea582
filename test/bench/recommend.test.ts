/** From runs to a recommendation, by tables. */
import t from 'tap';
import {
  recommend,
  type Advice,
  type Candidate,
  type Recommendation,
  type Rule,
} from '../../bench/recommend.ts';
import { judge } from '../../src/statistics/index.ts';
import { seededRandom } from '../../bench/measure/statistics.ts';

const MORE: Rule = { unit: 'messages/s', better: 'more', seed: 1, show: String };
const LESS: Rule = { unit: 'ms', better: 'less', seed: 1, show: String };

const near = (value: number, by = 0): number[] =>
  [-1, 0.5, 0, 1, -0.5].map((step) => value * (1 + by * step));

const option = (
  name: string,
  values: readonly number[],
  cpuUs: readonly number[] = [],
): Candidate => ({
  group: '',
  option: name,
  values,
  cpuUs,
});

const only = ({ groups }: Recommendation): Advice => groups[0];
const standings = ({ ranks }: Advice): string[] =>
  ranks.map(({ option, standing }) => `${option} ${standing}`);

t.test('where each option stands', async (t) => {
  const cases: [string, Rule, Candidate[], string[]][] = [
    ['alone', MORE, [option('a', near(100))], ['a best']],
    [
      'twice as much is ahead',
      MORE,
      [option('a', near(100)), option('b', near(200))],
      ['b best', 'a behind'],
    ],
    [
      'half as much is ahead where less is better',
      LESS,
      [option('a', near(100)), option('b', near(200))],
      ['a best', 'b behind'],
    ],
    [
      'within the least effect they are equal',
      MORE,
      [option('a', near(100)), option('b', near(102))],
      ['b best', 'a equal'],
    ],
    [
      'an interval over the limit says nothing',
      MORE,
      [option('a', near(100)), option('b', [90, 130, 95, 120, 110])],
      ['b best', 'a unclear'],
    ],
    [
      'drift over the blocks does not matter: they are compared in pairs',
      MORE,
      [option('a', [10, 20, 30, 40, 50]), option('b', [12, 24, 36, 48, 60])],
      ['b best', 'a behind'],
    ],
    [
      'what was not measured, or has no such figure, stands at the end',
      MORE,
      [option('a', []), option('b', near(5)), option('c', [Number.NaN])],
      ['b best', 'a unmeasured', 'c unmeasured'],
    ],
  ];
  for (const [name, rule, candidates, expected] of cases) {
    t.same(standings(only(recommend(candidates, rule))), expected, name);
  }
});

t.test('of those as good as the best, the one that clearly spends less CPU', async (t) => {
  const best = option('best', near(100), near(10));
  const cases: [string, Candidate, string][] = [
    ['cheaper', option('other', near(99), near(8)), 'other'],
    ['as dear', option('other', near(99), near(9.9)), 'best'],
    ['cheaper, but behind', option('other', near(50), near(2)), 'best'],
    ['cheaper, not clearly', option('other', near(99), [4, 13, 9, 11, 8]), 'best'],
    ['no CPU known', option('other', near(99)), 'best'],
  ];
  for (const [name, other, expected] of cases) {
    t.equal(only(recommend([best, other], MORE)).choose, expected, name);
  }
});

t.test('in sentences', async (t) => {
  const candidates = [
    option('single', near(100, 0.01), near(8)),
    option('sharded', near(190, 0.01), near(10)),
    option('shared', near(188, 0.01), near(9)),
    option('pooled', [120, 260, 150, 250, 185]),
    option('blocking', []),
  ];
  const { choose, sentences } = only(recommend(candidates, MORE));
  t.equal(choose, 'shared');
  t.match(sentences.join('\n'), /^Take shared: 188 messages\/s \(186\.\d+ to 189\.\d+\)\.$/m);
  t.match(sentences.join('\n'), /^sharded gives as much within 5 %, and spends 1\.11 times/m);
  t.match(
    sentences.join('\n'),
    /^By messages\/s, block by block, sharded is ahead of single \(1\.90 times, /m,
  );
  t.match(sentences.join('\n'), /^Not to be told from it on this machine: pooled \(/m);
  t.match(sentences.join('\n'), /^Not measured: blocking\.$/m);
});

t.test('too few runs claim nothing', async (t) => {
  const few = [option('a', [100, 101]), option('b', [200, 201])];
  const found = recommend(few, MORE);
  t.match(found, { sure: false, blocks: 2 });
  t.same(standings(only(found)), ['b best', 'a unclear']);
  t.same(only(found).sentences, [
    'b was ahead with 200.5 messages/s; last came a with 100.5. A first look, that claims nothing.',
  ]);
});

t.test('where nothing can be told apart, nothing is recommended', async (t) => {
  const wild = [80, 130, 95, 120, 100];
  const { choose, sentences } = only(
    recommend([option('a', near(100)), option('b', wild), option('c', [])], MORE),
  );
  t.equal(choose, null);
  t.match(sentences[0], /^None is clearly ahead here\. [ab] had the best median: /);
  t.match(sentences[1], /^Not to be told from it on this machine: /);
});

t.test('a lead is told with whose limit was met, in the same sentence', async (t) => {
  const rule: Rule = { ...MORE, setting: 'load and server sharing 2 cores' };
  const of = (name: string, values: readonly number[], verdicts: readonly string[]): Candidate =>
    Object.assign(option(name, values), { verdicts });
  const all = (name: string): string[] => Array.from({ length: 5 }, () => name);
  const mixed = ['CLIENT_BOUND', 'CLIENT_BOUND', 'UNCLEAR', 'SERVER_BOUND', 'NOISY_MACHINE'];
  const cases: [string, readonly string[], RegExp][] = [
    ['the server was the limit', all('SERVER_BOUND'), /^Take b: 200 messages\/s \(200 to 200\)\.$/],
    [
      'some met others',
      mixed,
      /^b is ahead, with load and server sharing 2 cores \(of 10 runs: 2 limited by the client, 1 disturbed by others on the machine and 1 of unclear limit\): 200 messages\/s/,
    ],
    ['nobody says', [], /^Take b: /],
  ];
  for (const [name, verdicts, expected] of cases) {
    const ranked = [of('a', near(100), all('SERVER_BOUND')), of('b', near(200), verdicts)];
    t.match(only(recommend(ranked, rule)).sentences[0], expected, name);
    t.notMatch(only(recommend(ranked, rule)).sentences.join(' '), /surely/);
  }
  const one = [of('a', [100], ['CLIENT_BOUND']), of('b', [200], ['SERVER_BOUND'])];
  t.match(
    only(recommend(one, rule)).sentences[0],
    /^b was ahead with 200 messages\/s, with load .* \(of 2 runs: 1 limited by the client\); last came a/,
  );
  const grouped = ['x', 'y'].map((group) =>
    Object.assign(of('a', near(100), all('UNCLEAR')), { group }),
  );
  t.match(recommend(grouped, rule).sentences, [/^Ahead, with load and .*: a at x and y\.$/]);
});

t.test('who leads by the other figures is said, beyond their intervals', async (t) => {
  const rule: Rule = {
    ...MORE,
    others: [
      { key: 'p50Ms', unit: 'ms at p50', better: 'less' },
      { key: 'p999Ms', unit: 'ms at p99.9', better: 'less' },
    ],
  };
  const of = (name: string, perSecond: number, p50Ms: readonly number[], p999Ms: number[]) =>
    Object.assign(option(name, near(perSecond)), { others: { p50Ms, p999Ms } });
  const few = near(Number.NaN);
  const said = (p50Ms: readonly number[], p999Ms: number[]): string =>
    only(recommend([of('a', 200, near(47), near(90)), of('b', 100, p50Ms, p999Ms)], rule))
      .sentences.filter((sentence) => sentence.startsWith('By other figures'))
      .join();
  t.equal(
    said(near(34), near(90)),
    'By other figures others lead: b with 34 against 47 ms at p50.',
  );
  t.equal(
    said(near(34), near(60)),
    'By other figures others lead: b with 34 against 47 ms at p50 and 60 against 90 ms at p99.9.',
  );
  t.equal(said(near(46), near(90)), '', 'less than what matters');
  t.equal(said([20, 70, 30, 80, 35], near(90)), '', 'within the interval');
  t.equal(said(near(60), few), '', 'of too few answers nobody leads');
});

t.test('ratios are those of patterns compare, to the digit', async (t) => {
  const a = [113, 99, 120, 108, 131];
  const b = [84, 91, 80, 100, 83];
  const { ranks } = only(recommend([option('a', a), option('b', b)], MORE));
  const { high, low, ratio } = judge(b, a, { design: 'paired' });
  t.same(ranks[1].behind, { estimate: ratio, low, high });
});

t.test('nothing measured', async (t) => {
  const found = recommend([option('a', [])], MORE);
  t.match(found, { sure: false, blocks: 0 });
  t.match(only(found), { choose: null, sentences: ['Nothing could be measured.'] });
});

t.test('groups are judged apart', async (t) => {
  const { groups, sentences } = recommend(
    [
      { ...option('a', near(1)), group: 'small' },
      { ...option('b', near(2)), group: 'small' },
      { ...option('a', near(2)), group: 'large' },
      { ...option('b', near(1)), group: 'large' },
    ],
    MORE,
  );
  t.same(
    groups.map(({ choose, group }) => `${group} ${choose}`),
    ['small b', 'large a'],
  );
  t.same(sentences, ['Take b at small; a at large.']);
});

t.test('options that are the same are seldom called behind', async (t) => {
  const random = seededRandom(3);
  const rounds = 200;
  let claims = 0;
  for (let round = 0; round < rounds; round += 1) {
    const noisy = (): number[] =>
      Array.from({ length: 5 }, () => 100 * (1 + 0.06 * (random() - 0.5)));
    const found = recommend(
      ['a', 'b', 'c', 'd'].map((name) => option(name, noisy())),
      MORE,
    );
    if (only(found).ranks.some(({ standing }) => standing === 'behind')) claims += 1;
  }
  t.ok(claims / rounds <= 0.05, `${claims} of ${rounds}`);
});
