/**
 * Inputs that were interesting once, by decoder: where a decoder went wrong, or may (an end within an end, a number at the
 * edge of its type, what another implementation takes otherwise). Each with how many messages are heard, and how it ends.
 * One character for each byte; the limit on a message is the first of fuzzer.ts.
 */
export type Kept = readonly [
  what: string,
  bytes: string,
  heard: number,
  /** END: at a boundary. FAIL: cut short. Else the failure's code. */
  ends: 'END' | 'FAIL' | 'TOO_LARGE' | 'TOO_DEEP' | 'MALFORMED',
];

export const CORPUS: Readonly<Record<string, readonly Kept[]>> = {
  'line.server': [
    ['a CR at the end of what came', 'a\r', 0, 'FAIL'],
    ['a CR before the CR LF', '\r\r\n\n', 2, 'END'],
    ['a character that is cut where the bytes end', '\xe2\x82', 0, 'FAIL'],
    [
      'one of the limit, one of a byte more',
      'x'.repeat(127) + '\n' + 'y'.repeat(128) + '\n',
      1,
      'TOO_LARGE',
    ],
  ],
  'line.server {"delimiter":"aa"}': [
    ['a delimiter that overlaps itself', 'aaa', 1, 'FAIL'],
    ['two of them, and the beginning of a third', 'xaaaaa', 2, 'FAIL'],
  ],
  'line.server {"delimiter":"\\r\\n\\r\\n"}': [
    ['a delimiter begun twice', '\r\n\r\r\n\r\n', 1, 'END'],
  ],
  'length-prefix.server': [
    ['a message of the limit', '\x00\x00\x00|' + 'x'.repeat(124), 1, 'END'],
    ['a message of a byte more', '\x00\x00\x00}', 0, 'TOO_LARGE'],
  ],
  'length-prefix.server {"bytes":8}': [
    ['2^53', '\x00 \x00\x00\x00\x00\x00\x00', 0, 'TOO_LARGE'],
    ['2^63: no negative length', '\x80\x00\x00\x00\x00\x00\x00\x00', 0, 'TOO_LARGE'],
  ],
  'length-prefix.server {"endian":"little"}': [
    ['2^31: no negative length', '\x00\x00\x00\x80', 0, 'TOO_LARGE'],
  ],
  'msgpack.server {"maxNodes":200}': [
    ['the byte that is never used', '\x00\x00\x00\x01\xc1', 0, 'MALFORMED'],
    ['an empty frame', '\x00\x00\x00\x00', 0, 'MALFORMED'],
    ['two values in a frame', '\x00\x00\x00\x02\xc0\xc0', 0, 'MALFORMED'],
    ['an array of 2^32 - 1', '\x00\x00\x00\x05\xdd\xff\xff\xff\xff', 0, 'MALFORMED'],
    ['an extension of 2^32 - 1 bytes', '\x00\x00\x00\x06\xc9\xff\xff\xff\xff\x01', 0, 'MALFORMED'],
    ['a key __proto__', '\x00\x00\x00\f\x81\xa9__proto__\x80', 0, 'MALFORMED'],
    ['nesting without end', '\x00\x00\x00p' + '\x91'.repeat(112), 0, 'TOO_DEEP'],
    ['an extension that is cut', '\x00\x00\x00\x03\x91\xd4\x00', 0, 'MALFORMED'],
  ],
  'json-lines.server {"maxNodes":100}': [
    ['a string that its last quote does not end', '"\\"\n', 0, 'MALFORMED'],
    ['a backslash at the end', '"\\\n', 0, 'MALFORMED'],
    ['__proto__ in escapes', '{"\\x5f\\x5fproto\\x5f\\x5f":1}\n', 0, 'MALFORMED'],
    ['__proto__ and a blank', '{"__proto__" : 1}\n', 0, 'MALFORMED'],
    ['__proto__ as a value', '["__proto__"]\n', 1, 'END'],
    ['nesting without end', '['.repeat(120) + '\n', 0, 'TOO_DEEP'],
    ['a line separator, which ends no line', '"\xe2\x80\xa8"\n', 1, 'END'],
    ['a byte order mark', '\xef\xbb\xbf1\n', 0, 'MALFORMED'],
    ['a surrogate in UTF-8', '"\xed\xa0\x80"\n', 0, 'MALFORMED'],
    ['a line of a blank', '1\n \n2\n', 1, 'MALFORMED'],
  ],
  'resp.server': [
    ['a null argument', '*1\r\n$-1\r\n', 0, 'MALFORMED'],
    ['arrays without arguments, which are passed over', '*-1\r\n*0\r\nPING\r\n', 1, 'END'],
    ['less than none', '*-2\r\nPING\r\n', 1, 'END'],
    ['blank lines', '\r\n\n  \r\nPING\r\n', 1, 'END'],
    ['escapes that are none', "SET \"a\\x0g\" '\\''\r\n", 1, 'END'],
    ['a quote that is closed inside a word', 'SET a"b"c\r\n', 0, 'MALFORMED'],
    ['NUL, at which redis stops reading', 'A\x00B C\r\n', 1, 'END'],
    ['CR CR behind an argument', '*1\r\n$1\r\na\r\rX', 0, 'MALFORMED'],
    ['a count with a zero in front', '*01\r\n', 0, 'MALFORMED'],
    ['an argument for which the limit has no room', '*2\r\n$4\r\nECHO\r\n$110\r\n', 0, 'TOO_LARGE'],
    ['a count of eleven digits', '*99999999999\r\n', 0, 'MALFORMED'],
  ],
  'resp.client': [
    ['an empty array and a null one, in an array', '*2\r\n*0\r\n*-1\r\n', 1, 'END'],
    ['arrays that all end with the last byte', '*1\r\n*1\r\n*1\r\n*0\r\n', 1, 'END'],
    ['signs', ':-0\r\n:+7\r\n', 2, 'END'],
    [
      'the largest and the least of 64 bits',
      ':9223372036854775807\r\n:-9223372036854775808\r\n',
      2,
      'END',
    ],
    ['one more', ':9223372036854775808\r\n', 0, 'MALFORMED'],
    ['a CR inside a line', '+a\rb\r\n', 0, 'MALFORMED'],
    ['null, and an empty string', '$-1\r\n$0\r\n\r\n', 2, 'END'],
    ['nesting to the limit', '*1\r\n'.repeat(31), 0, 'FAIL'],
  ],
  'http.server': [
    ['a CR behind the empty line in front', '\r\n\rGET / HTTP/1.1\r\n', 0, 'MALFORMED'],
    [
      'a chunk extension cut behind an escaped quote',
      'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a="\\"\r\n',
      0,
      'MALFORMED',
    ],
    [
      'a chunk of 2^31',
      'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n80000000\r\n',
      0,
      'TOO_LARGE',
    ],
    [
      'a request behind the last one',
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET',
      1,
      'END',
    ],
    [
      'a body that came with its expectation',
      'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nxGET',
      1,
      'FAIL',
    ],
  ],
  'http.client': [
    ['a body up to the end', 'HTTP/1.1 200 OK\r\n\r\nabc', 0, 'FAIL'],
    [
      'interim responses',
      'HTTP/1.1 100 \r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      1,
      'END',
    ],
    [
      'lengths of what has no body',
      'HTTP/1.1 204 \r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 \r\nTransfer-Encoding: chunked\r\n\r\n',
      2,
      'END',
    ],
    ['chunks of 204', 'HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n', 0, 'MALFORMED'],
    [
      'two framings of an interim response',
      'HTTP/1.1 100 \r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 \r\n\r\n',
      0,
      'MALFORMED',
    ],
    [
      'an interim response of HTTP/1.0',
      'HTTP/1.0 103 \r\n\r\nHTTP/1.1 204 \r\n\r\n',
      0,
      'MALFORMED',
    ],
    [
      'two framings',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      0,
      'MALFORMED',
    ],
    ['another protocol behind 101', 'HTTP/1.1 101 \r\n\r\nGET', 1, 'END'],
    ['a status below 100', 'HTTP/1.1 099 \r\n\r\n', 0, 'MALFORMED'],
  ],
};
