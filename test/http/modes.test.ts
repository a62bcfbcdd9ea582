/** The same answers in every mode: a router with streamed bodies, and a fetch handler. */
import assert from 'node:assert/strict';
import t from 'tap';
import { modeNames, modes } from '../../src/modes/index.ts';
import { serve, type ServeOptions } from '../../src/serve.ts';
import { ask, askAndEnd, split } from './exchange.ts';
import { FETCHED, post, ROUTES } from './routes.ts';

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
    if (mode === 'native') return t.pass('it has a suite of its own: test/native');
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
