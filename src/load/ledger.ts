/**
 * What one thread of a load counts: where each request went and how long it took, the warm-up's apart from the measured
 * ones, and all that belongs to no request.
 */
import { Failure } from './account.ts';
import { Books } from './books.ts';
import { nowMs, sharedOffsetMs, wallOffsetMs } from './clock.ts';
import type { PushedEvent } from './drivers/driver.ts';
import type { Interval, ThreadReport } from './messages.ts';
import type { Slot } from './slot.ts';
import type { TurnWatch } from './turn-watch.ts';

const PROBLEMS_LIMIT = 8;

export class Ledger {
  /** Requests due from then on are measured. Infinity until it is known. */
  measureFrom = Infinity;
  readonly measured = new Books();
  readonly warm = new Books();
  readonly #watch: TurnWatch;
  /** What is sent has a time at which it was due. */
  readonly #scheduled: boolean;
  readonly #broadcasts: boolean;
  readonly #problems = new Map<string, number>();
  readonly #push = { gaps: 0, repeated: 0, resumed: 0, unstamped: 0 };
  /** Of a broadcast. */
  readonly #broadcast = { published: 0, repeated: 0, foreign: 0 };
  #began = false;
  #intervalFrom = 0;
  #bytesRead = 0;
  /** Sent in the warm-up, and counted in the measurement: their failure, or their silence, falls into it. */
  #carried = 0;
  #lastAnswerAt = 0;
  #lastFailureAt = 0;

  constructor(watch: TurnWatch, scheduled: boolean, broadcasts: boolean) {
    this.#watch = watch;
    this.#scheduled = scheduled;
    this.#broadcasts = broadcasts;
  }

  /** Measured or of the warm-up, they are under way. */
  get inFlight(): number {
    return this.measured.account.inFlight + this.warm.account.inFlight;
  }

  /** The last of what went wrong; '' if nothing did. */
  get lastProblem(): string {
    return [...this.#problems.keys()].at(-1) ?? '';
  }

  /** Sending begins. */
  start(at: number): void {
    this.#intervalFrom = at;
  }

  /** The measurement begins, with so many connections that are open. */
  begin(measureFrom: number, open: number): void {
    this.#began = true;
    this.measureFrom = measureFrom;
    this.#intervalFrom = measureFrom;
    this.#problems.clear();
    this.measured.connects.opened = open;
  }

  /** What happened since the last call. `silent`: as of an interval. */
  takeInterval(silent: number): Interval {
    const now = nowMs();
    const interval: Interval = {
      warmup: !this.#began,
      silent: this.#began ? 0 : silent,
      fromMs: this.#intervalFrom + sharedOffsetMs,
      toMs: now + sharedOffsetMs,
      ...this.books.take(),
    };
    this.#intervalFrom = now;
    return interval;
  }

  /** Of a thread's report, what is counted here. */
  report() {
    const answeredTo = Math.max(this.#lastAnswerAt, this.measureFrom);
    return {
      measuredFromMs: this.measureFrom + sharedOffsetMs,
      drainedToMs: Math.max(this.#lastFailureAt, answeredTo) + sharedOffsetMs,
      answeredToMs: answeredTo + sharedOffsetMs,
      carried: this.#carried,
      connects: { ...this.measured.connects },
      bytesRead: this.#bytesRead,
      problems: [...this.#problems],
      statuses: this.measured.countedStatuses(),
      push: { ...this.#push },
      broadcast: { ...this.#broadcast },
    } satisfies Partial<Record<keyof ThreadReport, unknown>>;
  }

  // ---- requests: the hot path -------------------------------------------------------------------------------------------

  read(bytes: number): void {
    this.#bytesRead += bytes;
  }

  flushed(slot: Slot, from: number, to: number, at: number): void {
    const { measureFrom } = this;
    if (this.#broadcasts) {
      for (let i = from; i < to; i += 1) {
        if (slot.dueAt[i & slot.mask] >= measureFrom) this.#broadcast.published += 1;
      }
      return;
    }
    for (let i = from; i < to; i += 1) {
      const ring = i & slot.mask;
      if (this.#scheduled) {
        if (slot.ownLag[ring] < 0) slot.ownLag[ring] = at - slot.dueAt[ring];
      } else {
        slot.dueAt[ring] = at;
      }
      const measured = slot.dueAt[ring] >= measureFrom;
      slot.measured[ring] = measured ? 1 : 0;
      (measured ? this.measured : this.warm).account.sent += 1;
    }
  }

  answered(slot: Slot, at: number, status: number): void {
    const ring = slot.head & slot.mask;
    const dueAt = slot.dueAt[ring];
    const serviceMs = at - slot.sentAt[ring];
    const floorMs = serviceMs - slot.writeLag[ring] - this.#watch.latenessMs(at);
    const measured = slot.measured[ring] === 1;
    const { account, recorders, statuses } = measured ? this.measured : this.warm;
    account.answered += 1;
    if (status > 0) statuses[status] += 1;
    recorders.service.record(serviceMs * 1000);
    recorders.serviceFloor.record(floorMs * 1000);
    if (this.#scheduled) {
      recorders.response.record((at - dueAt) * 1000);
      recorders.responseFloor.record((at - dueAt - slot.ownLag[ring] - serviceMs + floorMs) * 1000);
    }
    this.#lastAnswerAt = at;
  }

  /** @returns when */
  failed(slot: Slot, failure: Failure, status: number): number {
    this.carry(slot, slot.head, slot.head + 1);
    const measured = slot.measured[slot.head & slot.mask] === 1;
    const { account, statuses } = measured ? this.measured : this.warm;
    account.failed[failure] += 1;
    if (status > 0) statuses[status] += 1;
    this.#lastFailureAt = nowMs();
    return this.#lastFailureAt;
  }

  /**
   * What the warm-up sent, and nobody answered before it failed or the load ended, counts in the measurement: its
   * connections could carry nothing else. What is answered late is the warm-up's, as what was answered in time.
   */
  carry(slot: Slot, from: number, to: number): void {
    if (!this.#began || this.#broadcasts) return;
    for (let i = from; i < to; i += 1) {
      if (slot.measured[i & slot.mask] === 1) continue;
      slot.measured[i & slot.mask] = 1;
      this.warm.account.sent -= 1;
      this.measured.account.sent += 1;
      this.#carried += 1;
    }
  }

  /** A request that never got a connection: it counts as sent, and as failed for the connection's reason. */
  failUnsent(dueAt: number, failure: Failure): void {
    const { account } = dueAt >= this.measureFrom ? this.measured : this.warm;
    account.sent += 1;
    account.failed[failure] += 1;
  }

  recordLag(dueAt: number, lagMs: number): void {
    const { recorders } = dueAt >= this.measureFrom ? this.measured : this.warm;
    recorders.lag.record(lagMs * 1000);
  }

  // ---- what comes unasked -----------------------------------------------------------------------------------------------

  /** What the server sent by itself. @returns whether it is measured */
  took({ missed, repeated, sentAtMs }: PushedEvent, at: number): boolean {
    const stamped = !Number.isNaN(sentAtMs);
    // The stamp may be cut to a whole millisecond, or a clock set back.
    const tookMs = stamped ? Math.max(0, at + wallOffsetMs - sentAtMs) : 0;
    const measured = at - tookMs >= this.measureFrom;
    const { account, recorders } = measured ? this.measured : this.warm;
    account.sent += 1 + missed;
    account.answered += 1;
    account.failed[Failure.MISSED] += missed;
    if (stamped) {
      recorders.service.record(tookMs * 1000);
      const cutMs = Number.isInteger(sentAtMs) ? 1 : 0;
      const floorMs = tookMs - cutMs - this.#watch.latenessMs(at);
      recorders.serviceFloor.record(Math.max(0, floorMs) * 1000);
    }
    if (!measured) return false;
    if (missed > 0) this.#push.gaps += 1;
    if (repeated) this.#push.repeated += 1;
    if (!stamped) this.#push.unstamped += 1;
    this.#lastAnswerAt = at;
    return true;
  }

  /** Of a broadcast, by one that listens. The number says whether it is measured: it may come when sending has ended. */
  heard(
    { lateMs = 0, measured = false, missed, repeated, sentAtMs }: PushedEvent,
    at: number,
  ): void {
    if (Number.isNaN(sentAtMs)) {
      if (this.#began) this.#broadcast.foreign += 1;
      return;
    }
    if (repeated) {
      if (measured) this.#broadcast.repeated += 1;
      return;
    }
    this.miss(missed);
    const { account, recorders } = measured ? this.measured : this.warm;
    account.sent += 1;
    account.answered += 1;
    const tookMs = Math.max(0, at + sharedOffsetMs - sentAtMs);
    const floorMs = Math.max(0, tookMs - lateMs - this.#watch.latenessMs(at));
    recorders.response.record(tookMs * 1000);
    recorders.responseFloor.record(floorMs * 1000);
    recorders.service.record(Math.max(0, tookMs - lateMs) * 1000);
    recorders.serviceFloor.record(floorMs * 1000);
    if (measured) this.#lastAnswerAt = at;
  }

  /** Measured messages of a broadcast that did not come. */
  miss(count: number): void {
    this.measured.account.sent += count;
    this.measured.account.failed[Failure.MISSED] += count;
  }

  /** A connection goes on where the one before it was lost. */
  resumed(): void {
    if (this.#began) this.#push.resumed += 1;
  }

  // ---- what belongs to no request ---------------------------------------------------------------------------------------

  /** For what belongs to no request, but to a time. */
  get books(): Books {
    return this.#began ? this.measured : this.warm;
  }

  complain(problem: string): void {
    const count = this.#problems.get(problem);
    if (count !== undefined || this.#problems.size < PROBLEMS_LIMIT) {
      this.#problems.set(problem, (count ?? 0) + 1);
    }
  }
}
