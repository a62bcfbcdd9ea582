/** What the threads' intervals add up to: the totals, and one line for each interval. */
import { Account } from './account.ts';
import { Latencies } from './histogram.ts';
import { RECORDERS, type Interval, type RecorderName } from './messages.ts';
import type { Second } from './result.ts';

/** The same interval of all threads. */
export interface JoinedInterval {
  readonly warmup: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly account: Account;
  readonly latencies: ReadonlyMap<RecorderName, Latencies>;
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
    const intervals = this.#waiting
      .map((queue) => queue.shift())
      .filter((one) => one !== undefined);
    this.#onJoined(join(intervals));
  }
}

export function join(intervals: readonly Interval[]): JoinedInterval {
  const account = new Account();
  const latencies = new Map(RECORDERS.map((name) => [name, new Latencies()]));
  for (const interval of intervals) {
    account.add(interval.counts);
    for (const name of RECORDERS) latencies.get(name)!.add(interval.latencies[name]);
  }
  return {
    warmup: intervals.every(({ warmup }) => warmup),
    fromMs: Math.min(...intervals.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...intervals.map(({ toMs }) => toMs)),
    account,
    latencies,
  };
}

/** Adds up what was measured. */
export class Tally {
  readonly account = new Account();
  readonly latencies: ReadonlyMap<RecorderName, Latencies> = new Map(
    RECORDERS.map((name) => [name, new Latencies()]),
  );
  readonly seconds: Second[] = [];
  readonly #main: RecorderName;
  #zeroMs: number | undefined = undefined;

  constructor(loop: 'closed' | 'open') {
    this.#main = loop === 'open' ? 'response' : 'service';
  }

  of(name: RecorderName): Latencies {
    return this.latencies.get(name)!;
  }

  /** @returns the line of this interval */
  add({ account, fromMs, latencies, toMs }: JoinedInterval): Second {
    this.#zeroMs ??= fromMs;
    this.account.add(account.counts());
    for (const name of RECORDERS) this.of(name).merge(latencies.get(name)!);
    const main = latencies.get(this.#main)!;
    const second: Second = {
      fromMs: fromMs - this.#zeroMs,
      toMs: toMs - this.#zeroMs,
      sent: account.sent,
      answered: account.answered,
      failed: account.failures,
      p50Us: main.atUs(50),
      p99Us: main.atUs(99),
      maxUs: main.mostUs,
      histogram: main.encode(),
    };
    this.seconds.push(second);
    return second;
  }
}
