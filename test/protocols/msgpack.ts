import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { ProtocolErrorCode } from '../../src/errors.ts';
import type { Case, Hostile, Side } from './cases.ts';

/** A frame: the bytes in hex, behind their length. */
function frame(digits: string): Buffer {
  const body = Buffer.from(digits.replaceAll(' ', ''), 'hex');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}
const hostile = (what: string, digits: string, code: ProtocolErrorCode, says: RegExp): Hostile => ({
  what,
  bytes: frame(digits),
  code,
  says,
});
const malformed = (what: string, digits: string, says: RegExp): Hostile =>
  hostile(what, digits, 'MALFORMED', says);

const proto = 'a9 5f5f70726f746f5f5f';
const nodes = 200;

const side: Side = {
  vectors: [
    { bytes: frame('c0'), values: [null] },
    { bytes: frame('93 c3 c2 7f'), values: [[true, false, 127]] },
    { bytes: frame('82 a161 01 a162 92 e0 90'), values: [{ a: 1, b: [-32, []] }] },
    { bytes: frame('cd 0100 '), values: [256] },
    { bytes: frame('d2 80000000'), values: [-(2 ** 31)] },
    { bytes: frame('cf 0000000000000005'), values: [5], oneWay: 'the shortest form is sent' },
    { bytes: frame('cf 0020000000000001'), values: [2n ** 53n + 1n], oneWay: 'int 64 is sent' },
    { bytes: frame('d3 ffdfffffffffffff'), values: [-(2n ** 53n) - 1n] },
    { bytes: frame('cb 3ff8000000000000'), values: [1.5] },
    { bytes: frame('ca 3fc00000'), values: [1.5], oneWay: 'floats are sent in 64 bits' },
    { bytes: frame('c4 02 00ff'), values: [Buffer.from([0, 255])] },
    { bytes: frame('a3 e282ac'), values: ['€'] },
    { bytes: frame('d9 02 6869'), values: ['hi'], oneWay: 'the shortest form is sent' },
    { bytes: frame('d6 ff 00000001'), values: [new Date(1000)] },
    { bytes: frame('d7 ff 0b34a700 00000001'), values: [new Date(1047)] },
    { bytes: frame('c7 0c ff 00000000 ffffffffffffffff'), values: [new Date(-1000)] },
    { bytes: frame('81 05 01'), values: [{ 5: 1 }], oneWay: 'keys are sent as text' },
    { bytes: frame('de 0001 a161 dc 0001 01'), values: [{ a: [1] }], oneWay: 'shortest form' },
    { bytes: frame(`91 ${proto}`), values: [['__proto__']] },
  ],
  hostile: [
    malformed('nothing', '', /ends inside a value/),
    malformed('an array of 2^32 - 1', 'dd ffffffff', /announces 4294967295 values, where 0 bytes/),
    malformed('a map of 2^32 - 1', 'df ffffffff 00', /announces 8589934590 values/),
    malformed('a string of 2^32 - 1', 'db ffffffff 61', /ends inside/),
    malformed('a binary of 2^31', 'c6 80000000', /ends inside/),
    malformed('arrays that share their bytes', '92 dc 0005 01 01 01 01', /announces/),
    malformed('two values', '01 02', /followed by 1 bytes/),
    malformed('0xc1', 'c1', /0xc1/),
    malformed('extension 0', 'd4 00 00', /extension/),
    malformed('a record of msgpackr', 'd4 72 40 91 a161 01', /extension/),
    malformed('a set of msgpackr', 'd4 73 00 90', /extension/),
    malformed('an error of msgpackr', 'd4 65 00 93 a0 a0 c0', /extension/),
    malformed('bundled strings of msgpackr', 'd6 62 00000001', /extension/),
    malformed('a pointer of msgpackr', 'd6 70 00000001', /extension/),
    malformed('an invalid date of msgpackr', 'd4 ff ff', /extension/),
    malformed('a timestamp of 3 bytes', 'c7 03 ff 000000', /extension/),
    malformed('ext 32', 'c9 ffffffff ff', /extension/),
    malformed(
      'a timestamp that no Date holds',
      'c7 0c ff 00000000 000007dba8218001',
      /timestamp that/,
    ),
    malformed('10^9 nanoseconds', 'd7 ff ee6b2800 00000001', /timestamp that/),
    malformed('a cut timestamp', 'd7 ff 00', /ends inside/),
    malformed('a key __proto__', `81 ${proto} 80`, /__proto__/),
    malformed('a key __proto__ in str 8', '81 d9 09 5f5f70726f746f5f5f 80', /__proto__/),
    malformed('a key __proto__ in str 16', '81 da 0009 5f5f70726f746f5f5f 80', /__proto__/),
    malformed('a key __proto__ in str 32', '81 db 00000009 5f5f70726f746f5f5f 80', /__proto__/),
    malformed('a key __proto__ within', `81 a161 91 82 a162 01 ${proto} 80`, /__proto__/),
    malformed('a key that is an array', '81 90 01', /map key/),
    malformed('a key that is a binary', '81 c4 01 00 01', /map key/),
    malformed('a key that is nil', '81 c0 01', /map key/),
    malformed('a key that is a float', '81 ca 00000000 01', /map key/),
    malformed('a key that is a timestamp', '81 d6 ff 00000000 01', /map key/),
    hostile('nesting', `${'91'.repeat(65)}90`, 'TOO_DEEP', /deeper than the limit of 64/),
    hostile('maps in maps', `${'8100'.repeat(65)}90`, 'TOO_DEEP', /deeper than the limit of 64/),
    hostile(
      'a bomb',
      `dc 00c8 ${'90'.repeat(nodes)}`,
      'TOO_LARGE',
      /201 values or more; the limit is 200/,
    ),
    hostile(
      'a bomb in parts',
      `92 dc 0064 ${'90'.repeat(100)} dc 0064 ${'90'.repeat(100)}`,
      'TOO_LARGE',
      /limit is 200/,
    ),
    {
      what: 'a long frame',
      bytes: Buffer.from('000003fd', 'hex'),
      code: 'TOO_LARGE',
      says: /1021/,
    },
  ],
  any: fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false, -1, 1.5, -0.1, 2 ** 31, -(2 ** 31) - 1, 2 ** 40),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) - 1n }),
      fc.date({ min: new Date(-(10 ** 12)), max: new Date(10 ** 13), noInvalidDate: true }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(
        fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
        tie('value'),
        {
          maxKeys: 4,
          noNullPrototype: true,
        },
      ),
    ),
  })).value,
  refused: [
    [undefined, /got|undefined/],
    [() => 1, /a function/],
    [Symbol('x'), /symbol/],
    [2n ** 64n, /too large/],
    [new Date(Number.NaN), /timestamps/],
    [new Map([[{}, 1]]), /map key/],
    [JSON.parse('{"a":{"__proto__":1}}'), /__proto__/],
    [cycle(), /deeper|call stack/i],
    [Array.from({ length: 200 }, () => 1), /limit is 200/],
  ],
};

function cycle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

export const msgpackCases: readonly Case[] = [
  { protocol: 'msgpack', options: { maxNodes: nodes }, server: side, client: side },
];
