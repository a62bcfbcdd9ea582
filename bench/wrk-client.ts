/**
 * wrk as a client that marks its window: HOST PORT PLAN. Its latencies are left out: it fills in requests that it never
 * sent, which invents tails (0.5 % of requests that take 100 ms become a p90 of 70 ms).
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { HttpPlan } from './http-plan.ts';
import type { LoadResult, Mark } from './measure/client.ts';

const SCRIPT = fileURLToPath(new URL('baselines/wrk.lua', import.meta.url));

const [host, port, text] = process.argv.slice(2) as [string, string, string];
const plan = JSON.parse(text) as HttpPlan;

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

async function wrk(seconds: number): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)('wrk', [
    '--threads=1',
    `--connections=${plan.connections}`,
    `--duration=${seconds}s`,
    `--script=${SCRIPT}`,
    `http://${host}:${port}${plan.path}`,
    '--',
    String(plan.pipeline),
    String(plan.bodyBytes),
  ]);
  const line = stdout.split('\n').find((words) => words.startsWith('{'));
  if (line === undefined) throw new Error(`wrk said: ${stdout}`);
  return JSON.parse(line) as LoadResult;
}

await wrk(plan.warmUpSeconds);
say({ mark: 'begin' });
const result = await wrk(plan.seconds);
say({ mark: 'end' });
say({ mark: 'result', result });
