/** Two benches on one machine measure each other: the second one waits for the first. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An abstract Unix socket: the kernel frees it with the process that holds it, and there is no file to clean up. */
const NAME = '\0patterns-bench';
const LOOK_MS = 2000;
const LONGEST_WAIT_MS = 30 * 60_000;

/**
 * Resolves when no other bench runs here; from then on, until this process ends, others wait. Does nothing where there
 * are no abstract sockets (all but Linux). `say` hears of a wait. Rejects when `signal` ends it.
 */
export async function beTheOnlyOne(
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (process.platform !== 'linux') return;
  const until = performance.now() + LONGEST_WAIT_MS;
  let waits = false;
  while (!(await hold())) {
    if (performance.now() > until) {
      throw new Error('Another bench has been running on this machine for half an hour: end it.');
    }
    if (!waits) say('Another bench is running on this machine: waiting for it to end ...');
    waits = true;
    await sleep(LOOK_MS, undefined, { ...(signal && { signal }) });
  }
}

async function hold(): Promise<boolean> {
  const server = createServer().unref();
  server.listen(NAME);
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}
