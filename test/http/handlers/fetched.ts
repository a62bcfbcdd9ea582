/** A fetch handler for modes.test.ts. */
import { fromFetch } from '../../../src/http/fetch.ts';

export default fromFetch(async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/now') return new Response('now');
  if (request.method === 'POST') return Response.json({ got: await request.text() });
  return new Response(`${pathname} ${searchParams.get('q')} ${request.headers.get('x-y')}`, {
    headers: { 'x-mode': 'fetch' },
  });
});
