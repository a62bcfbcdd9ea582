/** The package as a user gets it: packed, installed into an empty project, served from the command line and embedded. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const STEP_TIMEOUT_MS = 90_000;
const PARTS = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.bench.json',
  'LICENSE',
  'README.md',
  'src',
  'bench',
  'examples',
  'native-notes',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules/.bin');
const work = mkdtempSync(join(tmpdir(), 'patterns-package-'));
const copy = join(work, 'copy');
const user = join(work, 'user');
const running = new Set<ChildProcess>();

t.teardown(() => {
  for (const child of running) end(child);
  rmSync(work, { recursive: true, force: true });
});

/** As in a user's shell: none of npm's or tap's variables, none of the checkout's commands, and this Node. */
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|TAP|_TAPJS)/.test(name)),
);
env.PATH = [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)]
  .filter((path) => !path.endsWith('node_modules/.bin') && !path.endsWith('node-gyp-bin'))
  .join(delimiter);

/** Starts a command in a process group of its own, which ends with the test. */
function start(cwd: string, command: string, ...args: string[]) {
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function end(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs a command to its end. */
async function run(cwd: string, command: string, ...args: string[]) {
  const child = start(cwd, command, ...args);
  const timer = setTimeout(end, STEP_TIMEOUT_MS, child);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  clearTimeout(timer);
  return { code, out, all: `${out}${err}` };
}

/** Sends `bytes` and gives everything up to the first newline of the answer. */
async function ask(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(STEP_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
  socket.write(bytes);
  try {
    for await (const line of createInterface({ input: socket })) return line;
    throw new Error('the connection ended without an answer');
  } finally {
    socket.destroy();
  }
}

const HANDLER = `import { defineHandler, line } from 'patterns-runtime';
export default defineHandler({ protocol: line(), message: (text) => text + ' to you' });
`;

const EMBED = `import { connect } from 'node:net';
import { defineHandler, line, serve } from 'patterns-runtime';
const handler = defineHandler({ protocol: line(), message: (text) => text });
const server = await serve({ handler, mode: 'single', host: '127.0.0.1', port: 0 });
const socket = connect(server.address.port, '127.0.0.1', () => socket.write('hello\\n'));
socket.once('data', async (bytes) => {
  process.stdout.write(bytes);
  socket.end();
  await server.close();
});
`;

t.test('the tarball', async (t) => {
  // A copy, so that the checkout's dist/ stays as it is while other tests use it.
  for (const part of PARTS) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const packed = await run(copy, 'npm', 'pack', '--pack-destination', work);
  t.equal(packed.code, 0, 'npm pack builds and packs', { output: packed.all });
  const tarball = join(work, readdirSync(work).find((name) => name.endsWith('.tgz')) ?? 'none');

  const publint = await run(work, join(bin, 'publint'), 'run', tarball, '--strict');
  t.equal(publint.code, 0, 'publint finds nothing', { output: publint.all });

  const attw = await run(
    work,
    join(bin, 'attw'),
    tarball,
    '--profile=esm-only',
    '--format=ascii',
    '--no-definitely-typed',
  );
  t.equal(attw.code, 0, 'are the types wrong? no', { output: attw.all });

  mkdirSync(user);
  writeFileSync(join(user, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(user, 'handler.mjs'), HANDLER);
  writeFileSync(join(user, 'embed.mjs'), EMBED);
  const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
  const installed = await run(user, 'npm', 'install', ...flags, tarball);
  t.equal(installed.code, 0, 'it installs into an empty project', { output: installed.all });

  const home = join(user, 'node_modules/patterns-runtime');
  const readme = readFileSync(join(home, 'README.md'), 'utf8');
  for (const [, link] of readme.matchAll(/\]\(([^):]+)\)/g))
    t.ok(existsSync(join(home, link)), `its README's ${link} is there`);
});

t.test('npx patterns serve', async (t) => {
  const child = start(
    user,
    'npx',
    '--no',
    'patterns',
    'serve',
    './handler.mjs',
    '--port=0',
    '--mode=single',
  );
  t.teardown(() => end(child));
  const errors = text(child.stderr);
  let first = '';
  for await (first of createInterface({ input: child.stdout })) break;
  const port = /^listening tcp:\/\/127\.0\.0\.1:(\d+) mode=single\b/.exec(first)?.[1];
  if (port === undefined) return t.fail('no listening line', { first, stderr: await errors });
  t.equal(await ask(Number(port), 'hello\n'), 'hello to you');
});

t.test('npx patterns bench', async (t) => {
  const flags = ['--quick', '--duration=200ms', '--warmup=100ms', '--anyway'];
  const what = ['./handler.mjs', '--modes=single', '--connections=4', '--out=results'];
  const { code, out, all } = await run(user, 'npx', '--no', 'patterns', 'bench', ...what, ...flags);
  t.equal(code, 0, 'the handler is measured', { output: all });
  t.match(out, /^single +[\d,]+ /m, 'there is a row for the mode');
  t.match(JSON.parse(readFileSync(join(user, 'results/result.json'), 'utf8')), {
    complete: true,
    plan: { protocol: 'line' },
  });
});

t.test('embedded', async (t) => {
  const { code, out, all } = await run(user, 'node', 'embed.mjs');
  t.equal(code, 0, 'the program ends by itself', { output: all });
  t.equal(out, 'hello\n');
});
