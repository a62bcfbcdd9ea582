/**
 * `patterns compare --selftest`: the same server again and again, each time a fresh process with a fresh load, as two
 * sides. Whatever difference is claimed is a false one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PatternsError } from '../errors.ts';
import { countFalseClaims, formatFalseClaims, type Block } from '../report/compare/false-claims.ts';
import { loadRun } from '../report/compare/load-runs.ts';
import type { ComparedRun } from '../report/compare/run.ts';
import { recognize } from '../report/html/schema.ts';
import { formatSeconds } from '../report/format.ts';
import { print, stderr } from './output.ts';
import { listenForStop } from './signals.ts';
import { formatMs } from './units.ts';

const MAIN = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url),
);
const SERVE = ['serve', 'echo', '--mode=single', '--port=0', '--log-level=error'];
const LOAD = ['--duration=1s', '--warmup=500ms', '--threads=1', '--json'];
/** A start that takes longer on a busy machine is a fault. */
const RUN_LIMIT_MS = 60_000;

/** Ends when another block would not fit into the time, or at a signal; what was measured is reported. */
export async function selftest(timeMs: number, effect: number): Promise<void> {
  const stop = listenForStop();
  const ended = new AbortController();
  void stop.first.then(() => ended.abort());
  void stop.second.then(() => process.exit(130));
  stderr.stream.write(`identical servers, two in each block: about ${formatMs(timeMs)}\n`);
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  const blocks: Block[] = [];
  let blockMs = 0;
  while (elapsed() + blockMs <= timeMs && !ended.signal.aborted) {
    const blockStarted = elapsed();
    const first = await runOnce(ended.signal);
    const second = first && (await runOnce(ended.signal));
    if (first === undefined || second === undefined) break;
    blocks.push([first, second]);
    blockMs = elapsed() - blockStarted;
    const left = Math.max(0, timeMs - elapsed());
    stderr.stream.write(`block ${blocks.length}, ${formatSeconds(left)} left\n`);
  }
  await print(formatFalseClaims(countFalseClaims(blocks, effect), blocks.length, elapsed()));
}

/** Undefined where it was ended early. */
async function runOnce(ended: AbortSignal): Promise<ComparedRun | undefined> {
  const signal = AbortSignal.any([ended, AbortSignal.timeout(RUN_LIMIT_MS)]);
  const server = start(SERVE, signal);
  try {
    const url = await listening(server.child);
    const load = start(['load', url, ...LOAD], signal);
    const [out, code] = await Promise.all([text(load.child.stdout), load.closed]);
    if (code !== 0) throw new PatternsError('PATTERNS_SELFTEST', `The load ended with ${code}.`);
    const found = recognize(JSON.parse(out));
    if (typeof found === 'string' || found.kind !== 'load') {
      throw new PatternsError('PATTERNS_SELFTEST', 'patterns load gave no result.');
    }
    return loadRun(url, found.result);
  } catch (error) {
    if (ended.aborted) return undefined;
    throw error;
  } finally {
    server.child.kill('SIGTERM');
    await server.closed;
  }
}

/** The same Node with the same options. Killed with the signal, and with this process. */
function start(words: readonly string[], signal: AbortSignal) {
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
    killSignal: 'SIGKILL',
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const closed = new Promise<number | null>((resolve) => {
    child.once('error', () => {}); // of the signal; 'close' follows
    child.once('close', (code) => {
      process.removeListener('exit', kill);
      resolve(code);
    });
  });
  return { child, closed };
}

async function listening(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const match = /^listening (tcp:\/\/\S+)/.exec(line);
    if (match !== null) return match[1];
  }
  throw new PatternsError('PATTERNS_SELFTEST', 'The server ended before it listened.');
}
