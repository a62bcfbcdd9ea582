/** RFC 9112, 7.1: chunked bodies, their extensions (7.1.1) and trailers (7.1.2). */
import { refuses, takes } from './cases.ts';
import type { PlainRequest } from './support.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const GET = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const chunked = (body: string, trailers: Array<[string, string]> = []): Partial<PlainRequest> => ({
  method: 'POST',
  headers: [
    ['host', 'a'],
    ['transfer-encoding', 'chunked'],
  ],
  body,
  trailers,
});

takes('one chunk', `${HEAD}5\r\nhello\r\n0\r\n\r\n`, chunked('hello'));
takes(
  'several, and the next request',
  `${HEAD}5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n${GET}`,
  [chunked('hello world'), { target: '/next' }],
);
takes('none', `${HEAD}0\r\n\r\n`, chunked(''));
takes(
  'hexadecimal digits in both cases',
  `${HEAD}a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n`,
  chunked('01234567890123456789'),
);
takes('zeros in front', `${HEAD}00000005\r\nhello\r\n00000000\r\n\r\n`, chunked('hello'));
takes(
  'data that look like chunks',
  `${HEAD}9\r\n\r\n0\r\n\r\n0\r\r\n0\r\n\r\n`,
  chunked('\r\n0\r\n\r\n0\r'),
);
takes(
  'extensions',
  `${HEAD}5;a\r\nhello\r\n1;b=c;d="e; \\" f"\r\n!\r\n0;x\r\n\r\n`,
  chunked('hello!'),
);
takes('trailers', `${HEAD}1\r\nx\r\n0\r\nDigest: abc\r\nX:\r\n\r\n${GET}`, [
  chunked('x', [
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
refusedBody('a chunk line of the limit and one', '5;aa\r\nhello\r\n0\r\n\r\n', 413, {
  chunkLineLimitBytes: 5,
});
takes('a chunk line of the limit', `${HEAD}5;aa\r\nhello\r\n0\r\n\r\n`, chunked('hello'), {
  chunkLineLimitBytes: 6,
});

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
  chunked('x'.repeat(2000)),
);
