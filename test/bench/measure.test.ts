/** From a server's start to a ratio: the parts that run processes, on small servers of the test's own. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import t from 'tap';
import { runClient, type ClientCommand } from '../../bench/measure/client.ts';
import { runBlocks } from '../../bench/measure/compare.ts';
import { hasProc } from '../../bench/measure/proc.ts';
import { parseListening, startServer } from '../../bench/measure/server.ts';
import {
  between,
  cpuMs,
  parseFirstError,
  parseStats,
  runTrial,
} from '../../bench/measure/trial.ts';

const node = (script: string): { name: string; command: string; args: string[] } => ({
  name: 'small',
  command: process.execPath,
  args: ['-e', script],
});

const ECHO = `
  const server = require('node:net').createServer((socket) => socket.pipe(socket));
  server.listen(0, '127.0.0.1', () =>
    console.log('listening tcp://127.0.0.1:' + server.address().port + ' mode=small'));
  process.on('SIGTERM', () => {
    console.error(JSON.stringify({ stats: { workers: [{ id: 1, pid: 2, accepted: 3, messages: 4 }] } }));
    process.exit(0);
  });`;

const client = (script: string): ClientCommand => ({
  command: process.execPath,
  args: ({ host, port }) => ['-e', script, host, String(port)],
  limitMs: 20_000,
});

const MARKS = `
  const say = (mark) => console.log(JSON.stringify(mark));
  const socket = require('node:net').connect(process.argv[2], process.argv[1]);
  socket.once('connect', () => socket.write('x')).once('data', () => {
    say({ mark: 'begin' });
    setTimeout(() => {
      say({ mark: 'end' });
      say({ mark: 'result', result: { messages: 1, seconds: 0.2, errors: 0 } });
      socket.destroy();
    }, 200);
  });`;

t.test('where a server listens', async (t) => {
  const cases: [string, { host: string; port: number } | undefined][] = [
    ['listening tcp://127.0.0.1:80\n', { host: '127.0.0.1', port: 80 }],
    ['hello\nlistening tcp://127.0.0.1:8080 mode=single\n', { host: '127.0.0.1', port: 8080 }],
    ['listening tcp://[::1]:9 mode=single', { host: '::1', port: 9 }],
    ['listening unix:/tmp/x', undefined],
    ['listening tcp://', undefined],
    ['', undefined],
  ];
  for (const [output, expected] of cases) t.same(parseListening(output), expected, output);
});

t.test('a server that ends before it listens says why', async (t) => {
  const server = node("console.error('no such mode'); process.exit(2)");
  await t.rejects(startServer(server), {
    message: /^small: ended before it listened\. no such mode$/,
  });
});

t.test('a command that does not exist', async (t) => {
  await t.rejects(startServer({ name: 'nothing', command: '/no/such/program', args: [] }), {
    message: /ENOENT/,
  });
});

t.test('one run: window, result, CPU and the counts of the workers', async (t) => {
  const trial = await runTrial({ server: { ...node(ECHO), loops: 2 }, client: client(MARKS) });
  t.same(trial.result, { messages: 1, seconds: 0.2, errors: 0 });
  t.same(trial.workers, [{ id: 1, pid: 2, accepted: 3, messages: 4 }]);
  if (!hasProc) return;
  t.ok(trial.seconds > 0.15 && trial.seconds < 5, `${trial.seconds} s`);
  t.ok((trial.server?.residentBytes ?? 0) > 2 ** 20);
});

t.test('a client that fails gives its last words, and the server is ended', async (t) => {
  const failing = client("console.error('refused'); process.exit(3)");
  await t.rejects(runTrial({ server: node(ECHO), client: failing }), {
    message: 'The client ended with 3: refused',
  });
});

t.test('a client that does not end is killed', async (t) => {
  const endless: ClientCommand = { ...client('setInterval(() => {}, 1e6)'), limitMs: 300 };
  await t.rejects(runClient(endless, { host: '', port: 0 }, { begin() {}, end() {} }), {
    message: /SIGKILL: killed after 300 ms/,
  });
});

t.test('what others used is what is left of the machine', async (t) => {
  const usage = (userMs: number) => ({
    userMs,
    systemMs: 100,
    residentBytes: 10,
    switches: 5,
    processes: 1,
  });
  const at = (ms: number, factor: number, busyMs: number, stealMs: number) => ({
    at: ms,
    server: usage(300 * factor),
    client: usage(200 * factor),
    own: usage(10 * factor),
    machine: { busyMs, stealMs },
  });
  const found = between(at(0, 1, 1000, 0), at(2000, 2, 1000 + 510 + 400, 100));
  t.equal(cpuMs(found.server), 300);
  t.equal(found.seconds, 2);
  t.equal(found.foreignCores, 0.2);
  t.equal(found.stealCores, 0.05);
  t.same(between(undefined, at(1, 1, 1, 1)), { seconds: 0, foreignCores: 0, stealCores: 0 });
});

t.test('the stats in a log', async (t) => {
  const line = (id: number): string => JSON.stringify({ stats: { workers: [{ id }] } });
  t.same(parseStats(`starting\n${line(1)}\n${line(2)}\nbye\n`), [{ id: 2 }]);
  t.same(parseStats('{"stats": broken\n{"level":30}\n'), []);
  t.same(parseStats(''), []);
});

t.test('the first error of a server’s log', async (t) => {
  const line = (message: string): string =>
    JSON.stringify({ level: 50, err: { type: 'TypeError', message }, msg: 'the handler threw' });
  t.equal(parseFirstError(`{"level":30}\n${line('one')}\n${line('two')}\n`), 'TypeError: one');
  t.equal(parseFirstError(`{"err":{"mess\n${line('two')}`), 'TypeError: two');
  t.equal(parseFirstError('an "err" in words\n{"level":30,"msg":"stopped"}\n'), undefined);
});

t.test('blocks run every arm once, in an order drawn from the seed', async (t) => {
  const ran: string[] = [];
  const arms = ['a', 'b', 'c'].map((name) => ({
    name,
    run: async () => ran.push(name),
  }));
  const options = { blocks: 6, seed: 2, repeats: 0, disturbed: () => false };
  const { runs, order, repeated } = await runBlocks(arms, options);
  t.same(ran, order.flat());
  for (const block of order) t.same(block.toSorted(), ['a', 'b', 'c']);
  t.ok(new Set(order.map((block) => block.join(''))).size > 1, 'orders differ');
  t.same(
    [...runs.values()].map((of) => of.length),
    [6, 6, 6],
  );
  t.equal(repeated, 0);
  t.same((await runBlocks(arms, options)).order, order, 'and again the same');
});

t.test('a disturbed run is made again until the repetitions are used up, then kept', async (t) => {
  const arm = (name: string, disturbed: boolean[]) => ({
    name,
    run: async () => disturbed.shift() ?? false,
  });
  const cases: [boolean[], number, number, number][] = [
    [[false], 2, 0, 0],
    [[true], 2, 1, 0],
    [[true, true], 2, 2, 0],
    [[true, true, true], 2, 2, 1],
    [[true], 0, 0, 1],
  ];
  for (const [runs, repeats, repeated, kept] of cases) {
    const title = `${runs.join()} with ${repeats}`;
    const settled: string[] = [];
    const found = await runBlocks([arm('a', runs)], {
      blocks: 1,
      seed: 1,
      repeats,
      disturbed: (run) => run,
      settle: async () => void settled.push('settled'),
    });
    t.same([found.repeated, found.keptDisturbed], [repeated, kept], title);
    t.equal(settled.length, repeated + 1, title);
  }
});

t.test(
  'a second bench waits until the first has ended',
  { skip: process.platform !== 'linux' && 'abstract sockets are Linux’s' },
  async (t) => {
    const module = new URL('../../bench/measure/only-one.ts', import.meta.url).href;
    const script = `
      const { beTheOnlyOne } = await import(${JSON.stringify(module)});
      await beTheOnlyOne((text) => console.log('wait'));
      console.log('mine');
      process.stdin.once('data', () => process.exit());`;
    const start = () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      t.teardown(() => child.kill('SIGKILL'));
      return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
    };
    const next = async ({ lines }: ReturnType<typeof start>) => (await lines.next()).value;
    const first = start();
    // A real bench may be running on this machine.
    if ((await next(first)) === 'wait') return;
    const second = start();
    t.equal(await next(second), 'wait');
    first.child.stdin.end('x');
    t.equal(await next(second), 'mine');
    second.child.stdin.end('x');
  },
);
