import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { Case, Hostile, Side, Vector } from './cases.ts';
import { LIMIT } from './harness.ts';

const utf8 = (text: string) => Buffer.from(text);
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const endless: Hostile = {
  what: 'an endless line',
  bytes: Buffer.alloc(LIMIT + 1, 'x'),
  code: 'TOO_LARGE',
  says: /no end within 1024 bytes/,
};
const oneTooLong: Hostile = {
  ...endless,
  what: 'a line of one byte too many',
  bytes: utf8(`${'x'.repeat(LIMIT)}\n`),
};
const notUtf8 = (what: string, digits: string): Hostile => ({
  what,
  bytes: hex(digits),
  code: 'MALFORMED',
  says: /not UTF-8/,
});
const run = (...values: readonly string[]): Vector => ({
  bytes: utf8(values.map((value) => `${value}\n`).join('')),
  values,
});
const lines: readonly Vector[] = [
  { bytes: hex('68 69 0a 0a c3 a9 0a'), values: ['hi', '', 'é'] },
  { bytes: utf8('a\r\nb\n\r\n'), values: ['a', 'b', ''], oneWay: 'CR is not sent' },
  { bytes: utf8('a\rb\n'), values: ['a\rb'] },
  { bytes: utf8('\ufffd\ufeff\n'), values: ['\ufffd\ufeff'] },
  // A run that is read ahead (framing/line.ts), in part or not at all ASCII.
  run('x'.repeat(40), 'y', '', 'z'.repeat(90), 'w'.repeat(30)),
  run('x'.repeat(40), 'y'.repeat(100), 'é', 'z'.repeat(90)),
  run(...Array.from({ length: 120 }, (_, i) => `${i} ${'x'.repeat(i)}`)),
  { bytes: utf8(`${'x'.repeat(LIMIT - 1)}\n`), values: ['x'.repeat(LIMIT - 1)] },
];
const noLf = (text: string) => text.replaceAll(/\r?\n|\r$/g, '_');

const text: Side = {
  vectors: lines,
  hostile: [
    endless,
    oneTooLong,
    notUtf8('an overlong form', 'c0 af 0a'),
    notUtf8('a surrogate', 'ed a0 80 0a'),
    notUtf8('a cut character', 'e2 82 0a'),
  ],
  any: fc.string({ unit: 'grapheme', maxLength: 60 }).map(noLf),
  refused: [
    ['a\nb', /cannot carry "a\\nb".*delimiter "\\n"/],
    ['a\r', /last CR/],
    [undefined, /got undefined/],
    [Buffer.from('x'), /got 1 bytes/],
  ],
};
const crlf: Side = {
  ...text,
  vectors: [
    { bytes: hex('61 0d 0a 0d 0a'), values: ['a', ''] },
    { bytes: utf8('a\nb\r\n'), values: ['a', 'b'], oneWay: 'LF alone is not sent' },
  ],
};
const latin1: Side = {
  vectors: [{ bytes: hex('e9 ff 00 0a'), values: ['éÿ\0'] }],
  hostile: [endless, oneTooLong],
  any: fc.uint8Array({ maxLength: 60 }).map((bytes) => noLf(Buffer.from(bytes).toString('latin1'))),
  refused: [['€', /takes latin1 text, and got "€"/]],
};
const raw: Side = {
  vectors: [
    { bytes: hex('ff c0 0a 0a'), values: [hex('ff c0'), Buffer.alloc(0)] },
    { bytes: hex('61 0d 0a'), values: [utf8('a')], oneWay: 'CR is not sent' },
  ],
  hostile: [endless, oneTooLong],
  any: latin1.any.map((line) => Buffer.from(line as string, 'latin1')),
  refused: [
    [utf8('a\nb'), /cannot carry 3 bytes/],
    ['a\nb', /cannot carry "a\\nb"/],
    [utf8('a\r'), /last CR/],
    [5, /got number 5/],
  ],
};
const keep: Side = {
  ...text,
  vectors: [{ bytes: utf8('a\r\nb\n'), values: ['a\r', 'b'] }],
  any: fc.string({ unit: 'grapheme', maxLength: 60 }).map((line) => line.replaceAll('\n', '_')),
  refused: [['a\nb', /cannot carry/]],
};
/** A delimiter that may overlap itself, and begin in what comes before it. */
const overlapping: Side = {
  vectors: [{ bytes: utf8('xaaaa\n'.slice(0, 5)), values: ['x', ''] }],
  hostile: [],
  any: fc
    .string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 20 })
    .map((line) => line.replaceAll(/aa+|a$/g, 'b')),
  refused: [
    ['xaay', /cut at its delimiter "aa"/],
    ['xa', /cut at its delimiter "aa"/],
  ],
};
const longDelimiter: Side = {
  vectors: [{ bytes: utf8('a\r\n\nb\r\n\r\n'), values: ['a\r\n\nb'] }],
  hostile: [
    endless,
    {
      ...endless,
      what: 'an end that is too late',
      bytes: utf8(`${'x'.repeat(LIMIT - 3)}\r\n\r\n`),
    },
  ],
  any: text.any,
  refused: [['a\r\n\r\n', /cannot carry/]],
};
const longRaw: Side = {
  vectors: [{ bytes: hex('ff 61 61 61 61'), values: [hex('ff'), Buffer.alloc(0)] }],
  hostile: [],
  any: overlapping.any.map((line) => Buffer.from(line as string)),
  refused: [
    [utf8('xa'), /cut at its delimiter/],
    [utf8('aaa'), /cut at its delimiter/],
  ],
};

const one = (options: Readonly<Record<string, unknown>>, side: Side): Case => ({
  protocol: 'line',
  options,
  server: side,
  client: side,
});

export const lineCases: readonly Case[] = [
  one({}, text),
  one({ carriageReturn: 'send' }, crlf),
  one({ carriageReturn: 'keep' }, keep),
  one({ encoding: 'latin1' }, latin1),
  one({ encoding: 'raw' }, raw),
  one({ delimiter: 'aa' }, overlapping),
  one({ delimiter: 'aa', encoding: 'raw' }, longRaw),
  one({ delimiter: '\r\n\r\n' }, longDelimiter),
];
