/**
 * The contract of a mode: who accepts, who reads and who executes. One file each, one line in index.ts.
 *
 * A mode has a main half and, where it has workers, a worker half in the same file: `start()` runs in the process that
 * called serve(), `worker()` in each loop that the supervisor started. They talk by messages of the mode's own.
 *
 * A mode MUST own its listeners and loops, so that it can start beside another and drain on its own. It MUST NOT import
 * the handler in the main loop unless the main loop reads.
 */
import type { Address } from '../net/listener.ts';
import type { Loop, LoopOptions } from '../net/loop.ts';
import type { UnitName } from '../options.ts';
import type {
  LoadedHandler,
  Plan,
  WorkerContext,
  WorkerSide,
  WorkerStats,
} from '../workers/plan.ts';

/** What a handler or an option may ask of a mode. */
export const CAPABILITIES = {
  'socket-handler': 'socket handlers',
  'memory-handler': 'a handler given as an object instead of a module',
  pushes: 'handlers that push',
  'idle-timeout': 'an idle timeout',
  unix: 'Unix sockets',
  balance: 'a balancer',
  workers: 'a number of workers',
  pings: 'pings of WebSockets',
  'unframed-protocol': 'protocols that are neither framed nor give pack() and unpack()',
  'raw-protocol': 'protocols other than http',
} as const;
export type Capability = keyof typeof CAPABILITIES;

/** What the main half is given. */
export interface ModeContext {
  readonly plan: Plan;
  /** Loads and checks the handler here. For modes whose main loop reads. */
  readonly load: () => Promise<LoadedHandler>;
  /** A loop that serves it, as the plan says. */
  readonly makeLoop: (loaded: LoadedHandler, more?: Partial<LoopOptions>) => Promise<Loop>;
  /** The server cannot go on: workers die at start, say. */
  readonly fail: (error: Error) => void;
}

/** A mode that serves. */
export interface Running {
  readonly address: Address;
  stats(): Promise<WorkerStats[]>;
  /** Every subscriber of `topic` gets it. Where the mode takes handlers that push. */
  publish?(topic: string, message: unknown): void;
  /**
   * Stops accepting, answers what was received, closes every connection and ends every worker; then resolves. `force()`
   * may be called meanwhile.
   */
  drain(): Promise<void>;
  /** Ends everything at once; `drain()` then resolves. Returns how many messages were cut, as far as is known. */
  force(): void;
}

export interface Mode {
  /** Its word on the command line. */
  readonly name: string;
  /** When to choose it, in a sentence. */
  readonly summary: string;
  /** The row of the table. */
  readonly listeners: string;
  readonly accepts: string;
  readonly reads: string;
  readonly executes: string;
  /** What may carry its loops, the preferred first; empty where it has none. */
  readonly units: readonly UnitName[];
  readonly capabilities: readonly Capability[];
  readonly defaultWorkers?: number;
  /** A package that it needs and that is no dependency: a machine without it is as good as any. */
  readonly peer?: string;
  /** With one worker, and no unit asked for, the main loop does it all. */
  readonly mainLoop?: boolean;
  /**
   * Why this machine cannot run it (with that unit), in a sentence; undefined where it can. Probes, never guesses.
   * `handlerUrl`: who may bring what the mode needs.
   */
  unavailable?(
    unit: UnitName | undefined,
    target: Address | undefined,
    handlerUrl?: string,
  ): Promise<string | undefined>;
  /** @throws ListenError, ModeError, HandlerError */
  start(context: ModeContext): Promise<Running>;
  worker?(context: WorkerContext): Promise<WorkerSide>;
}
