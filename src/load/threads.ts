/** The load threads, as the main thread sees them. */
import { Worker } from 'node:worker_threads';
import { OptionError, PatternsError } from '../errors.ts';
import type { FromThread, Interval, ThreadReport, ToThread, WorkerData } from './messages.ts';
import type { Plan } from './plan.ts';
import { threadOptions } from './thread-options.ts';

/** The compiled package has .js files beside each other, the checkout .ts files. */
const ENTRY = new URL(
  `./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export type Connected = Extract<FromThread, { readonly type: 'connected' }>;

/** What a thread tells by itself. */
export interface ThreadEvents {
  interval(interval: Interval): void;
  /** It sends nothing more, for this reason. */
  gaveUp(reason: string): void;
}

export class LoadThread {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  readonly ready = Promise.withResolvers<void>();
  readonly connected = Promise.withResolvers<Connected>();
  readonly done = Promise.withResolvers<ThreadReport>();
  readonly #exited: Promise<void>;
  /** The kernel's number of the thread. */
  tid = 0;

  constructor(plan: Plan, thread: number, events: ThreadEvents) {
    const workerData: WorkerData = { plan, thread };
    this.#events = events;
    this.#worker = new Worker(ENTRY, { workerData, ...threadOptions() });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (message: FromThread) => this.#take(message));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => {
      this.#fail(new PatternsError('PATTERNS_LOAD', `A load thread ended with code ${code}.`));
    });
    // Whoever waits for one of them gets the error; the others have nobody.
    for (const { promise } of [this.ready, this.connected, this.done])
      promise.catch(() => undefined);
  }

  say(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  /** Closes its connections; terminates it if it does not go by itself. */
  async close(graceMs: number): Promise<void> {
    this.say({ type: 'close' });
    const timer = setTimeout(() => void this.#worker.terminate(), graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  #take(message: FromThread): void {
    switch (message.type) {
      case 'ready':
        this.tid = message.tid;
        this.ready.resolve();
        break;
      case 'connected':
        this.connected.resolve(message);
        break;
      case 'interval':
        this.#events.interval(message.interval);
        break;
      case 'gaveUp':
        this.#events.gaveUp(message.reason);
        break;
      case 'done':
        this.done.resolve(message.report);
        break;
      case 'broken':
        this.#fail(
          message.isOption
            ? new OptionError(message.message)
            : new PatternsError('PATTERNS_LOAD', `A load thread failed: ${message.message}`),
        );
        break;
    }
  }

  #fail(error: unknown): void {
    this.ready.reject(error);
    this.connected.reject(error);
    this.done.reject(error);
  }
}
