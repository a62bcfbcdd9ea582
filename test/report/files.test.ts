/** `patterns report` from the outside: what it reads, what it refuses, and in which words. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf, mapTwo, run } from '../cli/cli.ts';
import { ARMS, kneeResult, loadResult, suiteResult } from './results.ts';

const load = (p50Us = 80): string =>
  JSON.stringify(loadResult({ seconds: 2, perSecond: 300, p50Us }));

t.test('results become a page', async (t) => {
  const folder = folderOf(t, {
    'a-10.json': load(),
    'a-9.json': load(),
    'notes.json': '{"name":"x"}',
    'broken.json': '{',
    'readme.txt': 'no result',
    'lines.jsonl': `${load()}\n`,
    'both.json.txt': '',
  });
  const several = folderOf(t, {
    'lines.json': `${load()}\n${load(90)}\n`,
    'list.json': `[${load()},${JSON.stringify(kneeResult())}]`,
    'suites.json': JSON.stringify({ environment: { node: 'v26' }, suites: [suiteResult(ARMS)] }),
  });
  const output = join(folder, 'page.html');
  const { code, err, out } = await run(['report', folder, '--output', output], { cwd: folder });
  t.same([code, out], [0, 'page.html\n'], 'it says where');
  t.match(err, /left out: .*broken\.json is not JSON\n/);
  t.match(err, /left out: .*notes\.json is no result/);
  const html = readFileSync(output, 'utf8');
  t.match(html, '<title>2 loads of tcp://127.0.0.1:7000 – patterns report</title>');
  t.ok(html.indexOf('a-9<') < html.indexOf('a-10<'), 'in the order of their numbers');
  t.match(html, 'broken.json is not JSON', 'what was left out stands in it');
  const more = await run(['report', several, '-o', output], { cwd: folder });
  t.equal(more.code, 0, more.err);
  t.match(readFileSync(output, 'utf8'), '<h1>4 loads and 1 suite</h1>');
  const byDefault = await run(['report', join(folder, 'a-9.json')], { cwd: folder });
  t.same([byDefault.code, byDefault.out], [0, 'report.html\n']);
  t.match(readFileSync(join(folder, 'report.html'), 'utf8'), '<h1>tcp://127.0.0.1:7000</h1>');
});

t.test('what it cannot make a page of: one sentence, and 2', async (t) => {
  const good = JSON.parse(load()) as Record<string, unknown>;
  const change = (changes: object): string => JSON.stringify({ ...good, ...changes });
  const folder = folderOf(t, {
    'good.json': load(),
    'text.json': 'no JSON at all',
    'empty.json': '',
    'number.json': '42',
    'package.json': '{"name":"x","version":"1"}',
    'half.json': change({ ratePerSecond: undefined }),
    'words.json': change({ ratePerSecond: 'many' }),
    'negative.json': change({ durationMs: -1 }),
    'histogram.json': change({ response: { ...(good.response as object), histogram: 'AAAA' } }),
    'cut.json': load().slice(0, 900),
  });
  for (const name of ['none', 'deep/2026-01', 'deep/2026-02', 'wrong']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'wrong', 'x.json'), '{}');
  const cases: [string[], string[]][] = [
    [[], ['No result was given', 'patterns load --json']],
    [['missing.json'], ['missing.json cannot be read', 'no such file', 'Name a result']],
    [['good.json/x'], ['cannot be read', 'a part of the path is a file']],
    [['text.json'], ['text.json is not JSON', 'patterns load URL --json=result.json']],
    [['cut.json'], ['cut.json is not JSON']],
    [['empty.json'], ['empty.json is empty']],
    [['number.json'], ['number.json holds no object']],
    [['package.json'], ['package.json is no result of patterns load --json or of the bench']],
    [['half.json'], ['half.json looks like a load result', 'its ratePerSecond is missing']],
    [['words.json'], ['its ratePerSecond is "many"']],
    [['negative.json'], ['its durationMs is -1']],
    [
      ['histogram.json'],
      ['histogram.json has a histogram that cannot be read', 'make the result anew'],
    ],
    [['none'], ['none has no .json files']],
    [['deep'], ['deep has no results itself', join('deep', '2026-02')]],
    [['wrong'], ['wrong has no results: x.json is no result']],
    [['good.json', 'text.json'], ['text.json is not JSON']],
    [
      ['good.json', '--output=good.json'],
      ['--output is good.json', 'is a result', 'another'],
    ],
    [['good.json', '--output=no/where.html'], ['no/where.html cannot be written']],
    [
      ['good.json', '--outptu=x'],
      ['--outptu', 'Did you mean "--output"?'],
    ],
  ];
  const ended = await mapTwo(cases, ([args]) => run(['report', ...args], { cwd: folder }));
  cases.forEach(([args, says], i) => {
    const { code, err, out } = ended[i];
    const name = `report ${args.join(' ')}`;
    t.equal(code, 2, `${name} exits with 2`, { err });
    t.equal(out, '');
    t.match(err, /^patterns: [^\n]+\n$/, 'one line');
    for (const words of says) t.ok(err.includes(words), `that says ${words}`, { err });
  });
  t.match(readFileSync(join(folder, 'good.json'), 'utf8'), /^\{/, 'and no result is written over');
});
