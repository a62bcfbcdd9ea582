/** Bytes that are nearly right: changed where a decoder counts, searches and compares, whatever the protocol. */
import { Buffer } from 'node:buffer';

export type Random = () => number;

/** What separates, counts, nests or escapes in one of the protocols. */
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\0',
  '\x7f',
  '\x80',
  '\xc0\xaf',
  '\xed\xa0\x80',
  '\xef\xbb\xbf',
  '\xff\xff\xff\xff',
  ' ',
  '\t',
  ',',
  ':',
  '"',
  "'",
  '\\',
  '\\u005f',
  '\\ud800',
  '[',
  ']',
  '{',
  '}',
  '$',
  '*',
  '+',
  '-',
  'null',
  '1e999',
  '__proto__',
  '"__proto__":',
  'aa',
  '\x81\xa9__proto__\xc0',
  '\xdd\xff\xff\xff\xff',
  '\xc7\x00',
  '\xd4\x00\x01',
];
const NUMBERS = [
  '-1',
  '-0',
  '0',
  '00',
  '1',
  '7',
  '127',
  '128',
  '255',
  '256',
  '1024',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '+5',
  '0x5',
  '5e0',
];
const INTEGERS = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
];
const MOST_BYTES = 4096;

/** `bytes` with one to five changes. `samples`: what else there is. */
export function mutated(bytes: Buffer, samples: readonly Buffer[], random: Random): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let i = Math.floor(random() * random() * 5); i >= 0; i -= 1) {
    changed = change(changed, samples, random);
  }
  return changed.length > MOST_BYTES ? changed.subarray(0, MOST_BYTES) : changed;
}

function change(bytes: Buffer, samples: readonly Buffer[], random: Random): Buffer {
  const at = below(random, bytes.length + 1);
  const to = Math.min(bytes.length, at + below(random, 8));
  const head = bytes.subarray(0, at);
  const piece = bytes.subarray(at, to);
  const tail = bytes.subarray(to);
  switch (below(random, 11)) {
    case 0: // other bytes
      return Buffer.concat([head, Buffer.from([random() * 256, random() * 256]), tail]);
    case 1: // again and again
      return Buffer.concat([head, ...Array.from({ length: below(random, 40) }, () => piece), tail]);
    case 2: // cut out
      return Buffer.concat([head, tail]);
    case 3: // one bit
      return Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ (1 << (random() * 8)) : byte)));
    case 4: // another one's end
      return Buffer.concat([head, pick(random, samples)]);
    case 5:
      return Buffer.concat([head, latin1(pick(random, WORDS)), bytes.subarray(at)]);
    case 6:
      return Buffer.concat([head, latin1(pick(random, WORDS)), tail]);
    case 7:
      return withNumber(bytes, random);
    case 8:
      return withInteger(bytes, at, random);
    case 9: // cut short
      return Buffer.from(head);
    default: // another one behind it
      return Buffer.concat([bytes, pick(random, samples)]);
  }
}

/** One of the numbers in it becomes another, or nearly the same. */
function withNumber(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return bytes;
  const [[digits], { index }] = [pick(random, numbers), pick(random, numbers)];
  const near = String(Number(digits) + (random() < 0.5 ? 1 : -1));
  const other = random() < 0.5 ? near : pick(random, NUMBERS);
  return latin1(text.slice(0, index) + other + text.slice(index + digits.length));
}

/** An integer of one, two or four bytes, of either endian. */
function withInteger(bytes: Buffer, at: number, random: Random): Buffer {
  const size = pick(random, [1, 2, 4] as const);
  if (at + size > bytes.length) return bytes;
  const changed = Buffer.from(bytes);
  const value = pick(random, INTEGERS) % 256 ** size;
  if (random() < 0.5) changed.writeUIntBE(value, at, size);
  else changed.writeUIntLE(value, at, size);
  return changed;
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)];
}

export function below(random: Random, most: number): number {
  return Math.floor(random() * most);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
