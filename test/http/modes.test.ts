/** The same answers in every mode: a router with streamed bodies, and a fetch handler. */
import assert from 'node:assert/strict';
import t from 'tap';
import { modeNames, modes } from '../../src/modes/index.ts';
import { serve, type ServeOptions } from '../../src/serve.ts';
import { ask, askAndEnd, split } from './exchange.ts';

const LARGE = 300_000;
const get = (target: string, fields = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const post = (target: string, body: string, fields = `Content-Length: ${body.length}\r\n`) =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;
const chunked = 'Transfer-Encoding: chunked\r\n';

const ROUTES: ReadonlyArray<readonly [string, string, string]> = [
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
const FETCHED: ReadonlyArray<readonly [string, string, string]> = [
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

async function check(
  handler: string,
  cases: typeof ROUTES,
  options: Partial<ServeOptions>,
): Promise<void> {
  const server = await serve({ handler: new URL(handler, import.meta.url), ...options });
  const { port } = server.address as { port: number };
  for (const [request, head, body] of cases) {
    // What has no body, or no end but the connection's.
    const answer = split(await (request.startsWith('HEAD') ? askAndEnd : ask)(port, request));
    const line = request.slice(0, request.indexOf('\r\n'));
    assert.equal(answer.head, `HTTP/1.1 ${head}`, line);
    assert.equal(answer.body, body, line);
  }
  const all = await askAndEnd(
    port,
    cases
      .slice(0, 3)
      .map(([request]) => request)
      .join(''),
  );
  const bodies = cases.slice(0, 3).map(([, , body]) => body);
  assert.equal(
    all
      .split(/HTTP\/1.1 [^]*?\r\n\r\n/)
      .slice(1)
      .join('|'),
    bodies.join('|'),
    'pipelined',
  );
  await server.close();
}

for (const mode of modeNames) {
  void t.test(mode, async (t) => {
    const { capabilities } = modes[mode];
    const away = await modes[mode].unavailable?.(modes[mode].units[0], undefined);
    if (away !== undefined) return t.pass(`not here: ${away}`);
    const workers = capabilities.includes('workers') ? 2 : undefined;
    await check('./handlers/routes.ts', ROUTES, { mode, workers });
    t.pass('the routes');
    await check('./handlers/fetched.ts', FETCHED, { mode, workers });
    t.pass('the fetch handler');
    const echo = await serve({ handler: 'echo', protocol: 'http', mode, workers });
    const { port } = echo.address as { port: number };
    t.match(await ask(port, post('/', 'abc')), /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nabc$/);
    await echo.close();
  });
}

void t.test('single, on the fallback read path', async (t) => {
  await check('./handlers/routes.ts', ROUTES, { readPath: 'fallback' });
  t.pass('the routes');
});
