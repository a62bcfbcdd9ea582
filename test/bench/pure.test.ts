/** The parts of `patterns bench` that need no server: what was asked, where things run, how far it is, what is doubtful. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sayPlacement } from '../../bench/campaign.ts';
import { doubtsOf } from '../../bench/doubts.ts';
import { Folder, slug } from '../../bench/folder.ts';
import { ClientRefusal } from '../../bench/measure/client.ts';
import { runBlocks } from '../../bench/measure/compare.ts';
import { parseCores, place } from '../../bench/measure/cores.ts';
import { loopFigures, parseBatches, type LoopFigures } from '../../bench/measure/loops.ts';
import { workOf, type Trial } from '../../bench/measure/trial.ts';
import { drawProgress, formatLeft, leftOf, Progress } from '../../bench/progress.ts';
import { questions } from '../../bench/questions/index.ts';
import { PEERS } from '../../bench/questions/peers.ts';
import { armOf } from '../../bench/questions/question.ts';
import { ALL, FEW, timingOf, wanted } from '../../bench/questions/servers.ts';
import { plansOf, type BenchRequest } from '../../bench/request.ts';
import { FIGURES } from '../../bench/suites/suite.ts';
import type { BenchPlan } from '../../bench/result.ts';
import { modeNames } from '../../src/modes/index.ts';
import { armsOf } from '../../src/report/html/arms.ts';

t.jobs = 1;

const trial = (changes: Partial<Trial> = {}, detail: object = {}): Trial => ({
  seconds: 1,
  foreignCores: 0,
  stealCores: 0,
  workers: [],
  result: { messages: 100, seconds: 1, errors: 0, detail },
  ...changes,
});

const request = (changes: Partial<BenchRequest> = {}): BenchRequest => ({
  words: [],
  quick: true,
  anyway: true,
  load: {},
  ...changes,
});

t.test('cores: apart only where there are enough for every loop and the load', async (t) => {
  const cases: [number, number, number[], object | undefined][] = [
    [1, 1, [0, 1], { server: [0], client: [1] }],
    [2, 1, [0, 1], undefined],
    [1, 1, [5], undefined],
    [2, 1, [1, 3, 5, 7], { server: [1, 3], client: [5, 7] }],
    [4, 2, [0, 1, 2, 3], undefined],
  ];
  for (const [loops, threads, cores, expected] of cases) {
    t.same(place(loops, threads, cores), expected, `${loops} + ${threads} on ${cores.join()}`);
  }
  t.same(parseCores('0-3,8\n'), [0, 1, 2, 3, 8]);
  t.same(parseCores('2'), [2]);
});

t.test('where things ran, in a sentence', async (t) => {
  const placement = { server: [0], client: [1, 2] };
  t.match(sayPlacement([{ server: { loops: 1 } }], { placement }), /cores 0, the load on 1, 2/);
  t.match(
    sayPlacement([{ server: { loops: 99 } }], { placement: undefined }),
    /^Nothing is pinned: 99 loops and/,
  );
  t.match(sayPlacement([{ server: {} }], undefined), /^No run /);
});

t.test('the time that is left', async (t) => {
  const cases: [object, number, number, number | undefined][] = [
    [{ done: 0, total: 4, made: 0 }, 0, 500, undefined],
    [{ done: 1, total: 4, made: 1 }, 1000, 0, 3000],
    [{ done: 1, total: 4, made: 2 }, 4000, 500, 5500], // one was made again
    [{ done: 3, total: 4, made: 3 }, 3000, 9000, 0],
    [{ done: 5, total: 6, made: 1 }, 1000, 0, 1000], // four are of an earlier sitting
  ];
  for (const [state, madeMs, runningMs, expected] of cases) {
    const { done, made, total } = state as { done: number; total: number; made: number };
    t.equal(leftOf({ done, made, total }, madeMs, runningMs), expected, JSON.stringify(state));
  }
  const words: [number, string][] = [
    [0, '0 s'],
    [45_100, '46 s'],
    [180_000, '3 min'],
    [6_000_000, '1 h 40 min'],
  ];
  for (const [ms, expected] of words) t.equal(formatLeft(ms), expected);
});

t.test('a bar, no wider than the terminal', async (t) => {
  const state = { suite: 'modes', arm: 'single', done: 6, total: 12, leftMs: 60_000 };
  t.match(drawProgress(state, 100), /^█{12}░{12} 6\/12, 60 s left {2}modes: single$/);
  t.equal(drawProgress(state, 20).length, 19);
  t.match(drawProgress({ ...state, leftMs: undefined }, 100), /6\/12 {2}modes/);
  t.match(drawProgress({ ...state, done: 0, total: 0 }, 100), /^█{24} /);
});

t.test('a terminal that nobody gave a size still has its bar', async (t) => {
  let text = '';
  const progress = new Progress({ isTTY: true, columns: 0, write: (more) => (text += more) });
  progress.begin('modes', 2, 0);
  progress.run('single');
  progress.end();
  t.match(text, /░ 0\/2 {2}modes: single/);
});

t.test(
  'on a terminal the bar is drawn over itself, elsewhere there is a line for each run',
  async (t) => {
    for (const isTTY of [true, false]) {
      let text = '';
      const progress = new Progress({ isTTY, columns: 80, write: (more) => (text += more) });
      progress.begin('modes', 2, 0);
      progress.run('single');
      progress.done('single', '5 messages/s', false);
      progress.lost('shared', 'no such mode', 1);
      progress.end();
      t.match(text, /shared is left out: no such mode\n/);
      t.equal(text.includes('\u001B'), isTTY);
      t.equal(/^1\/2 single: 5 messages\/s, \d+ s left$/m.test(text), !isTTY);
      if (isTTY)
        t.match(text, /\r\u001B\[Kshared is left out/, 'and taken away where a line stays');
    }
  },
);

t.test('what loops said of themselves, of the window alone', async (t) => {
  const batch = (fromMs: number, more: object = {}) => ({
    fromMs,
    toMs: fromMs + 250,
    delaysMs: [1, 2],
    gcsMs: [],
    busyShare: 0.5,
    ...more,
  });
  const batches = [
    batch(0, { delaysMs: [900] }),
    batch(250, { gcsMs: [3, 1] }),
    batch(500, { delaysMs: [4], busyShare: 1 }),
    batch(750, { delaysMs: [900] }),
  ];
  const text = `${batches.map((one) => JSON.stringify(one)).join('\n')}\n{"fromMs": 10`;
  t.same(parseBatches(text), batches, 'half a line is left out');
  t.same(loopFigures(batches, { fromMs: 100, toMs: 800 }), {
    seconds: 0.5,
    delayP50Ms: 2,
    delayP99Ms: 4,
    delayMaxMs: 4,
    gcMs: 4,
    gcCount: 2,
    gcLongestMs: 3,
    busyShare: 0.75,
  });
  t.equal(loopFigures(batches, { fromMs: 2000, toMs: 3000 }), undefined);
});

t.test('what is doubtful, in sentences', async (t) => {
  const of = (...trials: Trial[]) => doubtsOf(trials.map((one) => ({ arm: 'single', trial: one })));
  const verdict = (name: string) => trial({}, { verdict: { name } });
  const cases: [string[], RegExp][] = [
    [of(trial()), /^$/],
    [of(verdict('SERVER_BOUND')), /^$/],
    [
      of(verdict('CLIENT_BOUND'), trial(), trial()),
      /^In 1 of 3 runs the load was the limit, not the server\.$/,
    ],
    [of(verdict('CLIENT_BOUND')), /understated/],
    [of(verdict('UNCLEAR')), /not clear whose/],
    [of(trial({}, { settled: false })), /^single had not settled when it was measured/],
    [of(trial({}, { settled: true })), /^$/],
    [
      of(trial({ foreignCores: 0.08, stealCores: 0.08 })),
      /^In 1 of 1 runs others used more than 0\.1 cores/,
    ],
    [
      of(trial({ result: { messages: 1, seconds: 1, errors: 3 } })),
      /^3 requests failed, with single\. They are in no figure\.$/,
    ],
    [
      of(
        trial({
          result: {
            messages: 0,
            seconds: 1,
            errors: 3,
            detail: { failed: { reset: 2, timeout: 0, badStatus: 1 } },
          },
          firstError: 'Error: no database',
        }),
      ),
      /^3 requests failed \(2 reset, 1 badStatus\), with single; the server's first error was "Error: no database"\. /,
    ],
    [of(trial({}, { label: 'service times only: …' })), /^Latency is service time/],
  ];
  for (const [sentences, expected] of cases) t.match(sentences.join('\n'), expected);
});

t.test('plans: defaults, words and refusals', async (t) => {
  const [quick] = await plansOf(request());
  t.match(quick, {
    suite: 'modes',
    blocks: 1,
    handler: 'echo',
    protocol: 'line',
    tellProtocol: true,
  });
  const full = await plansOf(request({ quick: false, words: ['nagle', 'memory', 'nagle'] }));
  t.same(
    full.map(({ blocks, suite }) => `${suite} ${blocks}`),
    ['nagle 5', 'memory 5'],
  );
  t.match((await plansOf(request({ words: ['compute:50'] })))[0], {
    suite: 'modes',
    handler: 'compute:50',
  });
  t.match((await plansOf(request({ words: ['compute'] })))[0], { suite: 'compute' });
  const [filed] = await plansOf(request({ load: { payloadFile: 'x.txt' } }));
  t.equal(filed.load.payloadFile, join(process.cwd(), 'x.txt'), 'to go on from anywhere');
  const refused: [Partial<BenchRequest>, RegExp][] = [
    [{ words: ['mods'] }, /^There is no suite mods; it must be one of modes, /],
    [{ words: ['echo', 'nagle'] }, /^Name suites or one handler, not echo nagle/],
    [{ words: ['./a.ts', './b.ts'] }, /^Name suites or one handler/],
    [{ words: ['./none.ts'] }, /^There is no handler at \.\/none\.ts/],
    [{ words: ['nagle'], load: { depth: 2 } }, /^depth belongs to modes/],
    [{ words: ['nagle'], path: '/x' }, /^path belongs to modes/],
    [{ modes: ['singel'] }, /^modes has "singel"/],
    [{ modes: [] }, /^modes has ""/],
    [{ blocks: 0 }, /^blocks is 0/],
    [{ durationMs: 99 }, /^duration is 99/],
    [{ workers: 5000 }, /^workers is 5000/],
    [{ load: { protocol: 'gopher' } }, /There is no protocol "gopher"/],
  ];
  for (const [changes, message] of refused) {
    await t.rejects(
      plansOf(request(changes)),
      { code: 'PATTERNS_OPTION', message },
      String(message),
    );
  }
});

t.test('a handler of one’s own says which protocol it speaks', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'patterns-bench-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const chatty = 'console.log("{hello"); setInterval(() => {}, 1e6);';
  const cases: [string, string, object | RegExp][] = [
    [
      'line.mjs',
      'export default { protocol: { name: "line" }, message: (x) => x };',
      { protocol: 'line', tellProtocol: false },
    ],
    [
      'none.mjs',
      `${chatty} export default { message: (x) => x };`,
      { protocol: 'bytes', tellProtocol: true },
    ],
    ['socket.mjs', 'export default { socket() {} };', { protocol: 'http', tellProtocol: false }],
    ['no-handler.mjs', 'export default 5;', /no-handler\.mjs: its default export is no handler/],
    ['throws.mjs', 'throw new Error("no database.");', /the module does not load: no database\.$/],
    ['dies.mjs', 'process.exit(3);', /the module does not load: /],
    [
      'own.mjs',
      'export default { protocol: { name: "morse" }, message() {} };',
      /There is no protocol "morse"/,
    ],
  ];
  for (const [name, text, expected] of cases) {
    const asked = plansOf(request({ words: [write(name, text)] }));
    if (expected instanceof RegExp)
      await t.rejects(asked, { code: 'PATTERNS_OPTION', message: expected }, name);
    else
      t.match((await asked)[0], { suite: 'modes', handler: join(folder, name), ...expected }, name);
  }
  const other = request({ words: [join(folder, 'line.mjs')], load: { protocol: 'resp' } });
  await t.rejects(plansOf(other), /brings line: leave the option out/);
});

t.test('every question has a word, a question, and arms that differ and repeat', async (t) => {
  const [plan] = await plansOf(request());
  t.equal(new Set(questions.map(({ name }) => name)).size, questions.length);
  for (const question of questions) {
    const { name, shows, decides } = question;
    t.match(name, /^[a-z-]+$/);
    t.match(question.question, /\?$/, name);
    t.ok(shows.includes(decides), `${name} shows what decides`);
    if (question.unavailable?.(plan) !== undefined) continue;
    const made = await question.arms(plan);
    const again = await question.arms(plan);
    const words = (list: typeof made): string[] => list.map((arm) => arm.name);
    t.same(words(again), words(made), `${name}: the same plan, the same arms`);
    t.equal(new Set(words(made).map(slug)).size, made.length, `${name}: no two share a file`);
    const heads = new Set(made.map(({ facets }) => Object.keys(facets).join()));
    t.equal(heads.size, 1, `${name}: one table`);
  }
  for (const { name, group } of PEERS) t.ok(group.length > 0, name);
});

t.test('arms are named for what tells them apart', async (t) => {
  const commands = {
    server: { name: '', command: '', args: [] },
    client: { command: '', args: () => [], limitMs: 0 },
  };
  const arm = armOf({ size: '64 B', mode: 'sharded', unit: 'thread' }, ['size'], commands);
  t.match(arm, { name: '64 B sharded thread', group: '64 B', option: 'sharded thread' });
  t.match(armOf({ mode: 'single', unit: '' }, [], commands), {
    name: 'single',
    group: '',
    option: 'single',
  });
});

t.test('a thread for each connection takes its time to start', async (t) => {
  const [plan] = await plansOf(request({ warmUpMs: 1000 }));
  t.equal(timingOf(plan, { mode: 'single' }, { connections: 64 }).warmUpMs, 1000);
  const blocking = { mode: 'blocking' };
  t.equal(timingOf(plan, blocking, { connections: 10, rateHz: 100 }).warmUpMs, 1400);
  t.equal(timingOf(plan, blocking, { connections: 10 }).warmUpMs, 'auto');
});

t.test('modes that are wanted', async (t) => {
  const of = (modes: string[] | null, protocol = 'line', from = FEW): string[] =>
    wanted({ modes, protocol } as BenchPlan, from).map(({ mode, unit }) =>
      `${mode} ${unit ?? ''}`.trim(),
    );
  t.same(of(null), ['single', 'dispatched thread', 'sharded process']);
  t.same(of(['sharded:thread', 'single']), ['single', 'sharded thread']);
  t.same(of(['pooled']), ['pooled thread', 'pooled process']);
  t.notOk(of(null, 'line', ALL).includes('native process'), 'which speaks HTTP alone');
  t.ok(of(null, 'http', ALL).includes('native process'));
  t.ok(of(['native']).includes('native process'), 'asked for by name');
  t.same([...new Set(ALL.map(({ mode }) => mode))], modeNames, 'every mode there is');
});

const settings = { blocks: 3, seed: 1, repeats: 0, disturbed: () => false };

t.test(
  'blocks: runs of an earlier sitting are not made again, and the order is the same',
  async (t) => {
    const ran: string[] = [];
    const arms = ['a', 'b'].map((name) => ({ name, run: async () => ran.push(name) }));
    const whole = await runBlocks(arms, settings);
    ran.length = 0;
    const known = new Map([
      ['a 0', 70],
      ['b 0', 80],
      ['b 1', 90],
    ]);
    const recall = (arm: string, block: number) => known.get(`${arm} ${block}`);
    const rest = await runBlocks(arms, { ...settings, recall, repeated: 4 });
    t.same(rest.order, whole.order);
    t.same(ran.toSorted(), ['a', 'a', 'b']);
    t.same(rest.runs.get('b')!.slice(0, 2), [80, 90]);
    t.equal(rest.repeated, 4);
  },
);

t.test('blocks: an arm that fails takes no part any more, where that is wanted', async (t) => {
  let tries = 0;
  const arms = [
    { name: 'bad', run: async () => Promise.reject(new Error(`no ${(tries += 1)}`)) },
    { name: 'good', run: async () => 1 },
  ];
  const lost: string[] = [];
  const { runs } = await runBlocks(arms, {
    ...settings,
    lost: (arm, { message }) => void lost.push(`${arm}: ${message}`),
  });
  t.same(lost, ['bad: no 1']);
  t.same([runs.get('bad'), runs.get('good')], [[], [1, 1, 1]]);
  await t.rejects(runBlocks(arms, settings), /no 2/);
  const rethrow = (_arm: string, error: Error): void => {
    throw new ClientRefusal(error.message);
  };
  await t.rejects(runBlocks(arms, { ...settings, lost: rethrow }), /no 3/);
});

t.test('blocks: ended early, the run under way is thrown away', async (t) => {
  const ended = new AbortController();
  const arms = ['a', 'b'].map((name) => ({
    name,
    run: async () => {
      if (ended.signal.aborted) t.fail('no run begins any more');
      return name;
    },
  }));
  let runs = 0;
  const found = await runBlocks(arms, {
    ...settings,
    signal: ended.signal,
    progress: () => void ((runs += 1) === 3 && ended.abort()),
  });
  t.equal([...found.runs.values()].flat().length, 3);
});

t.test('a folder: what is kept comes back', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'patterns-bench-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, 'run');
  const [plan] = await plansOf(request());
  const folder = Folder.create(path, plan, { node: 'v0' });
  const arm = { name: 'sharded thread', group: '', option: '', facets: {} };
  folder.keep('modes', arm, 0, trial({ foreignCores: 3 }), true);
  folder.keep('modes', arm, 0, trial({ seconds: 7 }), false);
  const again = Folder.open(path);
  t.same(again.plan, plan);
  t.same(again.environment, { node: 'v0' });
  t.match(again.folder, { replaced: 1, size: 1 });
  t.equal(again.folder.kept('sharded thread', 0)?.seconds, 7);
  t.equal(again.folder.kept('sharded thread', 1), undefined);
  t.throws(() => Folder.create(path, plan, {}), {
    code: 'PATTERNS_OPTION',
    message: /holds a run already/,
  });
  t.throws(() => Folder.open(root), {
    code: 'PATTERNS_OPTION',
    message: /there is no plan\.json in it/,
  });
  writeFileSync(join(path, 'plan.json'), JSON.stringify({ ...plan, version: 99 }));
  t.throws(() => Folder.open(path), /of version 99, and this one writes 1/);
  writeFileSync(join(path, 'plan.json'), '{');
  t.throws(() => Folder.open(path), { code: 'PATTERNS_OPTION', message: /plan\.json: / });
});

t.test('the work of workers: one that only reads for others is none, an idle one is', async (t) => {
  const worker = (id: number, accepted: number, messages: number) => ({
    id,
    pid: 1,
    accepted,
    messages,
  });
  const cases: [string, ReturnType<typeof worker>[], number[]][] = [
    ['single: the main loop is the worker', [worker(0, 64, 9)], [9]],
    ['single, that got none', [worker(0, 64, 0)], [0]],
    ['dispatched', [worker(0, 64, 0), worker(1, 0, 300), worker(2, 0, 0)], [300, 0]],
    [
      'sharded, with a shard that got no connection',
      [worker(1, 2, 400), worker(2, 0, 0)],
      [400, 0],
    ],
    ['sharded, with one whose connections kept silent', [worker(1, 2, 4), worker(2, 3, 0)], [4, 0]],
    ['a server that does not say', [], []],
  ];
  for (const [name, workers, expected] of cases) {
    t.same(workOf(workers), expected, name);
    const run = { ...trial({ workers }), workers, loops: [] };
    const suite = { blocks: { runs: { arm: [run] } } } as unknown as Parameters<typeof armsOf>[0];
    const [{ trials }] = armsOf(suite);
    if (expected.some((one) => one > 0)) t.same(trials[0].work, expected, `${name}: in the page`);
  }
});

t.test('the longest delay is that of a loop that worked', async (t) => {
  const loop = (busyShare: number, delayMaxMs: number): LoopFigures => ({
    pid: 1,
    threadId: 0,
    seconds: 1,
    delayP50Ms: 1,
    delayP99Ms: 2,
    delayMaxMs,
    gcMs: 0,
    gcCount: 0,
    gcLongestMs: 0,
    busyShare,
  });
  const cases: [string, LoopFigures[], number][] = [
    ['of several the longest', [loop(0.9, 7), loop(0.5, 12)], 12],
    ['not of one that only supervises', [loop(0.9, 7), loop(0.001, 400)], 7],
    ['none worked', [loop(0.001, 400)], Number.NaN],
    ['none was watched', [], Number.NaN],
  ];
  for (const [name, loops, expected] of cases) {
    t.same(FIGURES.longestLoopDelayMs.of(trial({ loops })), expected, name);
  }
});
