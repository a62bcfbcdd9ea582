/** The entry of a load thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { PatternsError } from '../errors.ts';
import { Failure } from './account.ts';
import { sharedOffsetMs } from './clock.ts';
import { makeDriver } from './drivers/index.ts';
import { Engine } from './engine.ts';
import type { FromThread, ToThread, WorkerData } from './messages.ts';
import { readWork } from './payload.ts';
import { threadId } from './usage.ts';

/** How often the warm-up is looked at. */
const WARMUP_INTERVAL_MS = 250;

const { plan, thread } = workerData as WorkerData;
const port = parentPort!;
let timer: NodeJS.Timeout | undefined;

try {
  await main();
} catch (error) {
  broken(error);
}

async function main(): Promise<void> {
  const work = await readWork(plan, thread);
  const engine = new Engine(
    plan,
    thread,
    makeDriver(plan.protocol, plan.protocolOptions, work, plan),
    {
      begun: () => collectEvery(engine, plan.intervalMs),
      finished: () => void end(engine),
      gaveUp: (reason) => say({ type: 'gaveUp', reason }),
      broken,
    },
  );
  port.on('message', (message: ToThread) => {
    take(engine, message).catch(broken);
  });
  say({ type: 'ready', tid: threadId() });
}

async function take(engine: Engine, message: ToThread): Promise<void> {
  switch (message.type) {
    case 'connect':
      await engine.connect();
      say({
        type: 'connected',
        opened: engine.openedConnections,
        problem: engine.lastProblem,
        reset: engine.lastRefusal === Failure.RESET,
      });
      break;
    case 'start':
      collectEvery(engine, WARMUP_INTERVAL_MS);
      engine.start(message.atMs - sharedOffsetMs, message.measureAtMs - sharedOffsetMs);
      break;
    case 'measure':
      engine.measure(message.atMs - sharedOffsetMs);
      break;
    case 'stop':
      engine.hurry();
      await end(engine);
      break;
    case 'close':
      engine.close();
      port.close();
      break;
  }
}

async function end(engine: Engine): Promise<void> {
  if (!(await engine.stop())) return;
  clearInterval(timer);
  say({ type: 'interval', interval: engine.takeInterval() });
  say({ type: 'done', report: engine.report() });
}

function collectEvery(engine: Engine, intervalMs: number): void {
  clearInterval(timer);
  timer = setInterval(() => say({ type: 'interval', interval: engine.takeInterval() }), intervalMs);
}

function broken(error: unknown): void {
  clearInterval(timer);
  const message = error instanceof Error ? error.message : String(error);
  // A request that cannot be encoded is the payload's fault.
  const isOption = error instanceof PatternsError || error instanceof TypeError;
  say({ type: 'broken', message, isOption });
}

function say(message: FromThread): void {
  port.postMessage(message);
}
