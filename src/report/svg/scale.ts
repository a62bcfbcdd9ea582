/** From values to pixels. Pure. */
export interface Scale {
  /** The values at both ends. */
  readonly from: number;
  readonly to: number;
  /** The pixel of a value; of one beyond an end, that end's. */
  at(value: number): number;
}

export function linearScale(from: number, to: number, start: number, end: number): Scale {
  return make(from, to, start, end, (value) => value);
}

/** Both ends above 0. */
export function logScale(from: number, to: number, start: number, end: number): Scale {
  return make(from, to, start, end, Math.log10);
}

/**
 * Of shares: as far along as there are nines, log 1/(1 − share). `most` is the number of answers: the greatest of them
 * stands at its end.
 */
export function ninesScale(most: number, start: number, end: number): Scale {
  return make(0, shareOfNines(Math.log10(Math.max(10, most))), start, end, nines);
}

/** 0.5 → 0.30, 0.9 → 1, 0.99 → 2. */
export function nines(share: number): number {
  return -Math.log10(1 - share);
}

export function shareOfNines(count: number): number {
  return 1 - 10 ** -count;
}

/**
 * Ends for a logarithmic axis that has room for all values: a step of 1, 2 or 5 beyond them, and at least `decades` long.
 * Of nothing: 1 to 10.
 */
export function logEnds(values: readonly number[], decades = 0.7): [number, number] {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [1, 10];
  let from = stepBelow(least(positive));
  let to = stepAbove(most(positive));
  while (Math.log10(to / from) < decades) {
    from = stepBelow(from * 0.99);
    to = stepAbove(to * 1.01);
  }
  return [from, to];
}

export function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

export function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

const STEPS = [1, 2, 5, 10];

/** The greatest of 1, 2, 5, 10, 20, 50, … that is not above it; and below 1 the same. */
export function stepBelow(value: number): number {
  const unit = unitOf(value);
  return tidy(unit * STEPS.findLast((step) => unit * step <= value * (1 + 1e-9))!);
}

export function stepAbove(value: number): number {
  const unit = unitOf(value);
  return tidy(unit * STEPS.find((step) => unit * step >= value * (1 - 1e-9))!);
}

/** The power of ten at or below it. */
function unitOf(value: number): number {
  return 10 ** Math.floor(Math.log10(value) + 1e-9);
}

/** Without what floating point adds behind the digits that count. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function make(
  from: number,
  to: number,
  start: number,
  end: number,
  of: (value: number) => number,
): Scale {
  const first = of(from);
  const span = of(to) - first;
  return {
    from,
    to,
    at(value) {
      const share = span === 0 ? 0.5 : (of(value) - first) / span;
      return start + Math.min(1, Math.max(0, share)) * (end - start);
    },
  };
}
