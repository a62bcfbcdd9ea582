/** What crosses from the main loop to a worker, and what a worker is given and gives back. */
import type { Handler } from '../handler.ts';
import type { Address } from '../net/listener.ts';
import type { Counters, Loop, LoopOptions } from '../net/loop.ts';
import type { BalancerName, Limits, ReadPath, UnitName } from '../options.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { WorkerPort } from './messages.ts';

/** Everything a worker must know: structured-cloneable. */
export interface Plan {
  readonly mode: string;
  readonly unit: UnitName | undefined;
  readonly workers: number;
  readonly balance: BalancerName;
  readonly target: Address;
  readonly backlog: number;
  readonly nagle: boolean;
  readonly readPath: ReadPath;
  readonly limits: Limits;
  /** The handler's module. */
  readonly handlerUrl: string;
  /** What its `start()` gets. */
  readonly data: unknown;
  /** Where the handler brings none. */
  readonly protocol:
    | { readonly name: string; readonly options: Record<string, unknown> }
    | undefined;
  /** For each capability, the modes that have it: what a refusal names. */
  readonly modesWith: Readonly<Record<string, readonly string[]>>;
  /** What the mode itself has. */
  readonly capabilities: readonly string[];
  /** The module of the mode, for its worker half. */
  readonly modeUrl: string;
  /** Where workers' standard output goes. */
  readonly workerOutput: 'inherit' | 'stderr';
}

/** A handler that was loaded, with the protocol that it is to speak. */
export interface LoadedHandler {
  readonly handler: Handler;
  readonly protocol: Protocol;
}

export interface WorkerStats extends Counters {
  /** Counted from 1; 0 is the main loop. */
  readonly id: number;
  readonly pid: number;
  /** Worker threads: the thread's id. */
  readonly threadId: number | undefined;
  readonly restarts: number;
  /**
   * How many died here with what they had counted since the last `stats()`: that is missing from the figures. Undefined
   * where nothing is: the figures are the main loop's own.
   */
  readonly uncounted?: number;
  /** False while it is being replaced; its figures are then those of its predecessors. */
  readonly alive: boolean;
}

/** What the worker half is given. */
export interface WorkerContext {
  readonly plan: Plan;
  readonly workerId: number;
  readonly loaded: LoadedHandler;
  readonly port: WorkerPort;
  /** The handle that came with the main half's first message (SupervisorEvents.onStarted). */
  attachment(): Promise<unknown>;
  /** Starts the handler and makes the loop that runs it. */
  makeLoop(more?: Partial<LoopOptions>): Promise<Loop>;
}

/** A worker that serves. */
export interface WorkerSide {
  /** Where it listens, if it does. */
  readonly address?: Address;
  stats(): Counters;
  /** A message that the main half sent to this worker, with a handle or socket if it carried one. */
  onMessage?(message: unknown, attachment: unknown): void;
  /** Answers what was received, closes every connection, and resolves. */
  drain(): Promise<void>;
  /** Its threads may sit in a system call that nothing ends: the process is killed instead of exiting. */
  readonly unstoppable?: boolean;
}
