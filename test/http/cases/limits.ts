/** Every limit: what reaches it is taken, and a byte more is refused with its status (RFC 9110, 15.5; RFC 6585, 5). */
import { Area, TIGHT } from './case.ts';

export const limits = new Area('limits');
const { refuses, takes } = limits;

const HOST = 'Host: a\r\n';
const get = (target: string, fields = HOST) => `GET ${target} HTTP/1.1\r\n${fields}\r\n`;
const x = (bytes: number) => `/${'x'.repeat(bytes - 1)}`;

takes('a target of the limit', get(x(64)), { target: x(64) }, TIGHT);
refuses('a target of one byte more', get(x(65)), 414, /target/, TIGHT);
refuses('a target without end', `GET ${x(70_000)}`, 414, /target/);
takes('a target of 8 KiB', get(x(8192)), { target: x(8192) });

const lines = (count: number) => HOST + 'X: y\r\n'.repeat(count - 1);
const listed = (count: number) =>
  [['host', 'a'], ...Array.from({ length: count - 1 }, () => ['x', 'y'])] as Array<
    [string, string]
  >;
takes('100 header lines', get('/', lines(100)), { headers: listed(100) });
refuses('101 header lines', get('/', lines(101)), 431, /100 header lines/);
takes('3 header lines where 3 may be', get('/', lines(3)), { headers: listed(3) }, TIGHT);
refuses('4 header lines where 3 may be', get('/', lines(4)), 431, /3 header lines/, TIGHT);

const headOf = (bytes: number) => {
  const rest = get('/', `${HOST}X: \r\n`).length;
  return get('/', `${HOST}X: ${'y'.repeat(bytes - rest)}\r\n`);
};
takes(
  'a head of the limit',
  headOf(200),
  {
    headers: [
      ['host', 'a'],
      ['x', 'y'.repeat(200 - get('/', `${HOST}X: \r\n`).length)],
    ],
  },
  TIGHT,
);
refuses('a head of one byte more', headOf(201), 431, /200 bytes/, TIGHT);
refuses('a head of 16 KiB and a byte', headOf(16_385), 431, /16384/);
refuses('a header name without end', get('/', `${HOST}${'x'.repeat(20_000)}`), 431);
refuses('a header value without end', get('/', `${HOST}X: ${'x'.repeat(20_000)}`), 431);
refuses("a target within its limit, and beyond the head's", get(x(600)), 414, /./, {
  headLimitBytes: 512,
});

const post = (length: number) =>
  `POST / HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
const posted = (length: number) => ({
  method: 'POST',
  body: 'x'.repeat(length),
  headers: [
    ['host', 'a'],
    ['content-length', String(length)],
  ] as Array<[string, string]>,
});
takes('a body of the limit', post(64), posted(64), TIGHT);
refuses('a body of one byte more', post(65), 413, /body/, TIGHT);
refuses('any body', post(1), 413, /body/, { bodyLimitBytes: 0 });
takes('no body where none may be', get('/'), {}, { bodyLimitBytes: 0 });
refuses(
  'a body beyond messageLimitBytes',
  `POST / HTTP/1.1\r\n${HOST}Content-Length: 1048577\r\n\r\n`,
  413,
);

const chunked = (...sizes: number[]) =>
  `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${[...sizes, 0].map((size) => `${size.toString(16)}\r\n${size > 0 ? `${'x'.repeat(size)}\r\n` : ''}`).join('')}\r\n`;
takes(
  'chunks of the limit',
  chunked(32, 32),
  {
    method: 'POST',
    body: 'x'.repeat(64),
    headers: [
      ['host', 'a'],
      ['transfer-encoding', 'chunked'],
    ],
  },
  TIGHT,
);
refuses('chunks of one byte more', chunked(32, 33), 413, /body/, TIGHT);
refuses(
  'a chunk that says it will be more',
  `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n41\r\n`,
  413,
  /body/,
  TIGHT,
);
