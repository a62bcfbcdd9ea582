/**
 * Text of up to 16 bytes without a call into C++: 12 to 32 ns, where `buffer.toString()` takes 66 whatever the length.
 * Commands, keys and small values are that short. One call of String.fromCharCode makes one flat string; joining parts
 * makes ropes, which a Map then has to flatten (100 ns against 125 with a Map.get of 16 bytes).
 */
import type { Buffer } from 'node:buffer';

export const SHORT_TEXT_BYTES = 16;

const { fromCharCode } = String;

/**
 * The text of `length` (at most 16) bytes, one character each, or undefined if a byte is not below `ceiling`: 128 for
 * what is ASCII in UTF-8, 256 for latin1.
 */
export function shortText(
  bytes: Buffer,
  at: number,
  length: number,
  ceiling: number,
): string | undefined {
  if (length === 0) return '';
  const a = bytes[at];
  if (length === 1) return a < ceiling ? fromCharCode(a) : undefined;
  const b = bytes[at + 1];
  if (length === 2) return (a | b) < ceiling ? fromCharCode(a, b) : undefined;
  const c = bytes[at + 2];
  if (length === 3) return (a | b | c) < ceiling ? fromCharCode(a, b, c) : undefined;
  const d = bytes[at + 3];
  let all = a | b | c | d;
  if (length === 4) return all < ceiling ? fromCharCode(a, b, c, d) : undefined;
  const e = bytes[at + 4];
  all |= e;
  if (length === 5) return all < ceiling ? fromCharCode(a, b, c, d, e) : undefined;
  const f = bytes[at + 5];
  all |= f;
  if (length === 6) return all < ceiling ? fromCharCode(a, b, c, d, e, f) : undefined;
  const g = bytes[at + 6];
  all |= g;
  if (length === 7) return all < ceiling ? fromCharCode(a, b, c, d, e, f, g) : undefined;
  const h = bytes[at + 7];
  all |= h;
  if (length === 8) return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h) : undefined;
  const i = bytes[at + 8];
  all |= i;
  if (length === 9) return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i) : undefined;
  const j = bytes[at + 9];
  all |= j;
  if (length === 10) return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i, j) : undefined;
  const k = bytes[at + 10];
  all |= k;
  if (length === 11) {
    return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i, j, k) : undefined;
  }
  const l = bytes[at + 11];
  all |= l;
  if (length === 12) {
    return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l) : undefined;
  }
  const m = bytes[at + 12];
  all |= m;
  if (length === 13) {
    return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m) : undefined;
  }
  const n = bytes[at + 13];
  all |= n;
  if (length === 14) {
    return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n) : undefined;
  }
  const o = bytes[at + 14];
  all |= o;
  if (length === 15) {
    return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o) : undefined;
  }
  const p = bytes[at + 15];
  all |= p;
  return all < ceiling ? fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) : undefined;
}
