/**
 * No process that a bench starts outlives it, however it ends. Each child leads a process group of its own, so that what
 * it starts goes with it, and so that Ctrl-C is for the bench alone, which ends them in order. Where the bench is killed,
 * the guard beside it sees its standard input end, and kills the groups that are left. It hears of a child within
 * microseconds of its start: only a kill in between leaves that one.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const GUARD = new URL(
  `./guard${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

const living = new Set<ChildProcess>();
let guard: Writable | undefined;

process.once('exit', () => {
  for (const child of living) killGroup(child);
});

/** For a program without an order of its own to end in: without a listener signals end it without an 'exit' event. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(1));
  }
}

export function startChild(
  command: string,
  args: readonly string[],
  options: { readonly stdio: StdioOptions; readonly env?: NodeJS.ProcessEnv },
): ChildProcess {
  return endWithUs(spawn(command, args, { ...options, detached: true }));
}

/** A child that was started in another way: it alone, if it leads no group. */
export function endWithUs<Child extends ChildProcess>(child: Child): Child {
  const { pid } = child;
  if (pid === undefined) return child; // its 'error' follows
  const toGuard = (guard ??= startGuard());
  living.add(child);
  toGuard.write(`+${pid}\n`);
  child.once('close', () => {
    living.delete(child);
    toGuard.write(`-${pid}\n`);
  });
  return child;
}

/** The child and what it has started, at once. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // it leads no group, or has just ended
  }
}

/** It does not keep this process. In a session of its own: what ends ours by its group does not end it. */
function startGuard(): Writable {
  const child = spawn(process.execPath, [fileURLToPath(GUARD)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  const input = child.stdin;
  (input as unknown as { unref(): void }).unref();
  child.once('error', () => {});
  input.on('error', () => {}); // without it, what we end in order still ends
  return input;
}
