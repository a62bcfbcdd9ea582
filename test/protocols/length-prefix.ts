import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { Case, Hostile, Side, Vector } from './cases.ts';
import { LIMIT } from './harness.ts';

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const full = Buffer.alloc(LIMIT - 4, 'x');

const tooLarge = (what: string, digits: string, announced: string): Hostile => ({
  what,
  bytes: hex(digits),
  code: 'TOO_LARGE',
  says: new RegExp(`A message of ${announced} bytes was announced; the limit is 1024 with`),
});

const side = (vectors: readonly Vector[], hostile: readonly Hostile[], most = 300): Side => ({
  vectors,
  hostile,
  any: fc.uint8Array({ maxLength: most }),
  arrives: (sent) => Buffer.from(sent as Uint8Array),
  refused: [
    [5, /takes a Uint8Array or a string, and got number 5/],
    [undefined, /got undefined/],
  ],
});

const big4 = side(
  [
    {
      bytes: hex('00000002 6869 00000000 00000001 00'),
      values: [Buffer.from('hi'), Buffer.alloc(0), Buffer.from([0])],
    },
    { bytes: Buffer.concat([hex('000003fc'), full]), values: [full] },
  ],
  [
    tooLarge('one byte too many', '000003fd', '1021'),
    tooLarge('2^31', '80000000', '2147483648'),
    tooLarge('-1', 'ffffffff 00', '4294967295'),
  ],
);
const little4 = side(
  [{ bytes: hex('02000000 6869'), values: [Buffer.from('hi')] }],
  [tooLarge('2^31', '00000080', '2147483648')],
);
const big1 = side(
  [{ bytes: hex('02 6869 00'), values: [Buffer.from('hi'), Buffer.alloc(0)] }],
  [],
  255,
);
const big2 = side(
  [{ bytes: hex('0002 6869'), values: [Buffer.from('hi')] }],
  [tooLarge('2^16 - 1', 'ffff', '65535')],
);
const little2 = side(
  [{ bytes: hex('0200 6869'), values: [Buffer.from('hi')] }],
  [tooLarge('2^16 - 1', 'ffff', '65535')],
);
const big8 = side(
  [{ bytes: hex('0000000000000002 6869'), values: [Buffer.from('hi')] }],
  [
    tooLarge('2^32 + 2', '0000000100000002', '4294967298'),
    tooLarge('2^53', '0020000000000000', 'more than 2\\^53'),
    tooLarge('-1', 'ffffffffffffffff', 'more than 2\\^53'),
  ],
);
const little8 = side(
  [{ bytes: hex('0200000000000000 6869'), values: [Buffer.from('hi')] }],
  [tooLarge('2^63', '0000000000000080', 'more than 2\\^53')],
);

const one = (options: Readonly<Record<string, unknown>>, both: Side): Case => ({
  protocol: 'length-prefix',
  options,
  server: both,
  client: both,
});

export const lengthPrefixCases: readonly Case[] = [
  one({}, big4),
  one({ view: true }, big4),
  one({ endian: 'little' }, little4),
  one(
    { bytes: 1 },
    {
      ...big1,
      refused: [
        ['x'.repeat(256), /256 bytes does not fit/],
        [Buffer.alloc(256), /takes 255 at most/],
      ],
    },
  ),
  one({ bytes: 2 }, big2),
  one({ bytes: 2, endian: 'little' }, little2),
  one({ bytes: 8 }, big8),
  one({ bytes: 8, endian: 'little' }, little8),
];
