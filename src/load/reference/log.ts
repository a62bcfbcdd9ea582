/** What the reference server says it did. Times are of the common clock. */
export interface ReferenceLog {
  /** Of measured requests, in the order in which they came. The arrays below have the same order. */
  readonly sequences: Float64Array;
  /** When it was read. */
  readonly arrivedMs: Float64Array;
  /** Just before and just after its answer was written; NaN where there was none. */
  readonly leftBeforeMs: Float64Array;
  readonly leftAfterMs: Float64Array;
  /** From, to, from, to: when the server noticed nothing. */
  readonly blindMs: Float64Array;
  /** Answers that it kept. */
  readonly dropped: number;
  /** Since its first measured request: ready to run, and waiting for a core. 0 where the platform does not say. */
  readonly waitedMs: number;
}
