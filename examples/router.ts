/**
 * HTTP on the raw socket, with the small router: `patterns serve examples/router.ts --mode=sharded --port=8080`, then
 * `curl localhost:8080/users/7`.
 */
import { router } from 'patterns-runtime';

export default router()
  .get('/', () => ({ headers: { 'content-type': 'text/plain' }, body: 'hello\n' }))
  .get('/users/:id', ({ params }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: params.id }),
  }))
  .post('/echo', (request) => ({
    headers: { 'content-type': request.headers.get('content-type') ?? 'application/octet-stream' },
    body: request.body,
  }));
