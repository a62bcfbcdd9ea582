/**
 * redis-benchmark as a client that marks its window: HOST PORT PLAN. First a short run that fills the keys and warms the server up, then
 * the one that counts, as long as its number of requests takes.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LoadResult, Mark } from './measure/client.ts';

export interface RedisPlan {
  readonly command: 'set' | 'get';
  /** Commands in flight on each of 50 connections: `-P`. */
  readonly pipeline: number;
  readonly requests: number;
}

const KEYS = 10_000;
const VALUE_BYTES = 64;

const [host, port, text] = process.argv.slice(2) as [string, string, string];
const plan = JSON.parse(text) as RedisPlan;

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

async function benchmark(command: string, requests: number): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-benchmark', [
    '-h',
    host,
    '-p',
    port,
    '-t',
    command,
    '-n',
    String(requests),
    '-P',
    String(plan.pipeline),
    '-r',
    String(KEYS),
    '-d',
    String(VALUE_BYTES),
    '--csv',
  ]);
  return stdout;
}

/** Of `"test","rps","avg_latency_ms","min_…","p50_…","p95_…","p99_…","max_…"` and a line of figures. */
function parse(csv: string): LoadResult {
  const cells = csv
    .trim()
    .split('\n')
    .at(-1)!
    .split(',')
    .map((cell) => Number(cell.replaceAll('"', '')));
  const [, perSecond, , , p50, , p99, max] = cells as [number, number, ...number[]];
  return {
    messages: plan.requests,
    seconds: plan.requests / perSecond,
    errors: 0,
    latencyMs: { p50: p50, p99: p99, p999: Number.NaN, max: max },
    detail: { csv },
  };
}

await benchmark('set', Math.ceil(plan.requests / 2));
await benchmark(plan.command, Math.ceil(plan.requests / 4));
say({ mark: 'begin' });
const csv = await benchmark(plan.command, plan.requests);
say({ mark: 'end' });
say({ mark: 'result', result: parse(csv) });
