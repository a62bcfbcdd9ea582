/** RFC 9112, 6 (message body) and 11.2 (request smuggling); RFC 9110, 8.6 (Content-Length). */
import { Area } from './case.ts';

export const framing = new Area('framing');
const { refuses, takes } = framing;

const post = (fields: string, body = '') =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
const GET = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const EVERY_BYTE = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
const host: [string, string] = ['host', 'a'];

takes('a body by length (6.2)', post('Content-Length: 5', 'hello'), {
  method: 'POST',
  body: 'hello',
  headers: [host, ['content-length', '5']],
});
takes('a length of 0, and the next request', post('Content-Length: 0', GET), [
  { method: 'POST', headers: [host, ['content-length', '0']] },
  { target: '/next' },
]);
takes('a length with zeros in front', post('Content-Length: 0005', `hello${GET}`), [
  { method: 'POST', body: 'hello', headers: [host, ['content-length', '0005']] },
  { target: '/next' },
]);
takes('no length: no body (6.3)', post('X: y', GET), [
  { method: 'POST', headers: [host, ['x', 'y']] },
  { target: '/next' },
]);
takes('GET with a body', `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${GET}`, [
  { body: 'abc', headers: [host, ['content-length', '3']] },
  { target: '/next' },
]);
takes('HTTP/1.0 with a length', 'POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc', {
  method: 'POST',
  minorVersion: 0,
  keepAlive: false,
  body: 'abc',
  headers: [['content-length', '3']],
});
takes('a body that looks like a request', post(`Content-Length: ${GET.length}`, GET), {
  method: 'POST',
  body: GET,
  headers: [host, ['content-length', String(GET.length)]],
});
takes('chunked in any case (6.1)', post('Transfer-Encoding:  ChUnKeD ', '0\r\n\r\n'), {
  method: 'POST',
  headers: [host, ['transfer-encoding', 'ChUnKeD']],
});

for (const length of [
  '',
  '-1',
  '+5',
  '5,5',
  '5, 5',
  '5 5',
  '5;',
  '0x5',
  '5e0',
  '5.0',
  'a',
  '\u00b2',
  '1_0',
  "'5'",
]) {
  refuses(
    `a Content-Length of ${JSON.stringify(length)}`,
    post(`Content-Length: ${length}`, 'hello'),
    400,
    /Content-Length/,
  );
}
refuses(
  'two Content-Lengths',
  post('Content-Length: 5\r\nContent-Length: 6', 'hello'),
  400,
  /more than one/,
);
refuses(
  'two equal Content-Lengths (6.3)',
  post('Content-Length: 5\r\ncontent-length: 5', 'hello'),
  400,
  /more than one/,
);
refuses('a Content-Length past 2^53', post('Content-Length: 9007199254740993'), 413);
refuses('a Content-Length past 2^64', post('Content-Length: 18446744073709551621', 'hello'), 413);
refuses('a Content-Length of many digits', post(`Content-Length: ${'9'.repeat(400)}`), 413);

refuses(
  'CL.TE (6.1, 11.2)',
  post('Content-Length: 6\r\nTransfer-Encoding: chunked', '0\r\n\r\nG'),
  400,
  /Content-Length and/,
);
refuses(
  'TE.CL',
  post('Transfer-Encoding: chunked\r\nContent-Length: 4', '0\r\n\r\n'),
  400,
  /Content-Length and/,
);
refuses(
  'a Content-Length of 0 with chunked',
  post('Content-Length: 0\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  400,
);
refuses(
  'Transfer-Encoding twice',
  post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  400,
);
refuses(
  'Transfer-Encoding twice, one of them other',
  post('Transfer-Encoding: chunked\r\nTransfer-Encoding: x', '0\r\n\r\n'),
  400,
);
refuses('chunked twice in one', post('Transfer-Encoding: chunked, chunked', '0\r\n\r\n'), 400);
refuses('chunked, but not last (6.1)', post('Transfer-Encoding: chunked, gzip', '0\r\n\r\n'), 400);
refuses('identity', post('Transfer-Encoding: identity'), 400);
refuses('an empty Transfer-Encoding', post('Transfer-Encoding:', '0\r\n\r\n'), 400);
refuses('a coding that is none', post('Transfer-Encoding: xchunked', '0\r\n\r\n'), 400);
refuses('chunked with a parameter', post('Transfer-Encoding: chunked;q=1', '0\r\n\r\n'), 400);
refuses('chunked in quotes', post('Transfer-Encoding: "chunked"', '0\r\n\r\n'), 400);
refuses('chunked behind a vertical tab', post('Transfer-Encoding: \x0bchunked', '0\r\n\r\n'), 400);
refuses('chunked with a blank byte 0xa0', post('Transfer-Encoding: chunked\xa0', '0\r\n\r\n'), 400);
refuses(
  'gzip, chunked (6.1: not implemented)',
  post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'),
  501,
);
refuses(
  'HTTP/1.0 with Transfer-Encoding (6.1)',
  'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  400,
);
refuses(
  'chunked where a length is required (6.3)',
  post('Transfer-Encoding: chunked', '0\r\n\r\n'),
  411,
  /missing/,
  { lengthRequired: true },
);
for (const blank of ['\t', ' \t', '\t ']) {
  refuses(
    `chunked${JSON.stringify(blank)}`,
    post(`Transfer-Encoding: chunked${blank}`, '0\r\n\r\n'),
    400,
    /tab/,
  );
  refuses(
    `${JSON.stringify(blank)}chunked`,
    post(`Transfer-Encoding:${blank}chunked`, '0\r\n\r\n'),
    400,
    /tab/,
  );
  refuses(`5${JSON.stringify(blank)}`, post(`Content-Length: 5${blank}`, 'hello'), 400, /tab/);
}

for (const method of ['HEAD', 'DELETE', 'OPTIONS', 'TRACE']) {
  takes(
    `${method} with a body (RFC 9110, 9.3: it has no meaning, and is not the next request)`,
    `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${GET.length}\r\n\r\n${GET}${GET}`,
    [
      { method, body: GET, headers: [host, ['content-length', String(GET.length)]] },
      { target: '/next' },
    ],
  );
}
takes('a body with every byte', post('Content-Length: 256', EVERY_BYTE), {
  method: 'POST',
  body: EVERY_BYTE,
  headers: [host, ['content-length', '256']],
});
refuses(
  'two Content-Lengths with HTTP/1.0',
  'POST / HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy',
  400,
);
refuses(
  'chunked and a Content-Length in HTTP/1.0',
  'POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  400,
);
refuses('a Content-Length that is signed behind zeros', post('Content-Length: 0-5', 'hello'), 400);
refuses('chunked behind a comma', post('Transfer-Encoding: ,chunked', '0\r\n\r\n'), 501);
refuses('chunked before a comma', post('Transfer-Encoding: chunked,', '0\r\n\r\n'), 400);
