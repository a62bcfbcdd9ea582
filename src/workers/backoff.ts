/** How long to wait before a worker is replaced. Pure. */

const FIRST_MS = 100;
const MOST_MS = 30_000;
/** A worker that served this long starts over with a clean record. */
const FORGIVEN_AFTER_MS = 10_000;
/** Deaths in a row before it ever served, after which the server gives up. */
export const MOST_STARTS = 5;

export interface Record {
  /** Deaths in a row without a long enough life between them. */
  readonly deaths: number;
  /** The same, before it was ready. */
  readonly failedStarts: number;
}

export const CLEAN: Record = { deaths: 0, failedStarts: 0 };

export interface Verdict {
  readonly record: Record;
  /** Undefined: give up. */
  readonly restartMs: number | undefined;
}

/** A worker died after it had served for `servedMs` (undefined: it never did). The first restart is immediate. */
export function afterDeath(record: Record, servedMs: number | undefined): Verdict {
  const deaths = servedMs !== undefined && servedMs >= FORGIVEN_AFTER_MS ? 1 : record.deaths + 1;
  const failedStarts = servedMs === undefined ? record.failedStarts + 1 : 0;
  const next = { deaths, failedStarts };
  if (failedStarts >= MOST_STARTS) return { record: next, restartMs: undefined };
  return {
    record: next,
    restartMs: deaths === 1 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** (deaths - 2)),
  };
}
