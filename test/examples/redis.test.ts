/** examples/redis.ts answers as redis does, and its data structures hold at sizes that a transcript does not reach. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { matches } from '../../examples/redis/glob.ts';
import { List } from '../../examples/redis/list.ts';
import { MemberSet } from '../../examples/redis/member-set.ts';
import { formatScore, toInteger, toScore } from '../../examples/redis/numbers.ts';
import { SortedSet } from '../../examples/redis/sorted-set.ts';
import { serve, type Server } from '../../src/index.ts';
import { connectTo, type Client } from '../modes/support/client.ts';
import { Random, SEED } from '../modes/support/random.ts';
import { before, until } from '../modes/support/wait.ts';
import { encodeCommand, makeCommands, splitReplies } from './redis-commands.ts';

const COMMANDS = 12_000;
const PROGRAM_TIMEOUT_MS = 100_000;

const hasRedis = ['redis-server', 'redis-cli', 'redis-benchmark'].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
);
const skip = !hasRedis && 'redis is not installed';

async function start(t: Test): Promise<Server> {
  const server = await serve({ handler: new URL('../../examples/redis.ts', import.meta.url) });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  const client = await connectTo(server); // the keys are the module's: those of the test before are there
  await client.write('FLUSHALL\r\n');
  await client.finish();
  return server;
}

function port({ address }: Server): string {
  return String((address as { port: number }).port);
}

/** Sends the commands, cut at arbitrary bytes, and gives one reply for each. */
async function transcript(client: Client, commands: readonly string[][]): Promise<string[]> {
  const bytes = Buffer.from(commands.map(encodeCommand).join(''), 'latin1');
  await client.writeInPieces(new Random().cut(bytes, 500));
  await client.write('QUIT\r\n');
  const replies = splitReplies((await client.finish()).toString('latin1'));
  if (replies.pop() !== '+OK\r\n') throw new Error('QUIT was not answered');
  return replies;
}

t.test('every reply is the one of redis, byte for byte', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'patterns-redis-'));
  const path = join(folder, 'redis.sock');
  const options = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder];
  const redis = spawn('redis-server', options, { stdio: 'ignore' });
  t.teardown(async () => {
    redis.kill('SIGKILL');
    await once(redis, 'close');
    rmSync(folder, { recursive: true });
  });
  await until(() => answers(path), 'redis-server listens');
  const server = await start(t);
  const commands = makeCommands(new Random(), COMMANDS);
  const [theirs, ours] = await Promise.all([
    transcript(await connectTo({ path }), commands),
    transcript(await connectTo(server), commands),
  ]);
  t.equal(theirs.length, COMMANDS);
  t.equal(ours.length, COMMANDS);
  const different = commands.flatMap((words, i) => {
    const same = ours[i] === theirs[i] || (words[0] === 'TTL' && isNear(ours[i], theirs[i]));
    return same ? [] : [{ at: i, words, ours: ours[i], theirs: theirs[i] }];
  });
  t.same(different.slice(0, 10), [], `seed ${SEED}`);
  const kinds = new Set(theirs.map((reply) => reply.slice(0, reply.startsWith('-') ? 12 : 1)));
  t.ok(kinds.size >= 12, `replies of ${kinds.size} kinds`);
});

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Seconds left: the two servers were not asked at the same moment. */
function isNear(a: string, b: string): boolean {
  const [left, right] = [a, b].map((reply) => Number(reply.slice(1)));
  return left > 0 && right > 0 && Math.abs(left - right) <= 60;
}

async function program(name: string, args: readonly string[], input = '') {
  const child = spawn(name, args, { timeout: PROGRAM_TIMEOUT_MS });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number | null, out, err };
}

for (const [what, args] of Object.entries({
  'one by one': '-n 1000',
  'sixteen at a time, random keys': '-n 6000 -P 16 -r 2000',
})) {
  t.test(`redis-benchmark's default tests run clean, ${what}`, { skip }, async (t) => {
    const server = await start(t);
    const options = ['-p', port(server), '--csv', ...args.split(' ')];
    const { code, out, err } = await program('redis-benchmark', options);
    t.same({ code, err }, { code: 0, err: '' });
    const rows = out.trim().split('\n').slice(1);
    t.ok(rows.length >= 19, `${rows.length} tests`);
    for (const row of rows) t.match(row, /^"[A-Z_]+[^"]*",("[\d.]+",?){7}$/);
    const [{ open, errors }] = (await server.stats()).workers;
    t.same({ open, errors }, { open: 0, errors: 0 });
  });
}

t.test('redis-cli talks to it', { skip }, async (t) => {
  const server = await start(t);
  const input =
    'set greeting "hello there"\nget greeting\nlpush l a b\nlrange l 0 -1\nget l\ninfo\n';
  const { code, out, err } = await program('redis-cli', ['-p', port(server)], input);
  t.same({ code, err }, { code: 0, err: '' });
  t.match(out, /^OK\nhello there\n2\nb\na\nWRONGTYPE Operation [^\n]*\n\n?# Server/);
  const { out: table } = await program('redis-cli', [
    '-p',
    port(server),
    '--raw',
    'command',
    'docs',
  ]);
  t.equal(table.trim(), '');
});

t.test('keys expire, also those that nobody asks for', async (t) => {
  const client = await connectTo(await start(t));
  const ask = async (...words: string[]) => {
    const before = splitReplies(client.text).length;
    await client.write(encodeCommand(words));
    return until(() => splitReplies(client.text)[before], words.join(' '));
  };
  t.equal(await ask('SET', 'a', 'x', 'PX', '1'), '+OK\r\n');
  t.equal(await ask('SET', 'b', 'x', 'PX', '1'), '+OK\r\n');
  t.equal(await ask('SET', 'c', 'x', 'EX', '1000'), '+OK\r\n');
  t.equal(await ask('SET', 'c', 'y', 'KEEPTTL'), '+OK\r\n');
  t.match(await ask('TTL', 'c'), /^:(9\d\d|1000)\r\n$/);
  await until(async () => (await ask('GET', 'a')) === '$-1\r\n', 'a expires');
  await until(async () => (await ask('DBSIZE')) === ':1\r\n', 'b is swept away');
  t.equal(await ask('INCR', 'n'), ':1\r\n');
  t.equal(await ask('SET', 'c', 'z'), '+OK\r\n');
  t.equal(await ask('TTL', 'c'), ':-1\r\n');
});

t.test('names are of a connection, SELECT too', async (t) => {
  const server = await start(t);
  const [first, second] = await Promise.all([connectTo(server), connectTo(server)]);
  await first.write('CLIENT SETNAME me\r\nSELECT 3\r\nSET k v\r\nCLIENT GETNAME\r\n');
  await first.untilText('me\r\n');
  await second.write('CLIENT GETNAME\r\nGET k\r\nSELECT 3\r\nGET k\r\nQUIT\r\nPING\r\n');
  await before(second.ended, 'QUIT');
  t.equal(second.text, '$-1\r\n$-1\r\n+OK\r\n$1\r\nv\r\n+OK\r\n');
});

t.test('a list is one, whatever happens at its ends', async (t) => {
  const random = new Random();
  const list = new List();
  const plain: string[] = [];
  const same = (a: unknown, b: unknown) => a === b || t.equal(a, b);
  for (let i = 0; i < 20_000; i += 1) {
    const growing = i % 4000 < 2500 ? 3 : 1;
    const atHead = random.below(2) === 0;
    const text = String(i);
    if (random.below(4) < growing) {
      for (const one of [list, plain]) {
        if (atHead) one.unshift(text);
        else one.push(text);
      }
    } else if (plain.length > 0) {
      same(atHead ? list.shift() : list.pop(), atHead ? plain.shift() : plain.pop());
    }
    if (i % 500 === 0) t.same(list.slice(0, list.length), plain);
    if (plain.length > 10 && i % 100 === 0) t.same(list.slice(3, 9), plain.slice(3, 9));
  }
  t.equal(list.length, plain.length);
});

t.test('a sorted set is sorted, over many chunks', async (t) => {
  const random = new Random();
  const set = new SortedSet();
  const plain = new Map<string, number>();
  for (let i = 0; i < 30_000; i += 1) {
    const member = `m${random.below(8000)}`;
    const score = random.below(500);
    set.set(member, score);
    plain.set(member, score);
  }
  const sorted = [...plain].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  t.equal(set.size, plain.size);
  const taken = sorted.map(() => set.takeLowest());
  t.same(
    taken.map(({ member, score }) => [member, score]),
    sorted,
  );
  t.equal(set.size, 0);
});

t.test('a set gives each member once', async (t) => {
  const set = new MemberSet();
  const all = Array.from({ length: 1000 }, (_, i) => `m${i}`);
  for (const member of [...all, ...all]) set.add(member);
  t.equal(set.size, 1000);
  const taken = new Set(all.map(() => set.take()));
  t.equal(taken.size, 1000);
  t.equal(set.size, 0);
});

t.test('numbers', async (t) => {
  for (const [text, value] of [
    ['0', 0],
    ['-5', -5],
    ['999999999999999', 999_999_999_999_999],
    ['9007199254740993', 2n ** 53n + 1n],
    ['9223372036854775807', 2n ** 63n - 1n],
  ] as const)
    t.equal(toInteger(text), value, text);
  for (const text of ['9223372036854775808', '-', '01', '1x', '', '-0', '+1'])
    t.equal(toInteger(text), undefined, text);
  for (const text of ['', ' 1', '1 ', '0b1', '0o7', 'nan', '1e400', 'Infinit'])
    t.ok(Number.isNaN(toScore(text)), text);
  for (const [score, text] of [
    [0.1, '0.10000000000000001'],
    [1e-5, '1.0000000000000001e-05'],
    [1e21, '1e+21'],
    [123456.75, '123456.75'],
    [-Infinity, '-inf'],
  ] as const)
    t.equal(formatScore(score), text);
});

t.test('patterns', async (t) => {
  for (const [pattern, yes, no] of [
    ['a*b*c', 'aXbYbZc', 'aXbYbZ'],
    ['[a-c]?', 'bx', 'dx'],
    ['[^a-c]', 'd', 'a'],
    ['\\*', '*', 'x'],
    ['*', '', undefined],
    ['', '', 'a'],
  ] as const) {
    t.ok(matches(pattern, yes), `${pattern} matches ${yes}`);
    if (no !== undefined) t.notOk(matches(pattern, no), `${pattern} does not match ${no}`);
  }
});
