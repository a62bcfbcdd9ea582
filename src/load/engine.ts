/**
 * One thread of a load: its connections, from the first to the end of the drain. When to send is the loop's
 * (closed-loop.ts, open-loop.ts), what to send the driver's (drivers/), and what became of it the ledger's.
 */
import { Buffer } from 'node:buffer';
import { Writer } from '../protocols/writer.ts';
import { Failure } from './account.ts';
import { Board } from './board.ts';
import { nowMs, runAt, sharedOffsetMs } from './clock.ts';
import { Dialer } from './dialer.ts';
import type { Driver, PushedEvent } from './drivers/driver.ts';
import { ClosedLoop } from './closed-loop.ts';
import { Ledger } from './ledger.ts';
import type { Loop, LoopHost } from './loop.ts';
import type { Interval, ThreadReport } from './messages.ts';
import { OpenLoop } from './open-loop.ts';
import { blameModule } from './payload.ts';
import { PushLoop } from './push-loop.ts';
import { isScheduled, shareOf, type LoopName, type Plan } from './plan.ts';
import { Slot, State, type Keeper } from './slot.ts';
import type { Address } from './target.ts';
import { TurnWatch } from './turn-watch.ts';
import { ThreadUsage } from './usage.ts';

const READ_BUFFER_BYTES = 64 * 1024;
/** How finely timeouts are kept: they are looked for, since a timer for each request would cost more than the request. */
const SWEEP_MS = 20;
/** Where the plan does not say: so long what is due is still sent at the end. */
const DRAIN_MS = 1000;

/** What the thread's owner is told. */
export interface EngineEvents {
  /** The measurement has begun. */
  begun(): void;
  /** Its time is over, or its count is reached: `stop()` is to be called. */
  finished(): void;
  /** It sends nothing more, for this reason, and what was measured so far stands: `stop()` is to be called. */
  gaveUp(reason: string): void;
  /** It cannot go on. */
  broken(error: unknown): void;
}

const LOOP_CLASSES: Readonly<Record<LoopName, new (host: LoopHost) => Loop>> = {
  closed: ClosedLoop,
  open: OpenLoop,
  push: PushLoop,
  broadcast: OpenLoop,
};

export class Engine implements Keeper, LoopHost {
  readonly address: Address;
  readonly driver: Driver;
  readonly depth: number;
  readonly requestsPerConnection: number;
  readonly broadcasts: boolean;
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly writer = new Writer();
  readonly slots: Slot[] = [];
  readonly plan: Plan;
  readonly thread: number;
  readonly watch = new TurnWatch();
  /** How the last attempt to connect that failed did. */
  lastRefusal: Failure | undefined = undefined;

  readonly #loop: Loop;
  readonly #open: boolean;
  readonly #ledger: Ledger;
  readonly #dialer = new Dialer();
  readonly #usage = new ThreadUsage();
  /** Of a broadcast. */
  readonly #board: Board | undefined;
  readonly #events: EngineEvents;
  #started = false;
  #stopping = false;
  #over = false;
  #gaveUp = false;
  /** Measured requests that were due, and could not be made. */
  #unmade = 0;
  #measuredTo = 0;
  /** No connection could be opened any more when sending ended. */
  #away = false;
  /** What each connection had answered when the measurement began. */
  #answersBefore: readonly number[] = [];
  /** Connections that were not answered once. */
  #silent = 0;
  #drained: (() => void) | undefined = undefined;
  /** Draining takes no longer than it must: somebody waits. */
  #hurried = false;
  /** What is due has had its time. */
  #late = false;
  #listening: (() => void) | undefined = undefined;
  #sweep: NodeJS.Timeout | undefined = undefined;
  #end: { cancel: () => void } | undefined = undefined;
  /** The count was reached. */
  #counted = false;

  constructor(plan: Plan, thread: number, driver: Driver, events: EngineEvents) {
    this.broadcasts = plan.loop === 'broadcast';
    this.#board = plan.board && new Board(plan.board);
    const publishers = thread === 0 ? (plan.publishers ?? 0) : 0;
    // Who publishes is in the first thread: it has the whole schedule, and a burst goes out in one write.
    this.plan = this.broadcasts ? { ...plan, threads: 1, depth: plan.burst } : plan;
    this.thread = thread;
    this.address = plan.address;
    this.driver = driver;
    this.depth = this.plan.depth;
    this.requestsPerConnection = plan.requestsPerConnection ?? Infinity;
    this.#events = events;
    const listensOnly = this.broadcasts && publishers === 0;
    this.#open = isScheduled(plan.loop) && !listensOnly;
    this.#ledger = new Ledger(this.watch, this.#open, this.broadcasts);
    this.#loop = new LOOP_CLASSES[listensOnly ? 'push' : plan.loop](this);
    const count = shareOf(plan.connections, plan.threads, thread);
    for (let i = 0; i < count; i += 1) {
      this.slots.push(new Slot(this, i < publishers ? i : undefined));
    }
  }

  get openConnections(): number {
    return this.slots.filter(({ state }) => state >= State.OPENING).length;
  }

  /** Connections that were opened before the measurement, open or not. */
  get openedConnections(): number {
    return this.#ledger.warm.connects.opened;
  }

  /** The last of what went wrong; '' if nothing did. */
  get lastProblem(): string {
    return this.#ledger.lastProblem;
  }

  /** Opens every connection; resolves when each is open or has failed once. Who is to listen has its handshake, too. */
  async connect(): Promise<void> {
    this.#sweep = setInterval(() => this.#sweepTimeouts(), SWEEP_MS);
    await this.#dialer.dialAll(this.slots);
    if (!this.broadcasts) return;
    await new Promise<void>((resolve) => {
      this.#listening = resolve;
      setTimeout(resolve, this.plan.connectTimeoutMs).unref();
    });
  }

  /** Begins to send. Times are this thread's own. */
  start(at: number, measureFrom: number): void {
    this.#started = true;
    this.#ledger.start(at);
    if (measureFrom !== Infinity) this.measure(measureFrom);
    this.#loop.start(at);
  }

  /** The warm-up is over at `at`. */
  measure(at: number): void {
    this.#loop.measure(at);
  }

  /**
   * Nothing new becomes due. Resolves when what was sent has been answered or has failed, by its timeout at the latest:
   * sooner only after a `drainMs` that was asked for, or when somebody hurries.
   *
   * @returns false if it had been called before
   */
  async stop(): Promise<boolean> {
    if (this.#stopping) return false;
    this.#stopping = true;
    this.#loop.stop();
    this.#end?.cancel();
    this.#measuredTo = nowMs();
    this.#away = this.#usage.began && this.slots.every(({ isCutOff }) => isCutOff);
    this.#silent = this.#answersBefore.filter(
      (answers, i) => this.slots[i].allAnswers === answers,
    ).length;
    this.#usage.end();
    this.watch.end();
    if (!this.#isDrained()) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        setTimeout(() => this.#drainLate(), this.plan.drainMs ?? DRAIN_MS).unref();
      });
    }
    if (this.broadcasts) this.#countMissing();
    this.#shut();
    for (const slot of this.slots) this.#ledger.carry(slot, slot.head, slot.flushedTo);
    return true;
  }

  /** The end is awaited by somebody: draining has its time, and no longer. */
  hurry(): void {
    this.#hurried = true;
    if (this.#late) this.#drained?.();
  }

  /** What is still due is never sent, and what was sent has its own timeout: of those a count asked for, all are sent. */
  #drainLate(): void {
    this.#late = true;
    const limited = this.plan.drainMs !== undefined && !this.#counted;
    if (limited || this.broadcasts || this.#hurried) {
      this.#drained!();
      return;
    }
    if (!this.#counted) this.#loop.close();
    this.#checkDrained();
  }

  /** Closes what is open. Counts stay as they are. */
  close(): void {
    this.#shut();
    for (const slot of this.slots) slot.abandon();
  }

  /** What happened since the last call. */
  takeInterval(): Interval {
    return this.#ledger.takeInterval(this.#countSilent());
  }

  /** After `stop()`. */
  report(): ThreadReport {
    const inFlight = this.#countInFlight();
    const { account } = this.#ledger.measured;
    if (inFlight !== account.inFlight) {
      throw new Error(
        `The account has ${account.inFlight} requests in flight, the connections ${inFlight}.`,
      );
    }
    const { broadcast, ...counted } = this.#ledger.report();
    return {
      ...counted,
      measuredToMs: this.#measuredTo + sharedOffsetMs,
      away: this.#away,
      silent: this.#silent,
      inFlight,
      scheduled: this.#loop.scheduled,
      unsent: this.#loop.waiting + this.#unmade,
      ...this.#usage.figures(),
      busyMs: this.#open ? Math.min(this.watch.busyMs, this.#usage.cpuMs) : this.#usage.cpuMs,
      broadcast: {
        ...broadcast,
        listeners: this.slots.filter((slot) => this.#hasListened(slot)).length,
      },
    };
  }

  // What slots say. The first four are the hot path.

  stamp(bytes: number): number {
    this.#ledger.read(bytes);
    return this.watch.stamp();
  }

  flushed(slot: Slot, from: number, to: number, at: number): void {
    this.#ledger.flushed(slot, from, to, at);
  }

  answered(slot: Slot, at: number, status: number): void {
    this.#ledger.answered(slot, at, status);
    this.#loop.answered(slot, at);
  }

  failed(slot: Slot, failure: Failure, status: number): void {
    this.#loop.answered(slot, this.#ledger.failed(slot, failure, status));
  }

  delivered(pushed: PushedEvent, at: number): void {
    if (this.broadcasts) {
      if (!this.#over) this.#ledger.heard(pushed, at);
    } else if (!this.#stopping && !this.#counted && this.#ledger.took(pushed, at)) {
      this.#loop.answered(this.slots[0], at);
    }
  }

  /** What no later message can show. */
  #countMissing(): void {
    for (const slot of this.slots) this.#ledger.miss(slot.outstanding ?? 0);
  }

  #hasListened(slot: Slot): boolean {
    return this.broadcasts && slot.publisher === undefined && slot.outstanding !== undefined;
  }

  resumed(): void {
    this.#ledger.resumed();
  }

  freed(slot: Slot, at: number): void {
    if (this.#started) this.#loop.freed(slot, at);
    if (this.#drained !== undefined) this.#checkDrained();
  }

  opened(_slot: Slot, tookMs: number): void {
    const { connects, recorders } = this.#ledger.books;
    connects.opened += 1;
    recorders.connect.record(tookMs * 1000);
    this.#dialer.settled();
  }

  gone(slot: Slot, failure: Failure | undefined, state: State): void {
    const connecting = state === State.CONNECTING;
    const { connects } = this.#ledger.books;
    if (connecting) {
      connects.failed += 1;
      this.lastRefusal = failure;
    } else if (failure !== undefined) {
      connects.lost += 1;
    }
    // Also one whose handshake was refused was never there to send on.
    const refused = connecting || state === State.OPENING;
    if (refused && failure !== undefined && this.#started) this.#loop.refused(failure);
    if (connecting) this.#dialer.settled();
    if (this.#drained !== undefined) this.#checkDrained();
    this.#dialer.dialAgain(slot);
  }

  broke(): void {
    this.#ledger.books.connects.broken += 1;
  }

  complain(problem: string): void {
    this.#ledger.complain(problem);
  }

  abort(cause: unknown, slot: Slot, sequence: number): void {
    if (this.#over) return;
    const error = blameModule(this.plan.payloadModule, sequence, cause);
    if (!this.#usage.began || this.plan.payloadModule === undefined) {
      this.#shut();
      this.#events.broken(error);
      return;
    }
    for (let i = slot.flushedTo; this.#open && i <= slot.tail; i += 1) {
      if (slot.dueAt[i & slot.mask] >= this.#ledger.measureFrom) this.#unmade += 1;
    }
    if (this.#gaveUp) return;
    this.#gaveUp = true;
    this.#loop.close();
    this.#events.gaveUp(error.message.replace(/\.$/, ''));
  }

  // What loops say.

  begun(measureFrom: number): void {
    this.#ledger.begin(measureFrom, this.openConnections);
    this.#answersBefore = this.slots.map(({ allAnswers }) => allAnswers);
    this.#usage.begin();
    this.watch.begin();
    const { durationMs } = this.plan;
    if (durationMs !== Infinity) {
      this.#end = runAt(measureFrom + durationMs, () => this.#events.finished());
    }
    this.#events.begun();
  }

  finished(): void {
    this.#counted = true;
    setImmediate(() => this.#events.finished()); // the last request is still to be written
  }

  failUnsent(dueAt: number, failure: Failure): void {
    this.#ledger.failUnsent(dueAt, failure);
  }

  recordLag(dueAt: number, lagMs: number): void {
    this.#ledger.recordLag(dueAt, lagMs);
  }

  /** Nothing is sent and nothing opened any more. */
  #shut(): void {
    this.#over = true;
    if (this.thread === 0) this.#board?.end();
    this.#loop.close();
    this.#dialer.close();
    clearInterval(this.#sweep);
  }

  #checkDrained(): void {
    if (this.#isDrained()) this.#drained?.();
  }

  #isDrained(): boolean {
    if (this.#ledger.inFlight > 0) return false;
    const sends = !this.#gaveUp && (!this.#late || this.#counted);
    if (sends && this.#loop.waiting > 0) return false;
    const board = this.#board;
    if (board === undefined) return true;
    if (this.thread === 0) board.end();
    return board.ended && this.slots.every(({ outstanding = 0 }) => outstanding === 0);
  }

  /** A server may take its time until it serves all, such as one with a thread for each. New ones come with churn. */
  #countSilent(): number {
    const { connectionLifetimeMs, loop, requestsPerConnection } = this.plan;
    if (loop !== 'closed' || (requestsPerConnection ?? connectionLifetimeMs) !== undefined)
      return 0;
    return this.slots.filter(({ answers, state }) => state === State.OPEN && answers === 0).length;
  }

  #sweepTimeouts(): void {
    const now = nowMs();
    if (this.broadcasts) this.#watchBroadcast();
    const { connectTimeoutMs, connectionLifetimeMs = Infinity, timeoutMs } = this.plan;
    for (const slot of this.slots) {
      if (slot.state === State.IDLE) continue;
      if (slot.state <= State.OPENING) {
        if (now - slot.sinceMs >= connectTimeoutMs) {
          this.complain(`no connection within ${connectTimeoutMs} ms`);
          slot.drop(Failure.CONNECT_TIMEOUT);
        }
      } else if (slot.inFlight > 0 && now - slot.sentAt[slot.head & slot.mask] >= timeoutMs) {
        this.complain(`no answer within ${timeoutMs} ms`);
        slot.drop(Failure.TIMEOUT);
      } else if (now - slot.sinceMs >= connectionLifetimeMs) {
        slot.retire();
      }
    }
  }

  #watchBroadcast(): void {
    if (this.slots.every(({ state }) => state !== State.OPENING)) this.#listening?.();
    if (this.#stopping) this.#checkDrained();
    else if (this.#board!.ended) this.#events.finished();
  }

  /** Counted at the connections, not from the account: the two must agree. */
  #countInFlight(): number {
    return this.slots.reduce((sum, { flushedTo, head }) => sum + flushedTo - head, 0);
  }
}
