/** Routes for modes.test.ts. */
/* oxlint-disable oxc/no-async-endpoint-handlers -- not Express: a rejection is answered 500 */
import { router } from '../../../src/http/router.ts';
import { http } from '../../../src/protocols/http1/http.ts';

export default router({ protocol: http({ body: 'stream' }) })
  .get('/', () => ({ headers: { 'content-type': 'text/plain' }, body: 'hello' }))
  .get('/users/:id', async ({ params }) => ({ body: `user ${params.id}` }))
  .get('/stream/:count', ({ params }) => ({
    body: (async function* () {
      for (let i = 0; i < Number(params.count); i += 1) yield `piece ${i};`;
    })(),
  }))
  .get('/throw', () => {
    throw new Error('secret');
  })
  .post('/echo', async (request) => ({ body: await request.bytes() }))
  .post('/trailers', async (request) => {
    await request.bytes();
    return { body: JSON.stringify([...request.trailers]) };
  })
  .post('/length', async (request) => {
    let length = 0;
    for await (const piece of request.stream()) length += piece.length;
    return { body: String(length) };
  });
