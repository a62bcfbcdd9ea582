/** A long, seeded list of redis commands whose replies do not depend on chance or on the clock. */
import type { Random } from '../modes/support/random.ts';

// oxfmt-ignore
const TEXTS = [
  '', 'abc', '0', '7', '-3', '10', '007', '+5', ' 1', '-0', '1.5', 'é', 'a b', '\r\n', '\0\xff',
  '9223372036854775807', '-9223372036854775808', '9223372036854775808', '9007199254740993',
];
// oxfmt-ignore
const SCORES = [
  '0', '1', '-1', '3.0e2', '0x10', 'inf', '-inf', '+Infinity', '.5', '1.', '1e-7', '1e17', '0.1',
  'nan', '', ' 1', '1 ', 'abc', '1e400', '0b1', '123456789012345678', '-0',
];
const NUMBERS = ['0', '1', '2', '-1', '-2', '5', '100', '-100', 'x', '9223372036854775807'];

export function makeCommands(random: Random, count: number): string[][] {
  let unique = 0;
  const text = () => random.pick(TEXTS);
  const key = (kind: string) => `${kind}:${random.below(4)}`;
  const anyKey = () => key(random.pick(['str', 'list', 'set', 'hash', 'zset', 'one', 'none']));
  const field = () => `field${random.below(8)}`;
  const many = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: 1 + random.below(most) }, make);
  const double = () => String((random.next() - 0.5) * 10 ** (random.below(50) - 25));
  const score = () => (random.below(3) === 0 ? random.pick(SCORES) : double());
  /** Never the same twice, so that GT and LT do not depend on the millisecond. */
  const later = () => String(10_000 + (unique += 10));

  const kinds: Array<() => string[]> = [
    () => ['PING'],
    () => ['ping', text()],
    () => ['ECHO', text()],
    () => ['SET', key('str'), text()],
    () => ['SET', key('str'), 'x'.repeat(random.below(20_000))],
    () => ['SET', anyKey(), text(), random.pick(['NX', 'xx', 'GET', 'KEEPTTL', 'PERSIST'])],
    () => [
      'set',
      key('str'),
      text(),
      random.pick(['EX', 'PX']),
      random.pick([`${later()}000`, '0', '-1', 'x', '9223372036854775807']),
    ],
    () => ['SET', key('str'), text(), random.pick(['NX', 'XX']), 'GET', 'EX', later()],
    () => [
      'SET',
      key('str'),
      text(),
      ...many(4, () => random.pick(['NX', 'XX', 'GET', 'EX', '1000', 'KEEPTTL'])),
    ],
    () => ['SET', key('str'), text(), random.pick(['EXAT', 'PXAT']), '99999999999999'],
    () => ['GET', anyKey()],
    () => ['GET', key('str')],
    () => [random.pick(['INCR', 'DECR']), random.pick([key('str'), anyKey()])],
    () => [random.pick(['INCRBY', 'decrby']), key('str'), text()],
    () => ['MSET', ...many(3, () => [key('str'), text()]).flat()],
    () => ['MSET', ...many(5, text)],
    () => ['MGET', ...many(6, anyKey)],
    () => [random.pick(['LPUSH', 'RPUSH']), key('list'), ...many(5, text)],
    () => [random.pick(['LPUSH', 'RPUSH']), anyKey(), text()],
    () => [random.pick(['LPOP', 'RPOP']), key('list')],
    () => [random.pick(['LPOP', 'RPOP']), anyKey(), random.pick(NUMBERS)],
    () => ['LRANGE', key('list'), random.pick(NUMBERS), random.pick(NUMBERS)],
    () => ['LRANGE', anyKey(), '0', '-1'],
    () => ['LLEN', anyKey()],
    () => ['SADD', key('set'), ...many(5, text)],
    () => ['SADD', key('one'), 'member'],
    () => ['SCARD', anyKey()],
    () => ['SMEMBERS', key('one')],
    () => ['SPOP', key('one')],
    () => ['SPOP', key('one'), random.pick(NUMBERS)],
    () => ['HSET', key('hash'), ...many(4, () => [field(), text()]).flat()],
    () => ['HSET', anyKey(), ...many(4, text)],
    () => ['HGET', random.pick([key('hash'), anyKey()]), field()],
    () => ['HGETALL', random.pick([key('hash'), anyKey()])],
    () => ['HDEL', random.pick([key('hash'), anyKey()]), ...many(3, field)],
    () => ['ZADD', key('zset'), ...many(4, () => [score(), field()]).flat()],
    () => [
      'ZADD',
      key('zset'),
      ...many(3, () => random.pick(['NX', 'XX', 'gt', 'LT', 'CH', 'INCR'])),
      score(),
      field(),
    ],
    () => ['ZADD', anyKey(), 'INCR', score(), field()],
    () => ['ZPOPMIN', random.pick([key('zset'), anyKey()])],
    () => ['ZPOPMIN', key('zset'), random.pick(NUMBERS)],
    () => ['DEL', ...many(2, anyKey)],
    () => ['EXISTS', ...many(4, anyKey)],
    () => ['TYPE', anyKey()],
    () => ['TTL', anyKey()],
    () => ['EXPIRE', anyKey(), later()],
    () => ['EXPIRE', anyKey(), random.pick(['-1', '0', 'x', '9223372036854775807'])],
    () => [
      'EXPIRE',
      anyKey(),
      later(),
      ...many(2, () => random.pick(['NX', 'XX', 'GT', 'LT', 'no'])),
    ],
    () => [
      'KEYS',
      random.pick([
        'str:0',
        '[s]tr:1',
        'li?t:2',
        'none:0',
        'h*h:3',
        '\\z*t:0',
        '[^a-y]set:1',
        '*:9',
      ]),
    ],
    () => ['DBSIZE'],
    () => ['SELECT', random.pick(['0', '1', '1', '0', '16', '-1', 'x'])],
    () =>
      random.below(20) === 0 ? ['FLUSHALL', ...random.pick([[], ['ASYNC'], ['x']])] : ['DBSIZE'],
    () => ['CONFIG', 'GET', random.pick(['save', 'appendonly', 'no-such-thing'])],
    () => [
      'CLIENT',
      random.pick(['SETNAME', 'GETNAME', 'nothing']),
      ...random.pick([[], ['a'], ['a b']]),
    ],
    () => ['CONFIG', ...random.pick([['GET'], ['nothing', 'a'], []])],
    () => [
      random.pick(['NOTHING', 'nothing\r\nelse', 'x'.repeat(200)]),
      ...many(5, () => 'y'.repeat(random.below(60))),
    ],
    () => [
      random.pick(['GET', 'SET', 'LRANGE', 'hset', 'ZADD', 'Expire', 'Mset', 'dbsize', 'PING']),
      ...many(5, text),
    ],
  ];
  return Array.from({ length: count }, () => random.pick(kinds)());
}

export function encodeCommand(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** The whole replies at the beginning of `text`, one character a byte. */
export function splitReplies(text: string): string[] {
  const replies: string[] = [];
  let at = 0;
  for (;;) {
    const end = skip(text, at);
    if (end === -1) return replies;
    replies.push(text.slice(at, end));
    at = end;
  }
}

/** The end of the reply at `at`, or -1 if it is not all there. */
function skip(text: string, at: number): number {
  const end = text.indexOf('\r\n', at);
  if (end === -1) return -1;
  const count = Number(text.slice(at + 1, end));
  let next = end + 2;
  if (text[at] === '$' && count >= 0) next += count + 2;
  if (text[at] === '*') for (let i = 0; i < count && next !== -1; i += 1) next = skip(text, next);
  return next > text.length ? -1 : next;
}
