/** What is refused: with which exit code, and in which words. */
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { modeNames } from '../../src/modes/index.ts';
import { BALANCERS, UNITS } from '../../src/options.ts';
import { protocolNames } from '../../src/protocols/index.ts';
import { env, folderOf, mapTwo, run, start, type Ended } from './cli.ts';

interface Case {
  readonly args: readonly string[];
  /** In this order in the one line on standard error. */
  readonly says: readonly string[];
}

/** One sentence on standard error, nothing on standard output, no stack trace. */
function check(t: Test, { args, says }: Case, code: number, { out, err, ...ended }: Ended): void {
  const name = args.join(' ');
  t.equal(ended.code, code, `${name} exits with ${code}`, { err });
  t.equal(out, '', 'and prints nothing on standard output');
  t.match(err, /^patterns: [^\n]+\n$/, 'but one line on standard error');
  let at = 0;
  for (const text of says) {
    const found = err.indexOf(text, at);
    t.ok(found >= at, `that says ${text}`, { err });
    at = Math.max(at, found);
  }
}

const serve = (...args: string[]) => ['serve', 'echo', '--port=0', ...args];

const USAGE: readonly Case[] = [
  {
    args: ['srve'],
    says: [
      'command',
      'srve',
      'serve, load, bench, compare, report, modes, doctor',
      'Did you mean "serve"?',
    ],
  },
  { args: ['help', 'mods'], says: ['mods', 'Did you mean "modes"?'] },
  { args: ['--vrsion'], says: ['--vrsion', 'Did you mean "--version"?'] },
  { args: ['serve'], says: ['No handler', 'echo', 'compute:200', 'delay:5'] },
  { args: serve('more'), says: ['too many arguments', 'serve'] },
  { args: serve('--moed=single'), says: ['--moed', 'Did you mean "--mode"?', '--help'] },
  { args: serve('--mode'), says: ['--mode', 'argument missing'] },
  {
    args: serve('--mode=shraded'),
    says: ['mode', 'shraded', ...modeNames, 'Did you mean "sharded"?'],
  },
  {
    args: serve('--mode=sharded', '--unit=proces'),
    says: ['--unit', 'proces', ...UNITS, 'Did you mean "process"?'],
  },
  { args: serve('--mode=single', '--unit=thread'), says: ['single', 'unit', 'pooled'] },
  { args: serve('--mode=shared', '--unit=thread'), says: ['shared', 'process', 'thread'] },
  {
    args: serve('--balance=randm', '--mode=pooled'),
    says: ['--balance', 'randm', ...BALANCERS, 'Did you mean "random"?'],
  },
  { args: serve('--balance=random', '--mode=sharded'), says: ['sharded', 'balancer', 'pooled'] },
  {
    args: serve('--protocol=lines'),
    says: ['--protocol', 'lines', ...protocolNames, 'Did you mean "line"?'],
  },
  { args: serve('--workers=two', '--mode=pooled'), says: ['--workers', 'two', 'whole number'] },
  { args: serve('--workers=0', '--mode=pooled'), says: ['--workers is 0', '1 or more'] },
  { args: serve('--workers=2'), says: ['single', 'number of workers', 'pooled'] },
  { args: ['serve', 'echo', '--port=65536'], says: ['--port is 65536', '65535 or less'] },
  { args: ['serve', 'echo', '--port=-1'], says: ['--port', '-1', 'whole number'] },
  { args: serve('--host=nowhere.invalid'), says: ['host', 'nowhere.invalid'] },
  { args: serve('--unix=/tmp/x.sock'), says: ['unix', 'host and port'] },
  {
    args: ['serve', 'echo', '--unix=/tmp/x.sock', '--mode=sharded'],
    says: ['sharded', 'Unix', 'single'],
  },
  { args: serve('--send-limit=64kB'), says: ['--send-limit', '64kB', '64KiB', '1MiB'] },
  { args: serve('--message-limit=0'), says: ['--message-limit is 0', '1 or more'] },
  {
    args: serve('--idle-timeout=1s', '--mode=blocking'),
    says: ['blocking', 'idle timeout', 'single'],
  },
  { args: serve('--drain-timeout=9999h'), says: ['--drain-timeout is', 'or less'] },
  { args: serve('--data={"a":'), says: ['--data is not JSON'] },
  {
    args: serve('--log-level=wanr'),
    says: ['--log-level', 'wanr', 'debug', 'warn', 'Did you mean "warn"?'],
  },
  { args: serve('--watch'), says: ['--watch', 'echo', 'built in'] },
  { args: ['serve', 'echo:1', '--port=0'], says: ['echo', 'no argument'] },
  { args: ['serve', 'compute:fast', '--port=0'], says: ['compute', 'number', 'compute:200'] },
  { args: ['modes', '--jsn'], says: ['--jsn', 'Did you mean "--json"?'] },
  { args: ['doctor', 'me'], says: ['too many arguments', 'doctor'] },
];

t.test('wrong options exit with 2', async (t) => {
  const results = await mapTwo(USAGE, ({ args }) => run(args));
  for (const [i, one] of USAGE.entries()) check(t, one, 2, results[i]);
});

t.test('no command: the help, and 2', async (t) => {
  const { code, out, err } = await run([]);
  t.equal(code, 2);
  t.equal(out, '');
  t.match(err, /^Usage: patterns /);
});

t.test('what cannot be done exits with 1', async (t) => {
  const folder = folderOf(t, {
    'broken.ts': 'export default {',
    'none.ts': 'export const handler = 1;',
    'wrong.ts': 'export default { mesage() {} };',
    'throws.ts': 'throw new TypeError("no database\\nreally");',
    'own.ts': `import { line } from '${new URL('../../src/protocols/line.ts', import.meta.url).href}';
      export default { protocol: line(), message: (text) => text };`,
    'start.ts':
      'export default { start() { throw new Error("no database"); }, message: (m) => m };',
  });
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const file = (name: string, ...more: string[]) => [
    'serve',
    join(folder, name),
    '--port=0',
    ...more,
  ];
  const cases: Case[] = [
    { args: ['serve', 'echo', `--port=${port}`], says: [`tcp://127.0.0.1:${port}`, 'in use'] },
    {
      args: ['serve', 'echo', `--port=${port}`, '--mode=sharded', '--workers=2'],
      says: ['in use'],
    },
    { args: serve('--host=192.0.2.1'), says: ['192.0.2.1', 'no such address'] },
    {
      args: ['serve', 'echo', `--unix=${folder}/no/x.sock`],
      says: ['unix:', 'no such folder'],
    },
    {
      args: ['serve', 'ecoh', '--port=0'],
      says: ['no handler', 'ecoh', 'echo, hello, compute:200 or delay:5', 'Did you mean "echo"?'],
    },
    { args: file('missing.ts'), says: ['no handler', 'missing.ts'] },
    { args: file('broken.ts'), says: ['broken.ts', 'does not load', 'SyntaxError'] },
    {
      args: file('broken.ts', '--mode=sharded', '--workers=2'),
      says: ['broken.ts', 'does not load'],
    },
    {
      args: file('broken.ts', '--mode=dispatched', '--workers=2', '--protocol=line'),
      says: ['broken.ts', 'does not load'],
    },
    { args: file('none.ts'), says: ['none.ts', 'no default export', 'handler', 'export default'] },
    { args: file('wrong.ts'), says: ['wrong.ts', 'message()'] },
    { args: file('throws.ts'), says: ['throws.ts', 'TypeError: no database'] },
    {
      args: file('own.ts', '--protocol=bytes'),
      says: ['protocol "bytes"', 'brings its own', 'line'],
    },
    { args: file('start.ts'), says: ['no database'] },
    { args: file('start.ts', '--mode=sharded', '--workers=2'), says: ['no database'] },
  ];
  const results = await mapTwo(cases, ({ args }) => run(args));
  for (const [i, one] of cases.entries()) check(t, one, 1, results[i]);
});

t.test('the same address twice', async (t) => {
  const port = await start(t, serve('--mode=sharded', '--workers=1')).port();
  const args = ['serve', 'echo', `--port=${port}`, '--mode=sharded', '--workers=1'];
  check(t, { args, says: [`:${port}`, 'in use'] }, 1, await run(args));
});

const NOBODY = 65_534;
const PRIVILEGED = 81;

/** As somebody without privileges; the options of a child process. */
const nobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY, cwd: '/' } : {};

async function whyNotPrivileged(): Promise<string | false> {
  if (process.platform !== 'linux') return 'only Linux says which ports are privileged';
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  if (first <= PRIVILEGED) return `here ports from ${first} on are free to all`;
  const { code } = await run(['--version'], nobody);
  return code !== 0 && 'another user cannot run this checkout';
}

t.test('a privileged port', { skip: await whyNotPrivileged() }, async (t) => {
  const args = ['serve', 'echo', `--port=${PRIVILEGED}`];
  check(
    t,
    { args, says: [`tcp://127.0.0.1:${PRIVILEGED}`, 'privileged'] },
    1,
    await run(args, nobody),
  );
});

t.test('the stack, at --log-level=debug', async (t) => {
  const { code, err } = await run(['serve', './missing.ts', '--log-level=debug']);
  t.equal(code, 1);
  t.match(err, /HandlerError: There is no handler[^]*\n {4}at /);
});

t.test('a Node that is too old says so, and what helps still runs', async (t) => {
  const older = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`;
  const old = { env: { ...env, NODE_OPTIONS: `--import=${older}` } };
  for (const words of [['serve', 'echo', '--port=0'], ['modes'], ['bench', 'echo'], ['nonsense']]) {
    const { code, out, err } = await run(words, old);
    t.same([code, out], [1, ''], words.join(' '));
    t.match(
      err,
      /^patterns: This is Node 20\.20\.2, and Node 22\.19 is the oldest that will do: install a newer one .*\n$/,
    );
  }
  t.match(await run(['--version'], old), { code: 0, out: /^\d+\.\d+/ });
  t.match(await run(['serve', '--help'], old), { code: 0, out: /Usage: patterns serve/ });
  t.match(await run(['doctor'], old), { out: /version: .*20|22\.19 is the oldest that will do/ });
});
