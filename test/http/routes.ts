/** What every mode answers: for modes.test.ts, and for mode `native`. */
const LARGE = 300_000;
export const get = (target: string, fields = '') =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
export const post = (target: string, body: string, fields = `Content-Length: ${body.length}\r\n`) =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;
export const chunked = 'Transfer-Encoding: chunked\r\n';

/** Requests to handlers/routes.ts, each with the head (without its Date) and the body that answer it. */
export const ROUTES: ReadonlyArray<readonly [string, string, string]> = [
  [get('/'), '200 OK\r\ncontent-type: text/plain\r\nContent-Length: 5', 'hello'],
  [get('/').replace('GET', 'HEAD'), '200 OK\r\ncontent-type: text/plain\r\nContent-Length: 5', ''],
  [get('/users/a%20b'), '200 OK\r\nContent-Length: 8', 'user a b'],
  [get('/none'), '404 Not Found\r\nContent-Length: 0', ''],
  [post('/', ''), '405 Method Not Allowed\r\nallow: GET, HEAD\r\nContent-Length: 0', ''],
  [get('/throw'), '500 Internal Server Error\r\nContent-Length: 0', ''],
  [
    get('/stream/3'),
    '200 OK\r\nTransfer-Encoding: chunked',
    '8\r\npiece 0;\r\n8\r\npiece 1;\r\n8\r\npiece 2;\r\n0\r\n\r\n',
  ],
  [post('/echo', 'abc'), '200 OK\r\nContent-Length: 3', 'abc'],
  [post('/echo', '3\r\nabc\r\n0\r\n\r\n', chunked), '200 OK\r\nContent-Length: 3', 'abc'],
  [
    post('/trailers', '3\r\nabc\r\n0\r\nX: y\r\n\r\n', chunked),
    '200 OK\r\nContent-Length: 11',
    '[["x","y"]]',
  ],
  [post('/length', 'x'.repeat(LARGE)), '200 OK\r\nContent-Length: 6', String(LARGE)],
  [
    get('/', 'Connection: close\r\n'),
    '200 OK\r\ncontent-type: text/plain\r\nConnection: close\r\nContent-Length: 5',
    'hello',
  ],
  [get('/\x01'), '400 Bad Request\r\nConnection: close\r\nContent-Length: 0', ''],
];
/** The same of handlers/fetched.ts. */
export const FETCHED: ReadonlyArray<readonly [string, string, string]> = [
  [
    get('/a?q=1', 'X-Y: z\r\n'),
    '200 OK\r\nx-mode: fetch\r\ncontent-type: text/plain;charset=UTF-8\r\nContent-Length: 6',
    '/a 1 z',
  ],
  [get('/now'), '200 OK\r\ncontent-type: text/plain;charset=UTF-8\r\nContent-Length: 3', 'now'],
  [
    post('/', 'hi'),
    '200 OK\r\ncontent-type: application/json\r\nContent-Length: 12',
    '{"got":"hi"}',
  ],
];
