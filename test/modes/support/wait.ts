/** Waiting for what must come. The deadline is a net for a test that hangs, never part of what is tested. */
import { setTimeout as sleep } from 'node:timers/promises';

const DEADLINE_MS = 60_000;
const POLL_MS = 5;

/** The promise, or an error that says what did not happen. */
export async function before<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  const deadline = sleep(DEADLINE_MS, undefined, { signal: late.signal, ref: true }).then(
    () => {
      throw new Error(`waited ${DEADLINE_MS / 1000} s: ${what}`);
    },
    () => undefined as never,
  );
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    late.abort();
  }
}

/** Resolves with the first value that is neither undefined, null nor false. `what` may say how far it has come. */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string | (() => string),
): Promise<Exclude<T, undefined | null | false>> {
  const giveUp = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false)
      return value as Exclude<T, undefined | null | false>;
    if (performance.now() > giveUp) {
      const missing = typeof what === 'string' ? what : what();
      throw new Error(`waited ${DEADLINE_MS / 1000} s: ${missing}`);
    }
    await sleep(POLL_MS);
  }
}
