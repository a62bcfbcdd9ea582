/**
 * What a command costs examples/redis.ts and a real redis-server: CPU of the server process per command (/proc/PID/stat:
 * every thread, garbage collection included) and throughput, under redis-benchmark. Runs alternate; medians, and the
 * spread of the ratio of neighbours.
 *
 *     node --conditions=patterns-source test/examples/redis-compare.ts [rounds] [pipeline] [test,test…]
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TICK_US = 10_000;
/** Enough ticks of 10 ms for three figures. */
const RUN_CPU_US = 600_000;
const TESTS =
  'PING_INLINE,PING_MBULK,SET,GET,INCR,LPUSH,RPUSH,LPOP,RPOP,SADD,HSET,SPOP,ZADD,ZPOPMIN,LRANGE_100,LRANGE_600,MSET';

const [rounds = '5', pipeline = '1', tests = TESTS] = process.argv.slice(2);
const children = [await startRedis(), await startOurs()];
try {
  console.log(
    `-P ${pipeline}, ${rounds} rounds, us of server CPU per command and thousands a second`,
  );
  console.log('test            redis            ours             CPU ratio (range)');
  for (const test of tests.split(',')) await compare(test);
} finally {
  for (const { child } of children) child.kill('SIGKILL');
}

async function compare(test: string): Promise<void> {
  const figures: Array<Array<{ us: number; rate: number }>> = [[], []];
  const counts = [0, 0];
  for (const which of [0, 1]) {
    if (test.startsWith('LRANGE')) await measure(which, 'LPUSH', 2000);
    const { us } = await measure(which, test, 20_000);
    counts[which] = Math.min(
      2_000_000,
      Math.max(20_000, Math.round(RUN_CPU_US / Math.max(us, 0.3))),
    );
    await measure(which, test, 20_000);
  }
  for (let round = 0; round < Number(rounds); round += 1)
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0])
      figures[which].push(await measure(which, test, counts[which]));
  const [redis, ours] = figures;
  const ratios = ours.map(({ us }, i) => us / redis[i].us).toSorted((a, b) => a - b);
  const show = (list: Array<{ us: number; rate: number }>) =>
    `${median(list.map(({ us }) => us))
      .toFixed(2)
      .padStart(6)} ${(median(list.map(({ rate }) => rate)) / 1000).toFixed(0).padStart(6)}k  `;
  console.log(
    `${test.padEnd(14)} ${show(redis)} ${show(ours)}  ${median(ratios).toFixed(2)} (${ratios[0].toFixed(2)} to ${ratios.at(-1)!.toFixed(2)})`,
  );
}

async function measure(which: number, test: string, count: number) {
  const { child, port } = children[which];
  const before = ticks(child.pid!);
  const load = `-p ${port} -P ${pipeline} -n ${count} --csv`.split(' ');
  const { stdout } = await run('redis-benchmark', [...load, ...argument(test)]);
  const us = ((ticks(child.pid!) - before) * TICK_US) / count;
  return { us, rate: Number(stdout.trim().split('\n').at(-1)!.split('","')[1]) };
}

/** Its own LRANGE tests run as many LPUSH before: those would be counted too. */
function argument(test: string): string[] {
  const range = /^LRANGE_(\d+)$/.exec(test);
  if (range === null) return ['-t', test.toLowerCase()];
  return ['LRANGE', 'mylist', '0', String(Number(range[1]) - 1)];
}

function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

async function startRedis() {
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--save', '', '--bind', '127.0.0.1'],
    {
      stdio: 'ignore',
    },
  );
  await sleep(500);
  return { child, port };
}

async function startOurs() {
  const code = `
    import { serve } from 'patterns-runtime';
    const server = await serve({ handler: new URL('../../examples/redis.ts', ${JSON.stringify(import.meta.url)}) });
    console.log(server.address.port);`;
  const child = spawn(
    process.execPath,
    [
      '--conditions=patterns-source',
      ...(process.env.SERVER_FLAGS?.split(' ') ?? []),
      '--input-type=module',
      '-e',
      code,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: new URL('../..', import.meta.url) },
  );
  const [line] = await once(child.stdout, 'data');
  return { child, port: Number(line) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
