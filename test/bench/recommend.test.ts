/** From runs to a recommendation, by tables. */
import t from 'tap';
import {
  recommend,
  type Advice,
  type Candidate,
  type Recommendation,
  type Rule,
} from '../../bench/recommend.ts';
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

t.test('of those as good as the best, the one that surely spends less CPU', async (t) => {
  const best = option('best', near(100), near(10));
  const cases: [string, Candidate, string][] = [
    ['cheaper', option('other', near(99), near(8)), 'other'],
    ['as dear', option('other', near(99), near(9.9)), 'best'],
    ['cheaper, but behind', option('other', near(50), near(2)), 'best'],
    ['cheaper, not surely', option('other', near(99), [4, 13, 9, 11, 8]), 'best'],
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
  t.match(sentences.join('\n'), /^sharded is surely ahead of single \(1\.90 times, /m);
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
  t.match(sentences[0], /^None is surely ahead here\. The best median had [ab]: /);
  t.match(sentences[1], /^Not to be told from it on this machine: /);
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
