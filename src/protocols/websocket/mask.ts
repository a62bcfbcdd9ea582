/** What clients put over their payloads, and servers take off (RFC 6455, 5.3). Both are the same XOR. */
import type { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { makeXorBySimd } from './simd.ts';

/** Shorter runs go byte by byte. */
const BY_BYTE = 48;
/** Longer ones are worth a call into WebAssembly. */
const BY_SIMD = 2048;
/** Made for the first of them. */
let xorLong: Xor | undefined = undefined;

/** Four bytes, to have a key as this machine's words have it. */
const keyBytes = new Uint8Array(4);
const keyWord = new Int32Array(keyBytes.buffer);

type Xor = typeof xor;

/** The words of the memory that was worked on last: nearly always a loop's read buffer. */
let words: Int32Array = new Int32Array(0);

/**
 * XORs `[from, to)` with the key, in place. The key is the four bytes read as a big-endian integer; the first byte of
 * the run is masked by its first byte.
 */
export function xor(buffer: Buffer, from: number, to: number, key: number): void {
  if (to - from < BY_BYTE) xorBytes(buffer, from, to, key);
  else if (to - from < BY_SIMD) xorByWord(buffer, from, to, key);
  else (xorLong ??= makeXorBySimd() ?? xorByWord)(buffer, from, to, key);
}

function xorByWord(buffer: Buffer, from: number, to: number, key: number): void {
  if (words.buffer !== buffer.buffer) {
    words = new Int32Array(buffer.buffer, 0, buffer.buffer.byteLength >> 2);
  }
  const aligned = from + (-(buffer.byteOffset + from) & 3);
  const rest = to - ((to - aligned) & 3);
  xorBytes(buffer, from, aligned, key);
  xorWords(
    (buffer.byteOffset + aligned) >> 2,
    (buffer.byteOffset + rest) >> 2,
    turned(key, aligned - from),
  );
  xorBytes(buffer, rest, to, turned(key, rest - from));
}

function xorBytes(buffer: Buffer, from: number, to: number, key: number): void {
  const k0 = key >>> 24;
  const k1 = (key >>> 16) & 0xff;
  const k2 = (key >>> 8) & 0xff;
  const k3 = key & 0xff;
  let i = from;
  for (; i + 3 < to; i += 4) {
    buffer[i] ^= k0;
    buffer[i + 1] ^= k1;
    buffer[i + 2] ^= k2;
    buffer[i + 3] ^= k3;
  }
  if (i < to) buffer[i] ^= k0;
  if (i + 1 < to) buffer[i + 1] ^= k1;
  if (i + 2 < to) buffer[i + 2] ^= k2;
}

/** `[from, to)` of `words`. */
function xorWords(from: number, to: number, key: number): void {
  keyBytes[0] = key >>> 24;
  keyBytes[1] = key >>> 16;
  keyBytes[2] = key >>> 8;
  keyBytes[3] = key;
  const word = keyWord[0];
  for (let i = from; i < to; i += 1) words[i] ^= word;
}

/** The key for a payload that goes on `done` bytes behind its beginning. */
export function turned(key: number, done: number): number {
  const bits = (done & 3) * 8;
  return bits === 0 ? key : (key << bits) | (key >>> (32 - bits));
}

const POOL_BYTES = 8192;
const pool = new Int32Array(POOL_BYTES / 4);
let poolAt = pool.length;

/** A fresh key, which nobody can foretell (RFC 6455, 10.3). */
export function maskKey(): number {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += 1;
  return pool[poolAt - 1];
}
