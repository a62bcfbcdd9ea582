/** Figures and lists as sentences have them. Pure. */
import { formatCount, formatSeconds, formatUs } from '../format.ts';

export { capital, percentileName } from '../format.ts';

const NBSP = '\u00A0';

/** '84.0 µs', '1.23 ms'; '–' for what is not known. */
export function us(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return formatUs(value).replace(' ', NBSP);
}

/** A tick: '100 µs', '2 ms', without digits that say nothing. */
export function usTick(value: number): string {
  const [number, unit] =
    value < 1000 ? [value, 'µs'] : value < 1_000_000 ? [value / 1000, 'ms'] : [value / 1e6, 's'];
  return `${Number(number.toPrecision(4))}${NBSP}${unit}`;
}

export function count(value: number): string {
  return Number.isFinite(value) ? formatCount(value) : '–';
}

/** '27,398/s' */
export function rate(perSecond: number): string {
  return `${count(perSecond)}/s`;
}

/** A tick: '500', '20k', '1.5M'. */
export function countTick(value: number): string {
  if (Math.abs(value) < 1000) return String(value);
  if (Math.abs(value) < 1_000_000) return `${Number((value / 1000).toPrecision(4))}k`;
  return `${Number((value / 1e6).toPrecision(4))}M`;
}

export function seconds(ms: number): string {
  return formatSeconds(ms).replace(' ', NBSP);
}

/** 0.0123 → '1.2%'; what is not 0 is not said to be. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  if (share > 0 && share < 0.0001) return 'less than 0.01%';
  return `${Number((share * 100).toFixed(share < 0.01 ? 2 : 1))}%`;
}

/** Three digits that matter. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function plural(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}

/** 'a', 'a and b', 'a, b and c'; of more than `most`, 'a, b and 4 more'. */
export function list(words: readonly string[], most = 6): string {
  if (words.length <= 1) return words.join('');
  const shown = words.length > most ? words.slice(0, most - 1) : words.slice(0, -1);
  const last = words.length > most ? `${words.length - shown.length} more` : words.at(-1)!;
  return `${shown.join(', ')} and ${last}`;
}

/** Failures by kind, in words: the keys of LoadResult.failed. */
const FAILED: Readonly<Record<string, string>> = {
  refused: 'connection refused',
  connectTimeout: 'no connection in time',
  reset: 'connection broken',
  closedEarly: 'connection closed before the answer',
  timeout: 'no answer in time',
  wrongAnswer: 'wrong answer',
  protocolError: 'no valid answer',
  local: 'no port, descriptor or memory on this machine',
  badStatus: 'answered with a status that does not count',
  missed: 'event that never came',
  unasked: 'answer that nothing had asked for', // of a bench: a load has it in connects.broken
};

/** '3 no answer in time, 1 connection broken'; '' where none failed. */
export function failuresInWords(failed: Readonly<Record<string, number>>): string {
  return Object.entries(failed)
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => `${count(number)} ${FAILED[kind] ?? kind}`)
    .join(', ');
}
