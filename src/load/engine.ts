/**
 * One thread of a load: its connections, what they carry and how it went. When to send is the loop's (closed-loop.ts,
 * open-loop.ts), what to send the driver's (drivers/), and counting the account's and the recorders'.
 */
import { Buffer } from 'node:buffer';
import { Writer } from '../protocols/writer.ts';
import { Failure } from './account.ts';
import { Books } from './books.ts';
import { Board } from './board.ts';
import { nowMs, runAt, sharedOffsetMs, wallOffsetMs } from './clock.ts';
import { Dialer } from './dialer.ts';
import type { Driver, PushedEvent } from './drivers/driver.ts';
import { ClosedLoop } from './closed-loop.ts';
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
const PROBLEMS_LIMIT = 8;
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
  /** Requests due from then on are measured. Infinity until it is known. */
  measureFrom = Infinity;
  /** How the last attempt to connect that failed did. */
  lastRefusal: Failure | undefined = undefined;

  readonly #loop: Loop;
  readonly #open: boolean;
  readonly #measured = new Books();
  readonly #warm = new Books();
  readonly #dialer = new Dialer();
  readonly #usage = new ThreadUsage();
  readonly #problems = new Map<string, number>();
  readonly #push = { gaps: 0, repeated: 0, resumed: 0, unstamped: 0 };
  /** Of a broadcast. */
  readonly #board: Board | undefined;
  readonly #heard = { published: 0, repeated: 0, foreign: 0 };
  readonly #events: EngineEvents;
  #intervalFrom = 0;
  #bytesRead = 0;
  #started = false;
  #stopping = false;
  #over = false;
  #gaveUp = false;
  /** Measured requests that were due, and could not be made. */
  #unmade = 0;
  /** Sent in the warm-up, and counted in the measurement: their failure, or their silence, falls into it. */
  #carried = 0;
  #lastAnswerAt = 0;
  #lastFailureAt = 0;
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
    return this.#warm.connects.opened;
  }

  /** The last of what went wrong; '' if nothing did. */
  get lastProblem(): string {
    return [...this.#problems.keys()].at(-1) ?? '';
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
    this.#intervalFrom = at;
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
    for (const slot of this.slots) this.#carry(slot, slot.head, slot.flushedTo);
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
    const now = nowMs();
    const warmup = !this.#usage.began;
    const interval: Interval = {
      warmup,
      silent: warmup ? this.#countSilent() : 0,
      fromMs: this.#intervalFrom + sharedOffsetMs,
      toMs: now + sharedOffsetMs,
      ...(warmup ? this.#warm : this.#measured).take(),
    };
    this.#intervalFrom = now;
    return interval;
  }

  /** After `stop()`. */
  report(): ThreadReport {
    const inFlight = this.#countInFlight();
    if (inFlight !== this.#measured.account.inFlight) {
      throw new Error(
        `The account has ${this.#measured.account.inFlight} requests in flight, the connections ${inFlight}.`,
      );
    }
    return {
      measuredFromMs: this.measureFrom + sharedOffsetMs,
      measuredToMs: this.#measuredTo + sharedOffsetMs,
      drainedToMs:
        Math.max(this.#lastAnswerAt, this.#lastFailureAt, this.measureFrom) + sharedOffsetMs,
      answeredToMs: Math.max(this.#lastAnswerAt, this.measureFrom) + sharedOffsetMs,
      away: this.#away,
      silent: this.#silent,
      inFlight,
      carried: this.#carried,
      scheduled: this.#loop.scheduled,
      unsent: this.#loop.waiting + this.#unmade,
      connects: { ...this.#measured.connects },
      ...this.#usage.figures(),
      busyMs: this.#open ? Math.min(this.watch.busyMs, this.#usage.cpuMs) : this.#usage.cpuMs,
      bytesRead: this.#bytesRead,
      problems: [...this.#problems],
      statuses: this.#measured.countedStatuses(),
      push: { ...this.#push },
      broadcast: {
        ...this.#heard,
        listeners: this.slots.filter((slot) => this.#hasListened(slot)).length,
      },
    };
  }

  // What slots say. The first three are the hot path.

  stamp(bytes: number): number {
    this.#bytesRead += bytes;
    return this.watch.stamp();
  }

  flushed(slot: Slot, from: number, to: number, at: number): void {
    const { measureFrom } = this;
    if (this.broadcasts) {
      for (let i = from; i < to; i += 1) {
        if (slot.dueAt[i & slot.mask] >= measureFrom) this.#heard.published += 1;
      }
      return;
    }
    for (let i = from; i < to; i += 1) {
      const ring = i & slot.mask;
      if (this.#open) {
        if (slot.ownLag[ring] < 0) slot.ownLag[ring] = at - slot.dueAt[ring];
      } else {
        slot.dueAt[ring] = at;
      }
      const measured = slot.dueAt[ring] >= measureFrom;
      slot.measured[ring] = measured ? 1 : 0;
      (measured ? this.#measured : this.#warm).account.sent += 1;
    }
  }

  answered(slot: Slot, at: number, status: number): void {
    const ring = slot.head & slot.mask;
    const dueAt = slot.dueAt[ring];
    const serviceMs = at - slot.sentAt[ring];
    const floorMs = serviceMs - slot.writeLag[ring] - this.watch.latenessMs(at);
    const measured = slot.measured[ring] === 1;
    const { account, recorders, statuses } = measured ? this.#measured : this.#warm;
    account.answered += 1;
    if (status > 0) statuses[status] += 1;
    recorders.service.record(serviceMs * 1000);
    recorders.serviceFloor.record(floorMs * 1000);
    if (this.#open) {
      recorders.response.record((at - dueAt) * 1000);
      recorders.responseFloor.record((at - dueAt - slot.ownLag[ring] - serviceMs + floorMs) * 1000);
    }
    this.#lastAnswerAt = at;
    this.#loop.answered(slot, at);
  }

  failed(slot: Slot, failure: Failure, status: number): void {
    this.#carry(slot, slot.head, slot.head + 1);
    const measured = slot.measured[slot.head & slot.mask] === 1;
    const { account, statuses } = measured ? this.#measured : this.#warm;
    account.failed[failure] += 1;
    if (status > 0) statuses[status] += 1;
    this.#lastFailureAt = nowMs();
    this.#loop.answered(slot, this.#lastFailureAt);
  }

  delivered(pushed: PushedEvent, at: number): void {
    if (this.broadcasts) this.#hear(pushed, at);
    else this.#take(pushed, at);
  }

  #take({ missed, repeated, sentAtMs }: PushedEvent, at: number): void {
    if (this.#stopping || this.#counted) return;
    const stamped = !Number.isNaN(sentAtMs);
    // The stamp may be cut to a whole millisecond, or a clock set back.
    const tookMs = stamped ? Math.max(0, at + wallOffsetMs - sentAtMs) : 0;
    const measured = at - tookMs >= this.measureFrom;
    const { account, recorders } = measured ? this.#measured : this.#warm;
    account.sent += 1 + missed;
    account.answered += 1;
    account.failed[Failure.MISSED] += missed;
    if (stamped) {
      recorders.service.record(tookMs * 1000);
      const cutMs = Number.isInteger(sentAtMs) ? 1 : 0;
      const floorMs = tookMs - cutMs - this.watch.latenessMs(at);
      recorders.serviceFloor.record(Math.max(0, floorMs) * 1000);
    }
    if (!measured) return;
    if (missed > 0) this.#push.gaps += 1;
    if (repeated) this.#push.repeated += 1;
    if (!stamped) this.#push.unstamped += 1;
    this.#lastAnswerAt = at;
    this.#loop.answered(this.slots[0], at);
  }

  /** Of a broadcast. The number says whether it is measured, and so it is counted when sending has ended, too. */
  #hear(
    { lateMs = 0, measured = false, missed, repeated, sentAtMs }: PushedEvent,
    at: number,
  ): void {
    if (this.#over) return;
    if (Number.isNaN(sentAtMs)) {
      if (this.#usage.began) this.#heard.foreign += 1;
      return;
    }
    if (repeated) {
      if (measured) this.#heard.repeated += 1;
      return;
    }
    this.#miss(missed);
    const { account, recorders } = measured ? this.#measured : this.#warm;
    account.sent += 1;
    account.answered += 1;
    const tookMs = Math.max(0, at + sharedOffsetMs - sentAtMs);
    const floorMs = Math.max(0, tookMs - lateMs - this.watch.latenessMs(at));
    recorders.response.record(tookMs * 1000);
    recorders.responseFloor.record(floorMs * 1000);
    recorders.service.record(Math.max(0, tookMs - lateMs) * 1000);
    recorders.serviceFloor.record(floorMs * 1000);
    if (measured) this.#lastAnswerAt = at;
  }

  #miss(count: number): void {
    this.#measured.account.sent += count;
    this.#measured.account.failed[Failure.MISSED] += count;
  }

  /** What no later message can show. */
  #countMissing(): void {
    for (const slot of this.slots) this.#miss(slot.outstanding ?? 0);
  }

  #hasListened(slot: Slot): boolean {
    return this.broadcasts && slot.publisher === undefined && slot.outstanding !== undefined;
  }

  resumed(): void {
    if (this.#usage.began) this.#push.resumed += 1;
  }

  freed(slot: Slot, at: number): void {
    if (this.#started) this.#loop.freed(slot, at);
    if (this.#drained !== undefined) this.#checkDrained();
  }

  opened(_slot: Slot, tookMs: number): void {
    const { connects, recorders } = this.#books;
    connects.opened += 1;
    recorders.connect.record(tookMs * 1000);
    this.#dialer.settled();
  }

  gone(slot: Slot, failure: Failure | undefined, state: State): void {
    const connecting = state === State.CONNECTING;
    const { connects } = this.#books;
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
    this.#books.connects.broken += 1;
  }

  complain(problem: string): void {
    const count = this.#problems.get(problem);
    if (count !== undefined || this.#problems.size < PROBLEMS_LIMIT) {
      this.#problems.set(problem, (count ?? 0) + 1);
    }
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
      if (slot.dueAt[i & slot.mask] >= this.measureFrom) this.#unmade += 1;
    }
    if (this.#gaveUp) return;
    this.#gaveUp = true;
    this.#loop.close();
    this.#events.gaveUp(error.message.replace(/\.$/, ''));
  }

  // What loops say.

  begun(measureFrom: number): void {
    this.measureFrom = measureFrom;
    this.#problems.clear();
    this.#answersBefore = this.slots.map(({ allAnswers }) => allAnswers);
    this.#intervalFrom = measureFrom;
    this.#measured.connects.opened = this.openConnections;
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

  /** A request that never got a connection: it counts as sent, and as failed for the connection's reason. */
  failUnsent(dueAt: number, failure: Failure): void {
    const { account } = dueAt >= this.measureFrom ? this.#measured : this.#warm;
    account.sent += 1;
    account.failed[failure] += 1;
  }

  recordLag(dueAt: number, lagMs: number): void {
    const { recorders } = dueAt >= this.measureFrom ? this.#measured : this.#warm;
    recorders.lag.record(lagMs * 1000);
  }

  /** For what belongs to no request, but to a time. */
  get #books(): Books {
    return this.#usage.began ? this.#measured : this.#warm;
  }

  /**
   * What the warm-up sent, and nobody answered before it failed or the load ended, counts in the measurement: its
   * connections could carry nothing else. What is answered late is the warm-up's, as what was answered in time.
   */
  #carry(slot: Slot, from: number, to: number): void {
    if (!this.#usage.began || this.broadcasts) return;
    for (let i = from; i < to; i += 1) {
      if (slot.measured[i & slot.mask] === 1) continue;
      slot.measured[i & slot.mask] = 1;
      this.#warm.account.sent -= 1;
      this.#measured.account.sent += 1;
      this.#carried += 1;
    }
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
    if (this.#measured.account.inFlight + this.#warm.account.inFlight > 0) return false;
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
