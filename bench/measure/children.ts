/** No process that a bench starts outlives it, however it ends. */
import type { ChildProcess } from 'node:child_process';

const living = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
// Without a listener these end the process without an 'exit' event.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

export function endWithUs(child: ChildProcess): void {
  living.add(child);
  child.once('close', () => living.delete(child));
}
