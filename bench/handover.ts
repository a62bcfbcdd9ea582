/**
 * The hand-over of `dispatched` alone: messages go to one executor and back, and no socket is near. Connections are
 * stood for by objects with an id; each has a few messages under way, and an answer sends the next one.
 *
 * This is the one place of the bench that reaches past the public API: what it measures has no public face. Prints marks
 * as a load client does; takes WARM_UP_SECONDS SECONDS.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mark } from './measure/client.ts';

const CONNECTIONS = 64;
const IN_FLIGHT = 16;
const MESSAGE = Buffer.from(`${'x'.repeat(64)}\n`);

interface Stand {
  readonly id: number;
  readonly remoteAddress: string;
}

interface Executor {
  see(connection: Stand): void;
  ship(
    work: { readonly conversation: Stand; answer(): void },
    bytes: Buffer,
    start: number,
    end: number,
  ): void;
}

interface Executors {
  readonly list: readonly Executor[];
  start(): Promise<void>;
}

interface ExecutorsModule {
  readonly Executors: new (plan: unknown, fail: (error: Error) => void) => Executors;
}

const entry = import.meta.resolve('patterns-runtime');
const inPackage = (path: string): string =>
  new URL(entry.endsWith('.ts') ? `${path}.ts` : `${path}.js`, entry).href;

const { Executors } = (await import(inPackage('modes/dispatched/executors'))) as ExecutorsModule;

const { mode } = (await import(inPackage('modes/dispatched'))) as {
  readonly mode: { readonly capabilities: readonly string[] };
};

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

const plan = {
  mode: 'dispatched',
  unit: 'thread',
  workers: 1,
  limits: { executorCredit: 4096, messageLimitBytes: 1024 * 1024, sendLimitBytes: 1024 * 1024 },
  handlerUrl: inPackage('handlers/echo'),
  data: undefined,
  protocol: { name: 'line', options: {} },
  modesWith: {},
  capabilities: mode.capabilities,
  workerOutput: 'stderr',
};

const [warmUpSeconds, seconds] = process.argv.slice(2).map(Number) as [number, number];
const executors = new Executors(plan, (error) => {
  throw error;
});
await executors.start();
const executor = executors.list[0];

let answered = 0;
for (let id = 1; id <= CONNECTIONS; id += 1) {
  const conversation: Stand = { id, remoteAddress: '' };
  executor.see(conversation);
  for (let message = 0; message < IN_FLIGHT; message += 1) {
    const work = {
      conversation,
      answer: (): void => {
        answered += 1;
        executor.ship(work, MESSAGE, 0, MESSAGE.length);
      },
    };
    executor.ship(work, MESSAGE, 0, MESSAGE.length);
  }
}

await sleep(warmUpSeconds * 1000);
say({ mark: 'begin' });
const [before, from] = [answered, performance.now()];
await sleep(seconds * 1000);
const [messages, to] = [answered - before, performance.now()];
say({ mark: 'end' });
say({ mark: 'result', result: { messages, seconds: (to - from) / 1000, errors: 0 } });
process.exit(0);
