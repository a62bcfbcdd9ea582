/**
 * A Hono app, unchanged, behind any mode: `patterns serve examples/hono.ts --mode=sharded --port=8080`, then
 * `curl localhost:8080/users/7`.
 */
import { Hono } from 'hono';
import { fromFetch } from 'patterns-runtime';

const app = new Hono()
  .get('/', (c) => c.text('hello'))
  .get('/users/:id', (c) => c.json({ id: c.req.param('id') }))
  .post('/sum', async (c) => {
    const numbers = await c.req.json<number[]>();
    return c.json({ sum: numbers.reduce((a, b) => a + b, 0) });
  })
  .get('/stars', (c) =>
    c.body(
      ReadableStream.from(
        (async function* () {
          for (let i = 1; i <= 3; i += 1) yield new TextEncoder().encode(`${'*'.repeat(i)}\n`);
        })(),
      ),
    ),
  );

export default fromFetch(app);
