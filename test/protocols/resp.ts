import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { ProtocolErrorCode } from '../../src/errors.ts';
import type { Case, Hostile, Side, Vector } from './cases.ts';
import { LIMIT } from './harness.ts';

/** One character for each byte. */
const wire = (text: string) => Buffer.from(text, 'latin1');
const inline = (text: string, ...words: string[]): Vector => ({
  bytes: wire(text),
  values: [words],
  oneWay: 'commands are sent as arrays',
});

function refuses(what: string, text: string, code: ProtocolErrorCode, sentence: string): Hostile {
  const says = sentence.includes('UTF-8') ? 'UTF-8' : `Protocol error: ${sentence}`;
  return { what, bytes: wire(text), code, says, reply: `-ERR Protocol error: ${sentence}\r\n` };
}
const count = 'invalid multibulk length';
const length = 'invalid bulk length';
const quotes = 'unbalanced quotes in request';

const commands: Side = {
  vectors: [
    { bytes: wire('*1\r\n$4\r\nPING\r\n'), values: [['PING']] },
    {
      bytes: wire('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*2\r\n$3\r\nGET\r\n$2\r\n\xc3\xa9\r\n'),
      values: [
        ['SET', 'k', ''],
        ['GET', 'é'],
      ],
    },
    { bytes: wire('*1\r\n$4\r\na\r\nb\r\n'), values: [['a\r\nb']] },
    {
      bytes: wire(`*5\r\n${'$1\r\nx\r\n'.repeat(4)}$20\r\n${'y'.repeat(20)}\r\n`),
      values: [['x', 'x', 'x', 'x', 'y'.repeat(20)]],
    },
    ...Array.from({ length: 19 }, (_, i) => ({
      bytes: wire(`*1\r\n$${i}\r\n${'abcdefghijklmnopqrs'.slice(0, i)}\r\n`),
      values: [['abcdefghijklmnopqrs'.slice(0, i)]],
    })),
    {
      bytes: wire('*0\r\n*-1\r\n*-9\r\n\r\n\n  \r\n*1\r\n$1\r\na\r\n'),
      values: [['a']],
      oneWay: 'nothing is passed over in what is sent',
    },
    inline('PING\r\n', 'PING'),
    inline(' set  a\tb \n', 'set', 'a', 'b'),
    inline('set "a b" \'c d\'\r\n', 'set', 'a b', 'c d'),
    inline(
      String.raw`e "\x41\n\r\t\b\a\q\"\\\x4" 'a\'b\n' ""` + '\n',
      'e',
      'A\n\r\t\b\x07q"\\x4',
      "a'b\\n",
      '',
    ),
    inline('ab"c d"\n', 'abc d'),
    inline('GET \xc3\xa9\n', 'GET', 'é'),
    inline('a\0 b\n', 'a'),
    inline('\r\nPING\n', 'PING'),
  ],
  hostile: [
    refuses('no count', '*\r\n', 'MALFORMED', count),
    refuses('a count in letters', '*abc\r\n', 'MALFORMED', count),
    refuses('a count with a plus', '*+1\r\n', 'MALFORMED', count),
    refuses('a count with a zero', '*01\r\n', 'MALFORMED', count),
    refuses('a count of minus zero', '*-0\r\n', 'MALFORMED', count),
    refuses('a count of 20 digits', '*99999999999999999999\r\n', 'MALFORMED', count),
    refuses('a count without LF', '*1\rx', 'MALFORMED', count),
    refuses('a count past the limit', '*1048577\r\n', 'TOO_LARGE', count),
    refuses('2^31 arguments', '*2147483648\r\n', 'TOO_LARGE', count),
    refuses('more arguments than the bytes allow', '*171\r\n', 'TOO_LARGE', count),
    refuses('no length', '*1\r\n$\r\n', 'MALFORMED', length),
    refuses('a length of -1', '*1\r\n$-1\r\n', 'MALFORMED', length),
    refuses('a length of 20 digits', '*1\r\n$18446744073709551616\r\n', 'MALFORMED', length),
    refuses('a length past the limit', '*1\r\n$1100\r\n', 'TOO_LARGE', length),
    refuses('a length of 2^32', '*1\r\n$4294967296\r\n', 'TOO_LARGE', length),
    refuses(
      'lengths that add up',
      `*2\r\n$600\r\n${'x'.repeat(600)}\r\n$600\r\n`,
      'TOO_LARGE',
      length,
    ),
    refuses('no bulk string', '*1\r\n:5\r\n', 'MALFORMED', "expected '$', got ':'"),
    refuses('a line break for a bulk string', '*1\r\n\r\n', 'MALFORMED', "expected '$', got ' '"),
    refuses(
      'a bulk string that goes on',
      '*1\r\n$1\r\nab\r\n',
      'MALFORMED',
      'expected CRLF after a bulk string',
    ),
    refuses('an open quote', 'set "a\n', 'MALFORMED', quotes),
    refuses('an open single quote', "set 'a\\'\n", 'MALFORMED', quotes),
    refuses('a quote that goes on', 'set "a"b\n', 'MALFORMED', quotes),
    refuses('an endless line', 'x'.repeat(LIMIT), 'TOO_LARGE', 'too big inline request'),
    refuses('no UTF-8', '*1\r\n$2\r\n\xff\xfe\r\n', 'MALFORMED', 'invalid UTF-8 in request'),
    refuses(
      'long and no UTF-8',
      `*1\r\n$20\r\n${'\xff'.repeat(20)}\r\n`,
      'MALFORMED',
      'invalid UTF-8 in request',
    ),
    refuses('a line and no UTF-8', 'a \xff\n', 'MALFORMED', 'invalid UTF-8 in request'),
  ],
  any: fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 6 }),
  refused: [
    [[], /got an empty one/],
    ['PING', /got "PING"/],
    [['a', null], /got null/],
    [['a', true], /got boolean true/],
    [['a', Number.NaN], /got number NaN/],
  ],
};

const deep = (levels: number, inside: string) => wire('*1\r\n'.repeat(levels) + inside);
const reply = (what: string, text: string, code: ProtocolErrorCode, says: RegExp): Hostile => ({
  what,
  bytes: wire(text),
  code,
  says,
});

const replies: Side = {
  vectors: [
    {
      bytes: wire('+OK\r\n+\r\n-ERR no\r\n'),
      values: [{ simple: 'OK' }, { simple: '' }, { error: 'ERR no' }],
    },
    { bytes: wire(':0\r\n:-1\r\n:1234567\r\n'), values: [0, -1, 1234567] },
    { bytes: wire(':9007199254740991\r\n:9007199254740992\r\n'), values: [2 ** 53 - 1, 2n ** 53n] },
    { bytes: wire(':-9223372036854775808\r\n'), values: [-(2n ** 63n)] },
    { bytes: wire(':+5\r\n'), values: [5], oneWay: 'a plus is not sent' },
    { bytes: wire('$-1\r\n*-1\r\n*0\r\n'), values: [null, { nullArray: true }, []] },
    { bytes: wire('$2\r\nhi\r\n$0\r\n\r\n'), values: ['hi', ''] },
    {
      bytes: wire('*4\r\n*2\r\n:1\r\n*0\r\n$-1\r\n+x\r\n*1\r\n$1\r\na\r\n:7\r\n'),
      values: [[[1, []], null, { simple: 'x' }, ['a']], 7],
    },
    { bytes: wire(`+${'x'.repeat(LIMIT - 3)}\r\n`), values: [{ simple: 'x'.repeat(LIMIT - 3) }] },
    {
      bytes: wire(`-${'é'.repeat(30)}\r\n`.replaceAll('é', '\xc3\xa9')),
      values: [{ error: 'é'.repeat(30) }],
    },
    { bytes: wire(`$60\r\n${'\xc3\xa9'.repeat(30)}\r\n`), values: ['é'.repeat(30)] },
    { bytes: wire(`$100\r\n${'\xc3\xa9'.repeat(50)}\r\n`), values: ['é'.repeat(50)] },
    { bytes: deep(32, ':1\r\n'), values: [JSON.parse(`${'['.repeat(32)}1${']'.repeat(32)}`)] },
  ],
  hostile: [
    reply('garbage', 'HTTP/1.1 400\r\n', 'MALFORMED', /byte 0x48/),
    reply('a RESP3 map', '%1\r\n', 'MALFORMED', /byte 0x25/),
    reply('an endless line', `+${'x'.repeat(LIMIT)}`, 'TOO_LARGE', /1024 bytes/),
    reply(
      'a line of one byte too many',
      `+${'x'.repeat(LIMIT - 2)}\r\n`,
      'TOO_LARGE',
      /1024 bytes/,
    ),
    reply('a CR in a line', '+a\rb\r\n', 'MALFORMED', /CR inside/),
    reply('an integer of 65 bits', ':9223372036854775808\r\n', 'MALFORMED', /64 bits/),
    reply('an integer of 20 digits', ':18446744073709551616\r\n', 'MALFORMED', /64 bits/),
    reply('an endless integer', `:${'1'.repeat(100)}`, 'MALFORMED', /64 bits/),
    reply('no integer', ':\r\n', 'MALFORMED', /integer that is none/),
    reply('an integer with a point', ':1.5\r\n', 'MALFORMED', /integer that is none/),
    reply('a bulk length of -2', '$-2\r\n', 'MALFORMED', /length that is none/),
    reply('a bulk length past the limit', '$1020\r\n', 'TOO_LARGE', /1024 bytes/),
    reply('a bulk string that goes on', '$1\r\nab\r\n', 'MALFORMED', /no CRLF/),
    reply('a count of 20 digits', '*99999999999999999999\r\n', 'MALFORMED', /count that is none/),
    reply('a count past the bytes', '*1000\r\n', 'TOO_LARGE', /1024 bytes/),
    reply('counts that add up', `*300\r\n*300\r\n`, 'TOO_LARGE', /1024 bytes/),
    reply('nesting', '*1\r\n'.repeat(33), 'TOO_DEEP', /limit of 32/),
    reply('no UTF-8', '$1\r\n\xff\r\n', 'MALFORMED', /UTF-8/),
  ],
  any: fc
    .letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.maxSafeInteger(),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
        fc.constantFrom(null, { nullArray: true }, { simple: 'OK' }),
        fc
          .string({ unit: 'grapheme', maxLength: 30 })
          .map((text) => ({ simple: text.replaceAll(/[\r\n]/g, '') })),
        fc.string({ maxLength: 30 }).map((text) => ({ error: text })),
        fc.array(tie('value'), { maxLength: 5 }),
      ),
    }))
    .value.map(plusZero),
  refused: [
    [true, /RESP2|no booleans/],
    [undefined, /got|cannot carry undefined/],
    [1.5, /integers only, and got number 1.5/],
    [2n ** 63n, /64 bits/],
    [{}, /cannot carry an object/],
    [() => 1, /cannot carry a function/],
    [{ simple: 'a\nb' }, /CR or an LF/],
    [{ error: 'a\rb' }, /CR or an LF/],
    [['a', ['b', undefined]], /cannot carry undefined/],
    [JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`), /deeper than 32/],
  ],
};

function plusZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plusZero);
  return value === 0 ? 0 : value;
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some));
const bufferCommands: Side = {
  vectors: [
    { bytes: wire('*2\r\n$3\r\nGET\r\n$2\r\n\xff\0\r\n'), values: [[wire('GET'), wire('\xff\0')]] },
    { bytes: wire('GET "\\xff"\n'), values: [[wire('GET'), wire('\xff')]], oneWay: 'inline' },
  ],
  hostile: [],
  any: fc.array(bytes, { minLength: 1, maxLength: 5 }),
  refused: [],
};
const bufferReplies: Side = {
  vectors: [
    { bytes: wire('*2\r\n$1\r\n\xff\r\n+OK\r\n'), values: [[wire('\xff'), { simple: 'OK' }]] },
  ],
  hostile: [],
  any: fc.array(bytes, { maxLength: 4 }),
  refused: [],
};
const latin1Commands: Side = {
  vectors: [
    { bytes: wire('*1\r\n$18\r\n\xff\0abcdefghijklmnop\r\n'), values: [['ÿ\0abcdefghijklmnop']] },
  ],
  hostile: [],
  any: fc.array(
    bytes.map((some) => some.toString('latin1')),
    { minLength: 1, maxLength: 5 },
  ),
  refused: [[['GET', '€'], /latin1 text/]],
};
const latin1Replies: Side = {
  vectors: [{ bytes: wire('$2\r\n\xe9\xff\r\n+\xe9\r\n'), values: ['éÿ', { simple: 'é' }] }],
  hostile: [],
  any: bytes.map((some) => some.toString('latin1')),
  refused: [
    ['€', /latin1 text/],
    [{ error: '€' }, /latin1 text/],
  ],
};

export const respCases: readonly Case[] = [
  { protocol: 'resp', options: {}, server: commands, client: replies },
  {
    protocol: 'resp',
    options: { encoding: 'latin1' },
    server: latin1Commands,
    client: latin1Replies,
  },
  {
    protocol: 'resp',
    options: { encoding: 'buffer' },
    server: bufferCommands,
    client: bufferReplies,
  },
];
