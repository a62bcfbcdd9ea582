/** Others share the machine: a run waits, for a bounded time, until they leave it alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasProc, readMachine } from './proc.ts';

const LOOK_MS = 300;

/**
 * A function that resolves when less than `cores` were busy for 300 ms, with nothing of ours running meanwhile. Together
 * its calls wait for `budgetMs` at most, and not behind `signal`; then they no longer wait.
 */
export function quietWaiter(
  cores: number,
  budgetMs: number,
  signal?: AbortSignal,
): () => Promise<void> {
  let leftMs = hasProc ? budgetMs : 0;
  const isEnded = (): boolean => signal?.aborted === true;
  return async () => {
    while (leftMs > 0 && !isEnded()) {
      const before = readMachine();
      const started = performance.now();
      await sleep(LOOK_MS);
      const elapsedMs = performance.now() - started;
      if ((readMachine().busyMs - before.busyMs) / elapsedMs < cores) return;
      leftMs -= elapsedMs;
    }
  };
}
