/** Signs that stand before words, so that a colour is never alone. */
import { m, type Markup } from '../svg/markup.ts';
import type { Level } from './caveats.ts';

const SHAPES = {
  good: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4.5 8.2l2.4 2.4 4.6-5',
  warn: 'M8 1.6 15.2 14.4H.8zM8 6v4M8 11.9v.6',
  bad: 'M5 1h6l4 4v6l-4 4H5l-4-4V5zM5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2',
  note: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 7.2v4.4M8 4.3v.7',
} as const;

export type Sign = Level | 'good';

export function icon(sign: Sign): Markup {
  return m`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="${SHAPES[sign]}"/></svg>`;
}
