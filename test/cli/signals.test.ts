/** How a server is ended, and how it ends by itself. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Client, folderOf, logOf, start, type Cli } from './cli.ts';

const LINE = new URL('../../src/protocols/line.ts', import.meta.url).href;
const SHARDED = ['--mode=sharded', '--workers=2', '--unit=process'];

/** Says when it has a message, and answers it after `--data` milliseconds. */
const SLOW = `import { line } from '${LINE}';
let ms = 0;
export default {
  protocol: line(),
  start({ data }) { ms = data; },
  async message(text) {
    console.error('got it');
    await new Promise((resolve) => setTimeout(resolve, ms));
    return text;
  },
};`;

function slow(t: Test, ms: number): string[] {
  return ['serve', join(folderOf(t, { 'slow.ts': SLOW }), 'slow.ts'), '--port=0', `--data=${ms}`];
}

/** A client with a message in flight. */
async function inFlight(t: Test, cli: Cli): Promise<Client> {
  const client = await clientOf(t, cli);
  client.send('in flight');
  await cli.says('err', /got it/);
  return client;
}

/** A handler file that does what its message says. */
const NAUGHTY = `import { line } from '${LINE}';
export default {
  protocol: line(),
  message(text) {
    if (text === 'throw') throw new RangeError('thrown');
    if (text === 'exception') setTimeout(() => { throw new Error('too late'); });
    if (text === 'rejection') void Promise.reject(new Error('nobody cares'));
    if (text === 'die') process.exit(3);
    return String(process.pid);
  },
};`;

async function clientOf(t: Test, cli: Cli): Promise<Client> {
  return new Client(t, { port: await cli.port(), host: '127.0.0.1' });
}

/** The worker processes, by the log's own word. */
function workersOf(cli: Cli): number[] {
  return logOf(cli.err).flatMap(({ msg, workerPid }) =>
    /is ready/.test(String(msg)) ? [Number(workerPid)] : [],
  );
}

async function gone(pid: number): Promise<boolean> {
  const state = () =>
    existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  for (let i = 0; i < 100 && /\) [^ZX]/.test(state()); i += 1) await sleep(20);
  return !/\) [^ZX]/.test(state());
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  for (const mode of [[], SHARDED]) {
    t.test(`${signal} drains ${mode.join(' ')}`, async (t) => {
      const cli = start(t, [...slow(t, 300), ...mode]);
      const client = await inFlight(t, cli);
      cli.kill(signal);
      t.equal(await client.line(), 'in flight', 'what was received is answered');
      client.end();
      const { code, err } = await cli.end();
      t.equal(code, 0);
      const messages = logOf(err).map(({ msg }) => String(msg));
      t.match(messages[0], `${signal}: stopping`);
      t.match(messages.at(-1), /^stopped: everything was answered/);
    });
  }
}

t.test("the drain's deadline cuts, and exits with 1", async (t) => {
  const cli = start(t, [...slow(t, 60_000), '--drain-timeout=200ms']);
  const client = await inFlight(t, cli);
  const beganMs = performance.now();
  cli.kill('SIGTERM');
  t.equal(await client.line(), undefined);
  const { code, err } = await cli.end();
  t.equal(code, 1);
  t.ok(performance.now() - beganMs > 190, 'not before it');
  t.match(err, /stopped by force/);
});

for (const mode of [[], SHARDED, ['--mode=blocking']]) {
  t.test(`a second signal ends at once ${mode.join(' ')}`, async (t) => {
    const cli = start(t, [...slow(t, 60_000), '--log-level=debug', ...mode]);
    await inFlight(t, cli);
    cli.kill('SIGTERM');
    await cli.says('err', /SIGTERM: stopping/);
    const beganMs = performance.now();
    await sleep(60); // sooner, it is the echo of the first
    cli.kill('SIGTERM');
    const { code, err } = await cli.end();
    t.equal(code, 1);
    t.ok(performance.now() - beganMs < 10_000, 'at once');
    t.match(err, /SIGTERM again: stopping at once/);
    for (const pid of workersOf(cli)) t.ok(await gone(pid), `worker ${pid} is gone`);
  });
}

t.test('a signal that comes twice at once is one', async (t) => {
  const cli = start(t, slow(t, 300));
  const client = await inFlight(t, cli);
  cli.kill('SIGINT');
  cli.kill('SIGINT'); // as npx does
  t.equal(await client.line(), 'in flight');
  client.end();
  t.equal((await cli.end()).code, 0);
});

t.test('a signal while it starts', async (t) => {
  const file = join(
    folderOf(t, {
      'slow.ts': `export default {
        start: async () => { console.error('starting'); await new Promise((r) => setTimeout(r, 500)); },
        message: (m) => m };`,
    }),
    'slow.ts',
  );
  const cli = start(t, ['serve', file, '--port=0']);
  await cli.says('err', /starting/);
  cli.kill('SIGTERM');
  t.equal((await cli.end()).code, 0);
});

for (const what of ['exception', 'rejection']) {
  t.test(`${what}: nobody caught it`, async (t) => {
    const file = join(folderOf(t, { 'naughty.ts': NAUGHTY }), 'naughty.ts');
    const cli = start(t, ['serve', file, '--port=0']);
    (await clientOf(t, cli)).send(what);
    const { code, err } = await cli.end();
    t.equal(code, 1);
    const last = logOf(err).at(-1);
    t.match(last, { level: 60, msg: new RegExp(`${what}.*(too late|nobody cares)`) });
    t.match(last, { err: { type: 'Error', stack: /naughty\.ts:\d+/ } });
  });
}

t.test('a worker that dies is replaced, and said', async (t) => {
  const file = join(folderOf(t, { 'naughty.ts': NAUGHTY }), 'naughty.ts');
  const cli = start(t, ['serve', file, '--port=0', '--mode=shared', '--workers=1']);
  const port = await cli.port();
  const client = new Client(t, { port, host: '127.0.0.1' });
  const pid = await client.ask('who');
  t.equal(await client.ask('die'), undefined);
  await cli.says('err', /worker 1 is back/);
  const died = logOf(cli.err).find(({ level }) => level === 40);
  t.match(died, {
    workerId: 1,
    workerPid: Number(pid),
    msg: /worker 1 \(pid \d+\) died.*exit code 3/,
  });
  t.equal(cli.err.match(/"pid":/g)?.length, logOf(cli.err).length, 'one pid in each line');
  const other = new Client(t, { port, host: '127.0.0.1' });
  t.not(await other.ask('who'), pid);
  cli.kill('SIGTERM');
  const { err } = await cli.end();
  t.match(err, /served \d+ messages .*, without what 1 worker that died had served/);
});

t.test('a worker process that an error ends: the log names it', async (t) => {
  const file = join(folderOf(t, { 'naughty.ts': NAUGHTY }), 'naughty.ts');
  const cli = start(t, ['serve', file, '--port=0', '--mode=shared', '--workers=1']);
  const client = await clientOf(t, cli);
  await client.ask('exception');
  await cli.says('err', /worker 1 is back/);
  const died = logOf(cli.err).find(({ level }) => level === 40);
  t.match(died, { msg: /died and restarts.*: uncaught Error: .*/, reason: /naughty\.ts:\d+/ });
});

t.test('workers that cannot start any more end the server', async (t) => {
  const folder = folderOf(t, { 'naughty.ts': `import './part.ts';\n${NAUGHTY}`, 'part.ts': '' });
  const args = ['serve', join(folder, 'naughty.ts'), '--port=0', '--mode=shared', '--workers=1'];
  const cli = start(t, args);
  const client = await clientOf(t, cli);
  writeFileSync(join(folder, 'part.ts'), 'throw new Error("no more");');
  t.equal(await client.ask('die'), undefined);
  const { code, err } = await cli.end();
  t.equal(code, 1);
  t.match(logOf(err).at(-1), {
    level: 60,
    code: 'PATTERNS_CRASH_LOOP',
    msg: /Worker 1 died 5 times.*no more/,
  });
});

t.test('workers go with a server that was killed', async (t) => {
  const cli = start(t, ['serve', 'echo', '--port=0', '--log-level=debug', ...SHARDED]);
  await cli.port();
  const workers = workersOf(cli);
  t.equal(workers.length, 2);
  cli.kill('SIGKILL');
  await cli.end();
  for (const pid of workers) t.ok(await gone(pid), `worker ${pid} is gone`);
});
