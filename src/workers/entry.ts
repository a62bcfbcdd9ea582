/** Where a worker starts, thread or process. */
import type { Socket } from 'node:net';
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import { WorkerBus, type BusToWorker } from './bus.ts';
import { relayHandlerErrors } from './error-relay.ts';
import { loadHandler, makeLoop, startHandler, stopHandler } from './load.ts';
import { packError, type ToMain, type ToWorker } from './messages.ts';
import type { WorkerContext, WorkerSide } from './plan.ts';
import { siblingUrl, type WorkerStart } from './unit.ts';

interface Line {
  send(message: ToMain): void;
  /** Sends it and exits when it has gone; `kill`: by a signal. */
  last(message: ToMain, kill?: boolean): void;
}

function startInThread(): void {
  const port = parentPort!;
  const line: Line = {
    send: (message) => port.postMessage(message),
    last: (message) => {
      port.postMessage(message);
      port.close(); // nothing keeps the thread then, unless the handler does
      setImmediate(() => process.exit(0));
    },
  };
  const queue = new Inbox(line);
  port.on('message', (message: ToWorker | { message: ToWorker; socket: Socket }) => {
    if ('socket' in message) queue.take(message.message, message.socket);
    else queue.take(message, undefined);
  });
  void run(workerData as WorkerStart, line, queue);
}

function startInProcess(): void {
  const line: Line = {
    send: (message) => {
      if (process.connected) process.send!(message, undefined, undefined, () => {});
    },
    last: (message, kill = false) => {
      const exit = () => (kill ? process.kill(process.pid, 'SIGKILL') : process.exit(0));
      if (process.connected) process.send!(message, undefined, undefined, exit);
      else exit();
    },
  };
  // A stopped parent closes the channel; one that was killed may leave us busy: the watchdog sees to that.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // Signals to the whole process group (Ctrl-C) are the parent's to act on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('uncaughtExceptionMonitor', (error: unknown) =>
    line.send({ type: 'crashed', error: packError(error) }),
  );
  const queue = new Inbox(line);
  process.once('message', (start: WorkerStart) => {
    process.on('message', (message: ToWorker, handle: unknown) => queue.take(message, handle));
    new Worker(siblingUrl('./watchdog', import.meta.url), { workerData: start.parentPid }).unref();
    void run(start, line, queue);
  });
}

/** Messages that came before the worker was up wait here. */
class Inbox {
  #waiting: Array<[ToWorker, unknown]> = [];
  #side: WorkerSide | undefined = undefined;
  #stop: () => void = () => {};
  /** Takes what is for the bus, at once. */
  onBus: (body: BusToWorker) => void = () => {};
  #line: Line;
  #onFirst: (() => void) | undefined = undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  /** What came with the first message of the mode's own; the message itself is used up. */
  async attachment(): Promise<unknown> {
    while (!this.#waiting.some(([message]) => message.type === 'mode')) {
      await new Promise<void>((resolve) => {
        this.#onFirst = resolve;
      });
    }
    const at = this.#waiting.findIndex(([message]) => message.type === 'mode');
    return this.#waiting.splice(at, 1)[0][1];
  }

  open(side: WorkerSide, stop: () => void): void {
    this.#side = side;
    this.#stop = stop;
    for (const [message, attachment] of this.#waiting) this.take(message, attachment);
    this.#waiting = [];
  }

  take(message: ToWorker, attachment: unknown): void {
    if (message.type === 'bus') {
      this.onBus(message.body);
    } else if (this.#side === undefined) {
      this.#waiting.push([message, attachment]);
      this.#onFirst?.();
    } else if (message.type === 'mode') this.#side.onMessage?.(message.body, attachment);
    else if (message.type === 'stats')
      this.#line.send({ type: 'stats', request: message.request, stats: this.#side.stats() });
    else this.#stop();
  }
}

async function run(start: WorkerStart, line: Line, inbox: Inbox): Promise<void> {
  const { plan, workerId } = start;
  const errors = relayHandlerErrors((note) => line.send(note));
  const bus = new WorkerBus((body) => line.send({ type: 'bus', body }), plan.limits.busLimitBytes);
  inbox.onBus = (body) => bus.take(body);
  try {
    const loaded = await loadHandler(plan, true);
    const { mode } = (await import(plan.modeUrl)) as {
      mode: { worker(context: WorkerContext): Promise<WorkerSide> };
    };
    let started = false;
    const side = await mode.worker({
      plan,
      workerId,
      loaded,
      port: { post: (body) => line.send({ type: 'mode', body }) },
      attachment: () => inbox.attachment(),
      makeLoop: async (more) => {
        const loop = await makeLoop(plan, loaded, { ...more, bus });
        await startHandler(loaded, plan, workerId, loop.topics);
        started = true;
        return loop;
      },
    });
    let stopping = false;
    inbox.open(side, () => {
      if (stopping) return;
      stopping = true;
      void side
        .drain()
        .then(() => (started ? stopHandler(loaded) : undefined))
        .catch((error: unknown) => errors.tell(error))
        .then(() => errors.flush())
        .then(() => line.last({ type: 'drained' }, side.unstoppable));
    });
    line.send({
      type: 'ready',
      address: side.address,
      threadId: isMainThread ? undefined : threadId,
    });
  } catch (error) {
    line.last({ type: 'failed', error: packError(error) });
  }
}

if (isMainThread) startInProcess();
else startInThread();
