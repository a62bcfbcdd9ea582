/**
 * One time for every thread and process of this machine: milliseconds of the monotonic clock.
 *
 * `performance.now()` counts from a start of each thread's own, and costs 46 ns; reading the common clock costs a BigInt.
 * So threads stamp with their own, and convert what crosses between them.
 */
const { performance } = globalThis;

/** Milliseconds, this thread's own; with fractions down to the nanosecond. */
export const nowMs: () => number = performance.now.bind(performance);

/** What this thread's stamps lack to the common clock. */
export const sharedOffsetMs: number = measureOffsetMs();

/** What they lack to the milliseconds since 1970, with fractions; as they were when the thread began. */
export const wallOffsetMs: number = performance.timeOrigin;

/** The common clock. */
export function sharedNowMs(): number {
  return nowMs() + sharedOffsetMs;
}

/**
 * Calls `then` at that time of the thread's clock, or as soon after as the loop allows: a timer alone may be 1 ms early.
 * It does not keep the thread alive.
 */
export function runAt(atMs: number, then: () => void): { cancel: () => void } {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = atMs - nowMs();
    if (leftMs <= 0) then();
    else timer = setTimeout(wait, Math.ceil(leftMs)).unref();
  };
  timer = setTimeout(wait, Math.max(0, atMs - nowMs())).unref();
  return { cancel: () => clearTimeout(timer) };
}

/** The closest of a few readings: one of them may have been interrupted. */
function measureOffsetMs(): number {
  let offset = 0;
  let closest = Infinity;
  for (let i = 0; i < 8; i += 1) {
    const before = nowMs();
    const common = Number(process.hrtime.bigint()) / 1e6;
    const after = nowMs();
    if (after - before < closest) {
      closest = after - before;
      offset = common - (before + after) / 2;
    }
  }
  return offset;
}
