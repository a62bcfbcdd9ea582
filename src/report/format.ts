/** Figures as people read them. Pure. */
export { formatUs } from '../format-us.ts';

/** '12345' → '12,345'; fractions only below 100. */
export function formatCount(value: number): string {
  const text =
    value < 100 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  return text.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 100_000 ? 1 : 0)} s`;
}

/** '1 thread', '2 threads' */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** 'p999' → 'p99.9' */
export function percentileName(name: string): string {
  return name === 'p999' ? 'p99.9' : name;
}

const BLOCKS = '▁▂▃▄▅▆▇█';

/** One block for each value, from 0 to the greatest. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  if (most === 0) return BLOCKS[0].repeat(values.length);
  return values.map((value) => BLOCKS[Math.min(7, Math.floor((value / most) * 8))]).join('');
}
