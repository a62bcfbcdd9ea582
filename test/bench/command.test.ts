/** `patterns bench` as a process: a short real run, what it refuses, and its page. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Stored } from '../../bench/result.ts';
import { hasProc } from '../../bench/measure/proc.ts';
import { folderOf, mapTwo, run } from '../cli/cli.ts';
import { measure, resultOf, tiny } from './support.ts';

t.jobs = 1;

t.test('a first look: the table, the answer, and a folder that holds every run', async (t) => {
  const folder = folderOf(t);
  const out = join(folder, 'run');
  const args = ['--quick', '--modes=single,sharded:thread', '--workers=2', `--out=${out}`];
  const ended = await measure(t, ['bench', ...tiny, ...args]);
  t.equal(ended.code, 0, ended.err);
  for (const head of [
    'messages a second',
    'p50 ms',
    'p99 ms',
    'CPU',
    'workers',
    'messages spread',
  ]) {
    t.ok(ended.out.includes(head), head);
  }
  t.match(ended.out, /^single +[\d,]+ /m);
  t.match(ended.out, /^sharded +thread +[\d,]+ /m);
  t.match(ended.out, /was ahead with [\d,]+ messages\/s/);
  t.match(
    ended.err,
    /^[12]\/2 (?:single|sharded thread): [\d,]+ messages\/s/m,
    'a line for each run',
  );
  t.notMatch(ended.out + ended.err, /NaN|undefined|\[object|\u001B/);
  const result = resultOf(out);
  t.match(result, {
    format: 'patterns-bench',
    version: 1,
    suite: 'modes',
    complete: true,
    plan: { quick: true, blocks: 1, workers: 2, load: { connections: 4 } },
    environment: { node: process.version, settings: {}, cores: Number },
    lost: [],
  });
  t.same(Object.keys(result.blocks.runs), ['single', 'sharded thread']);
  t.same(readdirSync(join(out, 'trials')).toSorted(), [
    '001-sharded-thread.json',
    '001-single.json',
  ]);
  const stored = JSON.parse(
    readFileSync(join(out, 'trials/001-sharded-thread.json'), 'utf8'),
  ) as Stored;
  t.match(stored, { arm: 'sharded thread', block: 0, replaced: false });
  t.same(stored.trial, result.blocks.runs['sharded thread'][0]);
  t.match(result.asked, /^echo of 64 bytes over line, 4 connections, closed loop, 1 run of each, /);
  t.ok(ended.out.includes(result.asked), 'the terminal says it too');
  t.ok(stored.figures.longestLoopDelayMs! >= 0);
  t.ok(stored.figures.perSecond! > 0);
  t.equal(stored.trial.workers.length, 2, 'what each worker had');
  if (hasProc) t.ok(stored.figures.cpuUs! > 0);
  if (hasProc) t.ok(stored.trial.server!.switches > 0);
  const report = await run(['report', out, `--output=${folder}/page.html`]);
  t.same([report.code, report.err], [0, ''], 'it is a page too, and nothing is left out');
  t.match(readFileSync(join(folder, 'page.html'), 'utf8'), '<h1>Which pattern for this handler?');
});

t.test('a handler of one’s own, refused where a mode cannot serve it', async (t) => {
  const folder = folderOf(t, {
    'handler.mjs': 'export default { pushes: true, message: (bytes) => bytes };',
  });
  const args = ['./handler.mjs', '--quick', '--modes=single,blocking'];
  const { code, err, out } = await measure(t, ['bench', ...tiny, ...args], { cwd: folder });
  t.equal(code, 0, err);
  t.match(out, /handler\.mjs of 64 bytes over bytes, 4 connections/);
  t.match(out, /^Not run: blocking: .*handlers that push|^Not run: blocking: .*Modes that can/m);
  const [name, ...others] = readdirSync(join(folder, 'patterns-results'));
  t.match(name, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-modes$/, 'where a user looks for it');
  t.same(others, []);
  t.match(out, `Every run: ${join('patterns-results', name)}`);
  const { lost } = resultOf(join(folder, 'patterns-results', name));
  t.same(
    lost.map(({ arm }) => arm),
    ['blocking'],
  );
});

t.test('what cannot be: one sentence, and exit 2', async (t) => {
  const folder = folderOf(t, { 'broken.mjs': 'nonsense(' });
  const cases: [string[], RegExp][] = [
    [['./none.ts'], /There is no handler at \.\/none\.ts/],
    [['./broken.mjs'], /the module does not load/],
    [['nagle', '--size=5'], /--size belongs to modes/],
    [['--blocks=none'], /--blocks is "none"; it must be a whole number/],
    [['--modes=sharde'], /--modes has "sharde"/],
    [['--resume=./none'], /\.\/none holds no run of patterns bench/],
    [['--resume=./none', '--quick'], /--resume goes on with what was asked then/],
    [['--out=/dev/null/x', '--quick'], /\/dev\/null\/x cannot be written/],
    [['--blokcs=5'], /There is no option --blokcs\. Did you mean "--blocks"/],
  ];
  await mapTwo(cases, async ([args, message]) => {
    const { code, err, out } = await run(['bench', '--anyway', ...args], { cwd: folder });
    const name = args.join(' ');
    t.equal(code, 2, name);
    t.match(err, message, name);
    t.match(err, /^patterns: [^\n]+\n$/, 'one line');
    t.equal(out, '');
  });
  const { code, err } = await measure(
    t,
    ['bench', ...tiny, '--quick', '--modes=single', '--file=none.txt', '--out=run'],
    { cwd: folder },
  );
  t.equal(code, 2, 'a payload that is not there ends it at once');
  t.match(err, /none\.txt/);
});

t.test('nothing could be measured: exit 1', async (t) => {
  const folder = folderOf(t, { 'socket.mjs': 'export default { socket() {} };' });
  const args = ['./socket.mjs', '--quick', '--modes=dispatched', '--out=run'];
  const { code, err } = await measure(t, ['bench', ...tiny, ...args], { cwd: folder });
  t.equal(code, 1);
  t.match(err, /^patterns: Nothing could be measured: Mode dispatched cannot serve this/m);
});

t.test('a handler that answers twice is found out', async (t) => {
  const folder = folderOf(t, {
    'twice.mjs':
      'export default { message(bytes, connection) { connection.send(bytes); return bytes; } };',
  });
  const args = ['./twice.mjs', '--quick', '--modes=single', '--out=run'];
  const { err, out } = await measure(t, ['bench', ...tiny, ...args], { cwd: folder });
  t.match(out + err, /\d+ requests failed \(.*\d+ unasked\), with single/);
});

t.test('a suite that measures nothing does not stop the next one', async (t) => {
  const folder = folderOf(t);
  const times = ['--anyway', '--quick', '--duration=200ms', '--warmup=50ms'];
  const args = ['slow-consumer', 'nagle', '--modes=native', '--out=run', ...times];
  const { code, err, out } = await measure(t, ['bench', ...args], { cwd: folder });
  t.equal(code, 1);
  t.match(out, /^an answer in two parts +Nagle off +\d/m, 'the next one was measured');
  t.match(
    err,
    /^patterns: Nothing could be measured by 1 of 2 suites: slow-consumer: Mode native .*\n$/m,
  );
  t.same(readdirSync(join(folder, 'run')).toSorted(), ['nagle', 'slow-consumer']);
});

t.test('a handler that throws measures nothing: how all failed, why, and exit 1', async (t) => {
  const folder = folderOf(t, {
    'throws.mjs': 'export default { message() { throw new Error("no database"); } };',
  });
  const args = ['./throws.mjs', '--quick', '--modes=single', '--out=run'];
  const { code, err, out } = await measure(t, ['bench', ...tiny, ...args], { cwd: folder });
  t.equal(code, 1);
  const why =
    /\d+ requests failed \(.*\d+ closedEarly.*\), with single; the server's first error was "Error: no database"\./;
  t.match(err, new RegExp(`^patterns: Nothing could be measured: ${why.source}$`, 'm'));
  t.match(out, why, 'among the doubts, too');
});

t.test('help names the suites and what each answers', async (t) => {
  const { code, out } = await run(['bench', '--help']);
  t.equal(code, 0);
  for (const name of ['modes', 'nagle', 'slow-consumer', 'peers']) {
    t.match(out, new RegExp(`^ +${name} +\\S.*`, 'm'));
  }
  for (const flag of ['--resume <folder>', '--header <line>', '--connections <n>']) {
    t.match(out, flag);
  }
});
