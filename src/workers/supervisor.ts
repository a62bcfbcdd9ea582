/**
 * Keeps N workers alive: starts them, tells its mode when one is ready or gone, replaces the dead with back-off
 * (backoff.ts), and ends them all.
 */
import { handlerErrors, workerDied, workerHandlerErrors, workerReady } from '../channels.ts';
import {
  CrashLoopError,
  HandlerError,
  ListenError,
  ModeError,
  OptionError,
  PatternsError,
} from '../errors.ts';
import type { Address } from '../net/listener.ts';
import { NOTHING_COUNTED, type Counters } from '../net/loop.ts';
import { afterDeath, CLEAN, MOST_STARTS, type Record } from './backoff.ts';
import { Exchange } from './exchange.ts';
import type { PackedError, ToMain } from './messages.ts';
import type { Plan, WorkerStats } from './plan.ts';
import { startProcess } from './process.ts';
import { startThread } from './thread.ts';
import type { Unit } from './unit.ts';

/** A worker that does not answer is reported with its last figures. */
const STATS_TIMEOUT_MS = 1000;

export const WorkerState = { STARTING: 0, READY: 1, GONE: 2 } as const;

export interface Worker {
  readonly id: number;
  state: (typeof WorkerState)[keyof typeof WorkerState];
  /** The one that runs now, or ran last. */
  unit: Unit;
  threadId: number | undefined;
  restarts: number;
}

export interface SupervisorEvents {
  /** A worker's unit was started; what it needs before it can serve may be handed to it. */
  onStarted?(worker: Worker): void;
  /** A worker (a new one or a replacement) serves. `address`: where it listens, if it does. */
  onReady?(worker: Worker, address: Address | undefined): void;
  onMessage?(worker: Worker, body: unknown): void;
  /** A worker died. Called before its successor starts. */
  onGone?(worker: Worker): void;
  /** Workers die again and again at start. */
  onFatal(error: Error): void;
  /** It holds workers of its own, and tells of those: nobody else is told that it is ready. */
  readonly quiet?: boolean;
  /** The plan that the next start of this worker gets. */
  planFor?(worker: number): Plan;
}

interface Seat extends Worker {
  record: Record;
  readyAtMs: number | undefined;
  failure: PackedError | undefined;
  /** The error that ends its process. */
  crash: PackedError | undefined;
  /** What it and its predecessors counted; `last` is the present one's latest report. */
  past: Counters;
  last: Counters;
  drained: boolean;
  timer: NodeJS.Timeout | undefined;
  onFirst: ((error?: Error) => void) | undefined;
}

export class Supervisor {
  #plan: Plan;
  #events: SupervisorEvents;
  #exchange: Exchange;
  #seats: Seat[] = [];
  #stopping = false;
  #requests = new Map<number, (seat: Seat, stats: Counters) => void>();
  #requestIds = 0;
  #onAllGone: (() => void) | undefined = undefined;

  constructor(plan: Plan, events: SupervisorEvents) {
    this.#plan = plan;
    this.#events = events;
    this.#exchange = new Exchange(plan.limits.busLimitBytes);
  }

  get workers(): readonly Worker[] {
    return this.#seats;
  }

  /** Starts worker `id` and resolves when it serves. @throws what it failed with */
  start(id: number): Promise<void> {
    const seat: Seat = {
      id,
      state: WorkerState.STARTING,
      unit: undefined as unknown as Unit,
      threadId: undefined,
      restarts: 0,
      record: CLEAN,
      readyAtMs: undefined,
      failure: undefined,
      crash: undefined,
      past: NOTHING_COUNTED,
      last: NOTHING_COUNTED,
      drained: false,
      timer: undefined,
      onFirst: undefined,
    };
    this.#seats.push(seat);
    return new Promise((resolve, reject) => {
      seat.onFirst = (error) => (error === undefined ? resolve() : reject(error));
      this.#spawn(seat);
    });
  }

  /** Starts workers 1 to `count`; if one fails, ends them all. */
  async startAll(count: number): Promise<void> {
    try {
      await Promise.all(Array.from({ length: count }, (_, i) => this.start(i + 1)));
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async stats(): Promise<WorkerStats[]> {
    await Promise.all(this.#seats.map((seat) => this.#ask(seat)));
    return this.#seats.map((seat) => {
      const counted = add(seat.past, seat.last);
      return {
        id: seat.id,
        pid: seat.unit.pid,
        threadId: seat.threadId,
        alive: seat.state === WorkerState.READY,
        ...counted,
        restarts: seat.restarts + counted.restarts,
        uncounted: seat.restarts,
        dropped: counted.dropped + this.#exchange.dropped(seat.id),
      };
    });
  }

  /** Every subscriber of `topic` gets it. */
  publish(topic: string, message: unknown): void {
    try {
      this.#exchange.publish(topic, message);
    } catch (error) {
      handlerErrors.publish({ error, connection: undefined });
    }
  }

  /** Has every worker finish what it has, and resolves when all are gone. */
  drain(): Promise<void> {
    this.#stopping = true;
    for (const seat of this.#seats) {
      clearTimeout(seat.timer);
      if (seat.state === WorkerState.READY) seat.unit.post({ type: 'drain' });
      else if (seat.state === WorkerState.STARTING) seat.unit.kill();
    }
    return new Promise((resolve) => {
      this.#onAllGone = resolve;
      this.#checkAllGone();
    });
  }

  /** Ends every worker at once. */
  kill(): void {
    this.#stopping = true;
    for (const seat of this.#seats) {
      clearTimeout(seat.timer);
      if (seat.state !== WorkerState.GONE) seat.unit.kill();
    }
  }

  async end(): Promise<void> {
    const gone = this.drain();
    this.kill();
    await gone;
  }

  #spawn(seat: Seat): void {
    seat.state = WorkerState.STARTING;
    seat.failure = undefined;
    seat.crash = undefined;
    seat.readyAtMs = undefined;
    const plan = this.#events.planFor?.(seat.id) ?? this.#plan;
    const start = plan.unit === 'process' ? startProcess : startThread;
    seat.unit = start(
      { plan, workerId: seat.id, parentPid: process.pid },
      {
        onMessage: (message) => this.#onMessage(seat, message),
        onExit: (reason) => this.#onExit(seat, reason),
      },
    );
    const { unit } = seat;
    this.#exchange.add(seat.id, (body) => unit.post({ type: 'bus', body }));
    this.#events.onStarted?.(seat);
  }

  #onMessage(seat: Seat, message: ToMain): void {
    switch (message.type) {
      case 'ready':
        seat.state = WorkerState.READY;
        seat.threadId = message.threadId;
        seat.readyAtMs = performance.now();
        seat.record = { ...seat.record, failedStarts: 0 };
        if (this.#events.quiet !== true)
          workerReady.publish({ workerId: seat.id, pid: seat.unit.pid });
        this.#events.onReady?.(seat, message.address);
        seat.onFirst?.();
        seat.onFirst = undefined;
        if (this.#stopping) seat.unit.post({ type: 'drain' });
        break;
      case 'failed':
        seat.failure = message.error;
        break;
      case 'crashed':
        seat.crash = message.error;
        break;
      case 'stats':
        this.#requests.get(message.request)?.(seat, message.stats);
        break;
      case 'drained':
        seat.drained = true;
        break;
      case 'handler-error':
        workerHandlerErrors.publish({
          workerId: seat.id,
          error: message.error,
          count: message.count,
        });
        break;
      case 'bus':
        this.#exchange.take(seat.id, message.body);
        break;
      default:
        this.#events.onMessage?.(seat, message.body);
    }
  }

  #onExit(seat: Seat, reason: string): void {
    const served = seat.readyAtMs === undefined ? undefined : performance.now() - seat.readyAtMs;
    seat.state = WorkerState.GONE;
    seat.past = { ...add(seat.past, seat.last), open: 0, topics: 0, subscriptions: 0 };
    seat.last = NOTHING_COUNTED;
    this.#exchange.remove(seat.id);
    this.#events.onGone?.(seat);
    if (this.#stopping) {
      seat.onFirst?.(
        seat.failure === undefined
          ? new PatternsError('PATTERNS_STOPPED', 'The server was stopped while it started.')
          : unpack(seat.failure),
      );
      seat.onFirst = undefined;
      this.#checkAllGone();
      return;
    }
    if (seat.onFirst !== undefined && seat.failure !== undefined) {
      seat.onFirst(unpack(seat.failure));
      seat.onFirst = undefined;
      return;
    }
    const { record, restartMs } = afterDeath(seat.record, served);
    seat.record = record;
    const why = seat.failure?.message ?? reasonOf(seat.crash, reason);
    workerDied.publish({ workerId: seat.id, pid: seat.unit.pid, reason: why, restartMs });
    if (restartMs === undefined) {
      const error = new CrashLoopError(
        `Worker ${seat.id} died ${MOST_STARTS} times in a row before it could serve; the last time: ${why}`,
      );
      if (seat.onFirst === undefined) this.#events.onFatal(error);
      else seat.onFirst(error);
      seat.onFirst = undefined;
      return;
    }
    seat.restarts += 1;
    if (restartMs === 0) this.#spawn(seat);
    else seat.timer = setTimeout(() => this.#spawn(seat), restartMs);
  }

  #ask(seat: Seat): Promise<void> {
    if (seat.state !== WorkerState.READY) return Promise.resolve();
    this.#requestIds += 1;
    const request = this.#requestIds;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#requests.delete(request);
        resolve();
      };
      const timer = setTimeout(done, STATS_TIMEOUT_MS);
      this.#requests.set(request, (from, stats) => {
        if (from.state === WorkerState.READY) from.last = stats;
        done();
      });
      seat.unit.post({ type: 'stats', request });
    });
  }

  #checkAllGone(): void {
    if (this.#seats.every((seat) => seat.state === WorkerState.GONE)) this.#onAllGone?.();
  }
}

/** In the words that a thread's end has. A process that did not exit by itself was ended by what came after. */
function reasonOf(crash: PackedError | undefined, reason: string): string {
  if (crash === undefined || !reason.startsWith('exit code')) return reason;
  return `uncaught ${crash.stack ?? crash.message}`;
}

function add(a: Counters, b: Counters): Counters {
  return {
    accepted: a.accepted + b.accepted,
    open: a.open + b.open,
    refused: a.refused + b.refused,
    messages: a.messages + b.messages,
    errors: a.errors + b.errors,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    restarts: a.restarts + b.restarts,
    topics: a.topics + b.topics,
    subscriptions: a.subscriptions + b.subscriptions,
    published: a.published + b.published,
    delivered: a.delivered + b.delivered,
    dropped: a.dropped + b.dropped,
  };
}

/** A worker's error as the class that it was. */
export function unpack(packed: PackedError): Error {
  const classes = { HandlerError, ListenError, OptionError } as const;
  let error: Error;
  if (packed.name === 'ModeError')
    error = new ModeError(packed.message.replace(/ Modes that can: .*$/, ''), packed.modes ?? []);
  else if (packed.name in classes)
    error = new classes[packed.name as keyof typeof classes](packed.message);
  else error = new HandlerError(`A worker failed at start: ${packed.name}: ${packed.message}`);
  if (packed.stack !== undefined)
    error.cause = Object.assign(new Error(packed.message), { stack: packed.stack });
  return error;
}
