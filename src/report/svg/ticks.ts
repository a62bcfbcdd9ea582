/** Where an axis has its marks. Pure. */
import { nines, stepAbove, tidy } from './scale.ts';

/** Round steps of 1, 2 or 5 within `from` and `to`, about `count` of them. */
export function linearTicks(from: number, to: number, count: number): number[] {
  if (!(to > from)) return [from];
  const step = stepAbove((to - from) / Math.max(1, count));
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) {
    ticks.push(tidy(i * step));
  }
  return ticks;
}

/** An axis with fewer ticks does not say how it goes. */
const LEAST_TICKS = 3;

/** `count` ticks, or as many more as it takes until there are LEAST_TICKS. */
export function enoughTicks(make: (count: number) => number[], count: number): number[] {
  const most = count + 3 * LEAST_TICKS;
  let ticks = make(count);
  for (let more = count + 1; ticks.length < LEAST_TICKS && more <= most; more += 1) {
    ticks = make(more);
  }
  return ticks;
}

const MANTISSAS = [[1, 2, 5], [1, 3], [1]];

/** 1, 2, 5, 10 …; of many decades fewer of each; of less than one, round steps. */
export function logTicks(from: number, to: number, count: number): number[] {
  for (const mantissas of MANTISSAS) {
    const ticks = decades(from, to).flatMap((decade) =>
      mantissas.map((mantissa) => tidy(mantissa * decade)),
    );
    const inside = ticks.filter((tick) => tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9));
    if (inside.length < 3) return linearTicks(from, to, count);
    if (inside.length <= count) return inside;
  }
  const powers = decades(from, to).filter((tick) => tick >= from && tick <= to);
  const every = Math.ceil(powers.length / Math.max(1, count));
  return powers.filter((_, i) => i % every === 0);
}

function decades(from: number, to: number): number[] {
  const first = Math.floor(Math.log10(from) + 1e-9);
  const last = Math.ceil(Math.log10(to) - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

export interface NinesTick {
  readonly share: number;
  readonly label: string;
}

/** 0%, 50%, 90%, 99%, 99.9% … up to where `most` answers reach. */
export function ninesTicks(most: number): NinesTick[] {
  const ticks = [
    { share: 0, label: '0%' },
    { share: 0.5, label: '50%' },
  ];
  for (let count = 1; count <= Math.log10(Math.max(10, most)) + 1e-9; count += 1) {
    const share = 1 - 10 ** -count;
    ticks.push({ share, label: ninesLabel(share) });
  }
  return ticks;
}

/** 0.999 → '99.9%'. */
export function ninesLabel(share: number): string {
  const digits = Math.max(0, Math.round(nines(share)) - 2);
  return `${(share * 100).toFixed(digits)}%`;
}
