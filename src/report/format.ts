/** Figures as people read them. Pure. */

/** Three digits and a unit: '412 us', '1.23 ms', '2.05 s'. */
export function formatUs(us: number): string {
  if (us < 1000) return `${digits(us)} us`;
  if (us < 1_000_000) return `${digits(us / 1000)} ms`;
  return `${digits(us / 1_000_000)} s`;
}

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

function digits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
