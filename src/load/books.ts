/** What a thread counts: the account of its requests and its latencies. One for the warm-up, one for what is measured. */
import { Account, type Counts } from './account.ts';
import { Recorder } from './buckets.ts';
import { RECORDERS, type Interval, type RecorderName } from './messages.ts';
import type { ConnectCounts } from './result.ts';

export class Books {
  readonly account = new Account();
  readonly recorders = Object.fromEntries(
    RECORDERS.map((name) => [name, new Recorder()]),
  ) as Readonly<Record<RecorderName, Recorder>>;
  /** Answers by their status, where they have one. */
  readonly statuses = new Float64Array(600);
  readonly connects: { -readonly [Name in keyof ConnectCounts]: number } = {
    opened: 0,
    failed: 0,
    lost: 0,
    broken: 0,
  };
  /** What the account said when the interval began. */
  #before: Counts = new Account().counts();

  /** What was counted since the last call. */
  take(): Pick<Interval, 'counts' | 'latencies'> {
    const before = this.#before;
    const now = this.account.counts();
    this.#before = now;
    const counts = {
      sent: now.sent - before.sent,
      answered: now.answered - before.answered,
      failed: now.failed.map((count, kind) => count - before.failed[kind]),
    };
    const taken = RECORDERS.map((name) => [name, this.recorders[name].take()]);
    return { counts, latencies: Object.fromEntries(taken) as Interval['latencies'] };
  }

  /** Each status that came, with how often. */
  countedStatuses(): Array<readonly [number, number]> {
    return [...this.statuses.entries()].filter(([, count]) => count > 0);
  }
}
