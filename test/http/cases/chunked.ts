/** RFC 9112, 7.1: chunked bodies, their extensions (7.1.1) and trailers (7.1.2). */
import { Area, TIGHT } from './case.ts';
import type { PlainRequest } from '../support.ts';

export const chunked = new Area('chunked');
const { refuses, takes } = chunked;

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const GET = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const posted = (body: string, trailers: Array<[string, string]> = []): Partial<PlainRequest> => ({
  method: 'POST',
  headers: [
    ['host', 'a'],
    ['transfer-encoding', 'chunked'],
  ],
  body,
  trailers,
});

takes('one chunk', `${HEAD}5\r\nhello\r\n0\r\n\r\n`, posted('hello'));
takes(
  'several, and the next request',
  `${HEAD}5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n${GET}`,
  [posted('hello world'), { target: '/next' }],
);
takes('none', `${HEAD}0\r\n\r\n`, posted(''));
takes(
  'hexadecimal digits in both cases',
  `${HEAD}a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n`,
  posted('01234567890123456789'),
);
takes('zeros in front', `${HEAD}00000005\r\nhello\r\n00000000\r\n\r\n`, posted('hello'));
takes(
  'data that look like chunks',
  `${HEAD}9\r\n\r\n0\r\n\r\n0\r\r\n0\r\n\r\n`,
  posted('\r\n0\r\n\r\n0\r'),
);
takes(
  'extensions',
  `${HEAD}5;a\r\nhello\r\n1;b=c;d="e; \\" f"\r\n!\r\n0;x\r\n\r\n`,
  posted('hello!'),
);
takes('trailers', `${HEAD}1\r\nx\r\n0\r\nDigest: abc\r\nX:\r\n\r\n${GET}`, [
  posted('x', [
    ['digest', 'abc'],
    ['x', ''],
  ]),
  { target: '/next' },
]);

const refusedBody = (what: string, body: string, status = 400, options = {}) =>
  refuses(what, HEAD + body, status, /./, options);
refusedBody('a size that is none', 'g\r\nhello\r\n0\r\n\r\n');
refusedBody('an empty size', '\r\nhello\r\n0\r\n\r\n');
refusedBody('a negative size', '-5\r\nhello\r\n0\r\n\r\n');
refusedBody('a size with a sign', '+5\r\nhello\r\n0\r\n\r\n');
refusedBody('0x5', '0x5\r\nhello\r\n0\r\n\r\n');
refusedBody('0_5', '0_5\r\nhello\r\n0\r\n\r\n');
refusedBody('a blank before the size', ' 5\r\nhello\r\n0\r\n\r\n');
refusedBody('a blank behind it', '5 \r\nhello\r\n0\r\n\r\n');
refusedBody('a blank before an extension', '5 ;a\r\nhello\r\n0\r\n\r\n');
refusedBody('a size of nine digits', '000000005\r\nhello\r\n0\r\n\r\n');
refusedBody('a size of 2^32 + 5', '100000005\r\nhello\r\n0\r\n\r\n');
refusedBody('a size beyond the limit', 'ffffffff\r\n', 413);
refusedBody('a bare LF behind the size', '5\nhello\r\n0\r\n\r\n');
refusedBody('a bare CR behind the size', '5\rhello\r\n0\r\n\r\n');
refusedBody('CR X behind the size (CVE-2025-23167)', '5\r\rhello\r\n0\r\n\r\n');
refusedBody('data that are too long', '5\r\nhello!\r\n0\r\n\r\n');
refusedBody('data that are too short', '5\r\nhell\r\n0\r\n\r\n');
refusedBody('a bare LF behind the data', '5\r\nhello\n0\r\n\r\n');
refusedBody('CR X behind the data', '5\r\nhello\rX0\r\n\r\n');
refusedBody('a bare LF at the end', '0\r\n\n');
refusedBody('a bare CR at the end', '0\r\n\rX');
refusedBody('an extension without name', '5;\r\nhello\r\n0\r\n\r\n');
refusedBody('an extension with a CR in quotes', '5;a="\r\n"\r\nhello\r\n0\r\n\r\n');
refusedBody('an extension with an LF (CVE-2021-22960)', '5;a\nhello\r\n0\r\n\r\n');
refusedBody('an extension with NUL', '5;a=\0\r\nhello\r\n0\r\n\r\n');
refusedBody('an extension with an empty value', '5;a=\r\nhello\r\n0\r\n\r\n');
refusedBody('an extension behind its quotes', '5;a="b"c\r\nhello\r\n0\r\n\r\n');
refusedBody(
  'a chunk line that is too long (CVE-2024-22019)',
  `5;${'a'.repeat(300)}\r\nhello\r\n0\r\n\r\n`,
  413,
);
refusedBody('a chunk line of the limit and one', '5;aaaaa\r\nhello\r\n0\r\n\r\n', 413, TIGHT);
takes('a chunk line of the limit', `${HEAD}5;aaaa\r\nhello\r\n0\r\n\r\n`, posted('hello'), TIGHT);
refusedBody(
  'a size whose digits alone pass the limit',
  '00000005\r\nhello\r\n0\r\n\r\n',
  413,
  TIGHT,
);

for (const name of [
  'Content-Length',
  'Transfer-Encoding',
  'Host',
  'Connection',
  'Upgrade',
  'Expect',
]) {
  refusedBody(`${name} as a trailer (RFC 9110, 6.5.1)`, `0\r\n${name}: 1\r\n\r\n`);
}
refusedBody('a folded trailer', '0\r\nX: a\r\n b\r\n\r\n');
refusedBody('a trailer with a space before the colon', '0\r\nX : a\r\n\r\n');
refusedBody('a trailer without colon', '0\r\nX\r\n\r\n');
refusedBody('too many trailers', `0\r\n${'X: y\r\n'.repeat(101)}\r\n`, 431);
refusedBody('too long a trailer', `0\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431);
refusedBody('chunks of one byte without end', '1\r\nx\r\n'.repeat(20_000), 413);
takes(
  'chunks of one byte for a while',
  `${HEAD}${'1\r\nx\r\n'.repeat(2000)}0\r\n\r\n`,
  posted('x'.repeat(2000)),
);

takes(
  'chunked in a GET, and the next request (RFC 9110, 9.3.1)',
  `${HEAD.replace('POST', 'GET')}1\r\nx\r\n0\r\n\r\n${GET}`,
  [{ ...posted('x'), method: 'GET' }, { target: '/next' }],
);
takes('a last chunk with an extension', `${HEAD}1\r\nx\r\n000;last\r\n\r\n`, posted('x'));
takes(
  'a trailer that names a header of the head',
  `${HEAD}0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\n`,
  posted('', [
    ['x-sum', '1'],
    ['x-sum', '2'],
  ]),
);
refusedBody('data behind the last chunk', '0\r\nhello\r\n\r\n');
refusedBody('a chunk line that ends in CR CR LF', '5\r\r\nhello\r\n0\r\n\r\n');
refusedBody('a trailer with NUL', '0\r\nX: a\0\r\n\r\n');
refusedBody('a trailer with a bare LF', '0\r\nX: a\nY: b\r\n\r\n');
refusedBody('a trailer with a bare CR', '0\r\nX: a\rY: b\r\n\r\n');
refusedBody('a trailer without name', '0\r\n: a\r\n\r\n');
refusedBody('a quoted pair with a control byte', '5;a="\\\x01"\r\nhello\r\n0\r\n\r\n');
refusedBody('a tab in an extension', '5;a\t=b\r\nhello\r\n0\r\n\r\n');
