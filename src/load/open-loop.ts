/**
 * The open loop: requests are sent when the schedule has them due, whether or not the server has answered. One that finds
 * no connection free waits in the backlog, and its response time runs from when it was due.
 *
 * The pacer spins: between two requests it turns the event loop with setImmediate, which at 2000/s costs a lag of 57 us at
 * p99, where setTimeout costs 1081. It sleeps only while the next request is further away than a timer is wrong.
 */
import { Failure } from './account.ts';
import { nowMs } from './clock.ts';
import { Fifo } from './fifo.ts';
import type { Loop, LoopHost } from './loop.ts';
import { Schedule } from './schedule.ts';
import { State, type Slot } from './slot.ts';

/** A timer is late by up to 1 ms, and by more where the machine is busy. */
const SLEEP_FROM_MS = 3;
const WAKE_EARLY_MS = 2;
/** Requests that may be due and unsent, over all of a thread: past them they count as failed by this machine. */
export const BACKLOG_LIMIT = 1_000_000;

interface Waiting {
  readonly dueAt: number;
  readonly sequence: number;
}

export class OpenLoop implements Loop {
  scheduled = 0;
  readonly #host: LoopHost;
  #schedule: Schedule | undefined = undefined;
  /** The schedule's zero, and its next request. */
  #origin = 0;
  #nextDue = Infinity;
  #measureAt = Infinity;
  #measuring = false;
  #stopped = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  /** Slots that may have room, longest free first: so all connections are used. */
  readonly #free = new Fifo<Slot>();
  readonly #backlog = new Fifo<Waiting>();
  /** Of those in the backlog, the ones of the warm-up: they are the oldest. */
  #warmWaiting = 0;
  /** The slot whose requests are encoded and not yet written: one at a time, since all encode into the thread's one writer. */
  #dirty: Slot | undefined = undefined;
  readonly #tick = (): void => this.#turn();

  constructor(host: LoopHost) {
    this.#host = host;
  }

  get waiting(): number {
    return this.#backlog.length - this.#warmWaiting;
  }

  start(at: number): void {
    const { plan, slots, thread } = this.#host;
    const first = plan.rateHz ?? plan.stages!.find(({ rateHz }) => rateHz > 0)!.rateHz;
    const warmup = {
      ...plan,
      rateHz: first,
      stages: undefined,
      count: undefined,
      durationMs: Infinity,
    };
    this.#schedule = new Schedule(warmup, thread);
    this.#origin = at;
    this.#advance();
    for (const slot of slots) this.#offer(slot);
    this.#turn();
  }

  measure(at: number): void {
    this.#measureAt = at;
  }

  stop(): void {
    this.#sendDue(nowMs());
    this.#flush();
    this.#stopped = true;
    this.#nextDue = Infinity;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  freed(slot: Slot, at: number): void {
    if (this.#closed) return;
    if (this.#backlog.length === 0) {
      this.#offer(slot);
      return;
    }
    // What an ideal client would have done sooner: notice this answer, and send the request before it.
    const late = slot.ownLag[(slot.head - 1) & slot.mask] + this.#host.watch.latenessMs(at);
    while (slot.room > 0 && this.#backlog.length > 0) {
      if (this.#warmWaiting > 0) this.#warmWaiting -= 1;
      const { dueAt, sequence } = this.#backlog.shift();
      slot.send(sequence, dueAt, Math.min(at - dueAt, slot.answers === 0 ? 0 : late));
    }
    slot.flush();
    if (slot.room > 0) this.#offer(slot);
  }

  answered(): void {}

  refused(failure: Failure): void {
    if (this.#host.openConnections > 0) return;
    while (this.#backlog.length > 0) this.#host.failUnsent(this.#backlog.shift().dueAt, failure);
    this.#warmWaiting = 0;
  }

  #turn(): void {
    const { watch } = this.#host;
    if (this.#closed) return;
    let now = watch.wake();
    if (!this.#measuring && now >= this.#measureAt) this.#begin();
    now = this.#sendDue(now);
    this.#flush();
    watch.endTurn();
    const idleMs = Math.min(this.#nextDue, this.#measuring ? Infinity : this.#measureAt) - now;
    if (idleMs > SLEEP_FROM_MS && !this.#stopped) {
      watch.sleep();
      this.#timer = setTimeout(this.#tick, Math.min(idleMs - WAKE_EARLY_MS, 1000));
    } else {
      setImmediate(this.#tick);
    }
  }

  /** @returns the time when the last one was sent */
  #sendDue(from: number): number {
    let now = from;
    // A warm-up that is late ends where it was to end.
    const end = this.#measuring ? Infinity : this.#measureAt;
    while (this.#nextDue <= now && this.#nextDue < end && !this.#closed) {
      this.#host.watch.work();
      this.#send(this.#nextDue, now);
      this.#advance();
      now = nowMs();
    }
    return now;
  }

  /** The warm-up is over: the schedule that is measured begins, on the dot. */
  #begin(): void {
    // What the warm-up still has due before then goes out first.
    while (this.#nextDue < this.#measureAt) {
      this.#send(this.#nextDue, nowMs());
      this.#advance();
    }
    this.#measuring = true;
    this.#warmWaiting = this.#backlog.length;
    this.#schedule = new Schedule(this.#host.plan, this.#host.thread);
    this.#origin = this.#measureAt;
    this.#host.begun(this.#measureAt);
    this.#advance();
  }

  #advance(): void {
    if (this.#stopped) return;
    this.#nextDue = this.#origin + this.#schedule!.next();
    if (this.#nextDue === Infinity && this.#host.plan.count !== undefined) this.#host.finished();
  }

  #send(dueAt: number, now: number): void {
    const { sequence } = this.#schedule!;
    const number = this.#measuring ? sequence : -1 - sequence;
    if (this.#measuring) this.scheduled += 1;
    this.#host.recordLag(dueAt, now - dueAt);
    const slot = this.#take() ?? (this.#flush(), this.#take());
    if (slot !== undefined) {
      if (slot !== this.#dirty) this.#flush();
      slot.send(number, dueAt, -1); // its lag is known when it is flushed
      if (this.#host.plan.depth === 1) slot.flush();
      else this.#dirty = slot;
      if (slot.room > 0) this.#offer(slot);
    } else if (this.#backlog.length < BACKLOG_LIMIT) {
      if (!this.#measuring) this.#warmWaiting += 1;
      this.#backlog.push({ dueAt, sequence: number });
    } else {
      this.#host.failUnsent(dueAt, Failure.LOCAL);
    }
  }

  /** A slot with room, the one that has been free longest. */
  #take(): Slot | undefined {
    while (this.#free.length > 0) {
      const slot = this.#free.shift();
      slot.queued = false;
      if (slot.state === State.OPEN && slot.room > 0) return slot;
    }
    return undefined;
  }

  #offer(slot: Slot): void {
    if (slot.queued || slot.room === 0) return;
    slot.queued = true;
    this.#free.push(slot);
  }

  #flush(): void {
    const slot = this.#dirty;
    if (slot === undefined) return;
    this.#dirty = undefined;
    slot.flush();
    this.#offer(slot); // who publishes waits for no answer
  }
}
