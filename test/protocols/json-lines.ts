import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { ProtocolErrorCode } from '../../src/errors.ts';
import type { Case, Hostile, Side } from './cases.ts';
import { LIMIT } from './harness.ts';

const utf8 = (text: string) => Buffer.from(text);
const hostile = (
  what: string,
  text: string | Buffer,
  code: ProtocolErrorCode,
  says: RegExp,
): Hostile => ({ what, bytes: Buffer.from(text as string), code, says });

const side: Side = {
  vectors: [
    { bytes: utf8('{"a":[1,null,"é"]}\n7\n'), values: [{ a: [1, null, 'é'] }, 7] },
    { bytes: utf8('1\r\n\n\r\n\n2\n'), values: [1, 2], oneWay: 'empty lines are ignored' },
    { bytes: utf8(' [ 1 ] \n'), values: [[1]], oneWay: 'white space is not sent' },
    { bytes: utf8('"__proto__"\n["__proto__",":"]\n'), values: ['__proto__', ['__proto__', ':']] },
    { bytes: utf8('{"\\u0041":"\\u2028"}\n'), values: [{ A: '\u2028' }], oneWay: 'escapes' },
    { bytes: utf8(`"${'['.repeat(500)}\\""\n`), values: [`${'['.repeat(500)}"`] },
    { bytes: utf8(`${'['.repeat(64)}${']'.repeat(64)}\n`), values: [nested(64)] },
  ],
  hostile: [
    hostile('no JSON', '{"a":}\n', 'MALFORMED', /not JSON: .*token/),
    hostile('white space only', '  \n', 'MALFORMED', /not JSON/),
    hostile('two values', '1 2\n', 'MALFORMED', /not JSON/),
    hostile('a byte order mark', '\ufeff1\n', 'MALFORMED', /not JSON/),
    hostile('no UTF-8', Buffer.from('22ff220a', 'hex'), 'MALFORMED', /not UTF-8/),
    hostile('__proto__', '{"a":{"__proto__":{"x":1}}}\n', 'MALFORMED', /__proto__/),
    hostile('__proto__ spaced', '{"__proto__" \t:1}\n', 'MALFORMED', /__proto__/),
    hostile('__proto__ escaped', '{"\\u005f_p\\u0072oto\\u005F_":1}\n', 'MALFORMED', /__proto__/),
    hostile('__proto__ all escaped', `{"${escaped('__proto__')}":1}\n`, 'MALFORMED', /__proto__/),
    hostile('nesting', `${'['.repeat(65)}${']'.repeat(65)}\n`, 'TOO_DEEP', /limit of 64/),
    hostile('objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}\n`, 'TOO_DEEP', /limit of 64/),
    hostile('open brackets', `${'['.repeat(500)}\n`, 'TOO_DEEP', /limit of 64/),
    hostile('a bomb', `[${'[],'.repeat(99)}[]]\n`, 'TOO_LARGE', /201 values; the limit is 100/),
    hostile('an endless line', 'x'.repeat(LIMIT), 'TOO_LARGE', /1024 bytes/),
  ],
  any: fc
    .jsonValue({ maxDepth: 4 })
    .filter((value) => !JSON.stringify(value).includes('__proto__'))
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  refused: [
    [undefined, /cannot carry undefined: JSON has no form/],
    [() => 1, /cannot carry a function/],
    [Symbol('x'), /JSON has no form/],
    [{ a: 1n }, /BigInt/],
    [cycle(), /circular/],
    [JSON.parse('{"__proto__":1}'), /key "__proto__"/],
  ],
};

function nested(depth: number): unknown {
  return depth === 0 ? undefined : [nested(depth - 1)].filter((inner) => inner !== undefined);
}

function cycle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

function escaped(text: string): string {
  return text.replaceAll(/./g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

const refusing: Side = {
  ...side,
  vectors: side.vectors.slice(0, 1),
  hostile: [hostile('an empty line', '1\n\r\n', 'MALFORMED', /not JSON/)],
};

export const jsonLinesCases: readonly Case[] = [
  { protocol: 'json-lines', options: { maxNodes: 100 }, server: side, client: side },
  { protocol: 'json-lines', options: { emptyLines: 'refuse' }, server: refusing, client: refusing },
];
