/** Output that nobody reads, or that cannot be written, ends nothing. */
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Client, folderOf, logOf, run, start, type Cli } from './cli.ts';

const LINE = new URL('../../src/protocols/line.ts', import.meta.url).href;

const SHARDED = ['--mode=sharded', '--unit=process', '--workers=1'];

/** Answers, and prints or throws as often as it is told. */
const CHATTY = `import { line } from '${LINE}';
let count = 0;
export default {
  protocol: line(),
  error() { count += 1; },
  message(text) {
    if (text === 'throw') { count += 1; throw new RangeError('thrown ' + count); }
console.log('o'.repeat(999));
    process.stderr.write('e'.repeat(999) + '\\n');
    return text;
  },
};`;

function chatty(t: Test, ...args: string[]): string[] {
  return ['serve', join(folderOf(t, { 'chatty.ts': CHATTY }), 'chatty.ts'), '--port=0', ...args];
}

async function drained(t: Test, cli: Cli): Promise<void> {
  cli.kill('SIGTERM');
  t.equal((await cli.end()).code, 0, 'it drains');
}

for (const mode of [[], ['--mode=sharded', '--unit=thread', '--workers=2']]) {
  t.test(`standard error is full ${mode.join(' ')}`, async (t) => {
    const full = openSync('/dev/full', 'w');
    const cli = start(t, chatty(t, ...mode), { stdio: ['ignore', 'pipe', full] });
    const client = new Client(t, { port: await cli.port(), host: '127.0.0.1' });
    for (let i = 0; i < 20; i += 1) t.equal(await client.ask(`${i}`), `${i}`);
    client.end();
    await drained(t, cli);
  });

  t.test(`nobody reads standard error any more ${mode.join(' ')}`, async (t) => {
    const cli = start(t, chatty(t, ...mode));
    const port = await cli.port();
    cli.child.stderr!.destroy();
    const client = new Client(t, { port, host: '127.0.0.1' });
    for (let i = 0; i < 20; i += 1) t.equal(await client.ask(`${i}`), `${i}`);
    client.end();
    await drained(t, cli);
  });
}

t.test('standard output is full', async (t) => {
  const full = openSync('/dev/full', 'w');
  const cli = start(t, ['serve', 'echo', '--port=0', '--log-level=debug'], {
    stdio: ['ignore', full, 'pipe'],
  });
  await cli.says('err', /cannot be written: ENOSPC/);
  await drained(t, cli);
});

t.test('nobody reads standard output', async (t) => {
  const cli = start(t, ['serve', 'echo', '--port=0']);
  cli.child.stdout!.destroy();
  await cli.says('err', /cannot be written: EPIPE/);
  await drained(t, cli);
});

t.test('a reader that sleeps loses lines, and hears how many', async (t) => {
  const cli = start(t, chatty(t, '--read-path=fallback'));
  const port = await cli.port();
  cli.child.stderr!.pause();
  // Two kilobytes are printed for each, until the pipe and the megabyte behind it are full.
  const client = new Client(t, { port, host: '127.0.0.1' });
  for (let i = 0; i < 1200; i += 1) await client.ask('x');
  const thrower = new Client(t, { port, host: '127.0.0.1' });
  t.equal(await thrower.ask('throw'), undefined, 'the connection is closed');
  t.equal(await client.ask('y'), 'y', 'the server goes on');
  cli.child.stderr!.resume();
  while (cli.err.length < 1201 * 2000) await sleep(20);
  cli.kill('SIGTERM');
  const { err } = await cli.end();
  t.match(err, /"lost":1,"msg":"1 write to standard error got lost"/);
});

for (const mode of ['single', 'pooled', 'dispatched', 'blocking']) {
  t.test(`a handler that throws at every message does not drown the log: ${mode}`, async (t) => {
    const cli = start(
      t,
      chatty(t, `--mode=${mode}`, ...(mode === 'single' ? [] : ['--workers=1'])),
    );
    const port = await cli.port();
    for (let i = 0; i < 200; i += 1) {
      const client = new Client(t, { port, host: '127.0.0.1' });
      t.equal(await client.ask('throw'), undefined);
    }
    cli.kill('SIGTERM');
    const { code, err } = await cli.end();
    t.equal(code, 0);
    const errors = logOf(err).filter(({ level }) => level === 50);
    t.match(errors[0], { msg: 'the handler failed: thrown 1', err: { type: 'RangeError' } });
    t.match((errors[0].err as Error).stack, /chatty\.ts:\d+/, 'the first with its stack');
    const counts = errors.flatMap(({ count }) => (count === undefined ? [] : [Number(count)]));
    const told = errors.length - counts.length;
    t.ok(told < 5, `${told} in full`);
    t.equal(
      counts.reduce((a, b) => a + b, told),
      200,
      'the others by their number',
    );
  });
}

t.test('worker errors are told too', async (t) => {
  const cli = start(t, chatty(t, '--mode=pooled', '--workers=1', '--unit=process'));
  const client = new Client(t, { port: await cli.port(), host: '127.0.0.1' });
  t.equal(await client.ask('throw'), undefined);
  await cli.says('err', /the handler failed/);
  const error = logOf(cli.err).find(({ level }) => level === 50);
  t.match(error, { workerId: 1, err: { type: 'RangeError', stack: /chatty\.ts:\d+/ } });
});

t.test('results: a reader that has enough, and a full disk', async (t) => {
  for (const args of [['modes'], ['doctor'], ['serve', '--help'], ['--version']]) {
    const cli = start(t, args);
    cli.child.stdout!.destroy();
    t.match(await cli.end(), { code: 0, err: '' }, `${args.join(' ')} | head -0`);
    const full = openSync('/dev/full', 'w');
    const { code, err } = await run(args, { stdio: ['ignore', full, 'pipe'] });
    t.equal(code, 1, `${args.join(' ')} > /dev/full`);
    t.equal(err, 'patterns: Standard output cannot be written: ENOSPC.\n');
  }
});

const noScript = spawnSync('script', ['--version']).status !== 0 && 'script(1) is not here';

t.test('on a terminal the log is for people, and Ctrl-C ends it', { skip: noScript }, async (t) => {
  const cli = start(t, ['serve', 'echo', '--port=0', ...SHARDED, '--log-level=debug'], {
    // exec: a shell that stayed would take Ctrl-C too, and say 130
    through: ['sh', '-c', 'exec script -qec "exec $(printf "%s " "$@")" /dev/null', 'sh'],
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await cli.port();
  await cli.says('out', /DEBUG.*: .*worker 1 is ready/);
  cli.child.stdin!.write('\u0003');
  const { code, out } = await cli.end();
  t.equal(code, 0, 'which drains', { out });
  t.match(out, /INFO.*: .*SIGINT: stopping/);
  t.match(out, /served 0 messages of 0 connections/);
  t.notMatch(out, '"level"');
});
