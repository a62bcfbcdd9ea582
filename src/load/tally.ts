/**
 * What the threads' intervals add up to. While the load runs they are only put beside each other: histograms are made of
 * them at the end, since on a machine with two cores this thread would take the time from the threads that load.
 */
import { Account } from './account.ts';
import { mergeCounted, percentileUs, type Counted } from './buckets.ts';
import { Latencies } from './histogram.ts';
import { isScheduled, type LoopName } from './plan.ts';
import { RECORDERS, type Interval, type RecorderName } from './messages.ts';
import type { Second, SecondFigures } from './result.ts';

/** The same interval of all threads. */
export interface JoinedInterval {
  readonly warmup: boolean;
  readonly silent: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly account: Account;
  readonly latencies: Readonly<Record<RecorderName, Counted>>;
}

/** Joins the threads' intervals: the first of each, the second of each, ... */
export class IntervalJoin {
  readonly #waiting: Interval[][];
  readonly #onJoined: (joined: JoinedInterval) => void;

  constructor(threads: number, onJoined: (joined: JoinedInterval) => void) {
    this.#waiting = Array.from({ length: threads }, () => []);
    this.#onJoined = onJoined;
  }

  add(thread: number, interval: Interval): void {
    this.#waiting[thread].push(interval);
    while (this.#waiting.every((queue) => queue.length > 0)) this.#join();
  }

  /** At the end: a thread may have one more than another. */
  flush(): void {
    while (this.#waiting.some((queue) => queue.length > 0)) this.#join();
  }

  #join(): void {
    const intervals = this.#waiting.map((queue) => queue.shift());
    this.#onJoined(join(intervals.filter((one) => one !== undefined)));
  }
}

/** Two that follow one another, as one. */
function follow(first: JoinedInterval, next: JoinedInterval): JoinedInterval {
  const account = new Account();
  for (const one of [first, next]) account.add(one.account.counts());
  const latencies = RECORDERS.map((name): [RecorderName, Counted] => [
    name,
    mergeCounted([first.latencies[name], next.latencies[name]]),
  ]);
  return {
    ...next,
    fromMs: first.fromMs,
    toMs: Math.max(first.toMs, next.toMs),
    account,
    latencies: Object.fromEntries(latencies) as JoinedInterval['latencies'],
  };
}

export function join(intervals: readonly Interval[]): JoinedInterval {
  const account = new Account();
  for (const { counts } of intervals) account.add(counts);
  const latencies = RECORDERS.map((name): [RecorderName, Counted] => [
    name,
    mergeCounted(intervals.map((interval) => interval.latencies[name])),
  ]);
  return {
    warmup: intervals.every(({ warmup }) => warmup),
    silent: intervals.reduce((sum, { silent }) => sum + silent, 0),
    fromMs: Math.min(...intervals.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...intervals.map(({ toMs }) => toMs)),
    account,
    latencies: Object.fromEntries(latencies) as JoinedInterval['latencies'],
  };
}

/** Intervals that are put by until the end: ten minutes of them. Those of a longer load are folded as it goes on. */
const KEPT_INTERVALS = 600;

/** Of the period. A shorter interval, such as what comes in behind the last tick, is no measure of a rate. */
const LEAST_PART = 0.5;

/** Adds up what was measured. */
export class Tally {
  readonly account = new Account();
  readonly #latencies = new Map(RECORDERS.map((name) => [name, new Latencies()]));
  readonly #seconds: Second[] = [];
  readonly #kept: Array<{ readonly joined: JoinedInterval; readonly figures: SecondFigures }> = [];
  /** What is shown of each interval. */
  readonly #main: RecorderName;
  readonly #leastMs: number;
  #zeroMs: number | undefined = undefined;

  constructor(loop: LoopName, intervalMs: number) {
    this.#leastMs = intervalMs * LEAST_PART;
    this.#main = isScheduled(loop) ? 'response' : 'service';
  }

  /** @returns the figures of this interval; one that is too short is added to the one before, whose `fromMs` they have */
  add(joined: JoinedInterval): SecondFigures {
    this.account.add(joined.account.counts());
    this.#zeroMs ??= joined.fromMs;
    const isShort = joined.toMs - joined.fromMs < this.#leastMs;
    const before = isShort ? this.#kept.pop()?.joined : undefined;
    const whole = before === undefined ? joined : follow(before, joined);
    const figures = this.#figuresOf(whole, this.#zeroMs);
    this.#kept.push({ joined: whole, figures });
    if (this.#kept.length > KEPT_INTERVALS) this.#fold();
    return figures;
  }

  #figuresOf({ account, fromMs, latencies, toMs }: JoinedInterval, zeroMs: number): SecondFigures {
    const main = latencies[this.#main];
    return {
      fromMs: fromMs - zeroMs,
      toMs: toMs - zeroMs,
      sent: account.sent,
      answered: account.answered,
      failed: account.failures,
      p50Us: percentileUs(main, 50),
      p99Us: percentileUs(main, 99),
      maxUs: main.mostUs,
    };
  }

  /** All that was counted of one kind. */
  of(name: RecorderName): Latencies {
    while (this.#kept.length > 0) this.#fold();
    return this.#latencies.get(name)!;
  }

  seconds(): readonly Second[] {
    while (this.#kept.length > 0) this.#fold();
    return this.#seconds;
  }

  /** The oldest interval, into histograms. */
  #fold(): void {
    const { figures, joined } = this.#kept.shift()!;
    for (const name of RECORDERS) this.#latencies.get(name)!.add(joined.latencies[name]);
    const main = new Latencies();
    main.add(joined.latencies[this.#main]);
    this.#seconds.push({ ...figures, histogram: main.encode() });
  }
}
