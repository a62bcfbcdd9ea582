/** Routes for modes.test.ts and clients/. */
/* oxlint-disable oxc/no-async-endpoint-handlers -- not Express: a rejection is answered 500 */
import { router } from '../../../src/http/router.ts';
import { http } from '../../../src/protocols/http1/http.ts';
import type { HttpRequest } from '../../../src/protocols/http1/request.ts';
import type { HttpResponse } from '../../../src/protocols/http1/response.ts';

export default router({ protocol: http({ body: 'stream' }) })
  .get('/', () => ({ headers: { 'content-type': 'text/plain' }, body: 'hello' }))
  .get('/users/:id', async ({ params }) => ({ body: `user ${params.id}` }))
  .get('/stream/:count', ({ params }) => ({
    body: (async function* () {
      for (let i = 0; i < Number(params.count); i += 1) yield `piece ${i};`;
    })(),
  }))
  .get('/endless', () => ({ body: endless() }))
  .get('/throw', () => {
    throw new Error('secret');
  })
  .post('/echo', async (request) => ({ body: await request.bytes() }))
  .post('/back', (request) => ({ body: request.stream() }))
  .put('/length', length)
  .post('/trailers', async (request) => {
    await request.bytes();
    return { body: JSON.stringify([...request.trailers]) };
  })
  .post('/length', length);

async function length(request: HttpRequest): Promise<HttpResponse> {
  let length = 0;
  for await (const piece of request.stream()) length += piece.length;
  return { body: String(length) };
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(16_384, 'x');
}
