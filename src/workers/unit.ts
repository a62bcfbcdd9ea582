/**
 * The contract of a unit: what carries a worker's loop. `post` never throws, also when the worker is gone; what was not
 * delivered is the business of `onExit`.
 */
import type { Socket } from 'node:net';
import type { ResourceLimits } from 'node:worker_threads';
import type { Limits } from '../options.ts';
import type { Handle } from '../net/handles.ts';
import type { ToMain, ToWorker } from './messages.ts';
import type { Plan } from './plan.ts';

export interface UnitEvents {
  onMessage(message: ToMain): void;
  /** Exactly once, last. `reason`: why, as a phrase ('exit code 3', 'SIGKILL', 'out of memory'). */
  onExit(reason: string): void;
}

export interface Unit {
  readonly pid: number;
  post(message: ToWorker): void;
  /** Sends a message with a connection or a listener. A thread takes the socket; a process gets a copy of the descriptor, and the caller closes its own once the worker says that it has it. */
  hand(message: ToWorker, attachment: Handle | Socket): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

/** What a worker starts with. */
export interface WorkerStart {
  readonly plan: Plan;
  readonly workerId: number;
  /** The process that must outlive it. */
  readonly parentPid: number;
}

/** A thread's share of the limits. */
export function heapLimit({ workerHeapMiB }: Limits): ResourceLimits {
  return workerHeapMiB === undefined ? {} : { maxOldGenerationSizeMb: workerHeapMiB };
}

/** `./x.ts` in a checkout, `./x.js` in dist: whatever the calling module itself is; of CommonJS, `.cts` and `.cjs`. */
export function siblingUrl(name: string, importMetaUrl: string, kind: '' | 'c' = ''): URL {
  const language = importMetaUrl.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`${name}.${kind}${language}`, importMetaUrl);
}
