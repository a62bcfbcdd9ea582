/** No process that a bench starts outlives it, however it ends. */
import type { ChildProcess } from 'node:child_process';

const living = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** For a program without an order of its own to end in: without a listener signals end it without an 'exit' event. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(1));
  }
}

export function endWithUs(child: ChildProcess): void {
  living.add(child);
  child.once('close', () => living.delete(child));
}
