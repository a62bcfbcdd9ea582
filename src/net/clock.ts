/** Time as a parameter, so that a simulator can drive the same code. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start. */
  nowMs(): number;
  /** Calls `fn` every `ms` until the returned function is called. MUST NOT keep the process alive. */
  every(ms: number, fn: () => void): () => void;
  /** Calls `fn` once after what runs now: late replies of one turn leave together. */
  soon(fn: () => void): void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  every(ms, fn) {
    const timer = setInterval(fn, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  soon: (fn) => process.nextTick(fn),
};
