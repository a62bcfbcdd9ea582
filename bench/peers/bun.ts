/** Bun.serve. Runs on Bun. */
import { document } from '../handlers/document.ts';
import { announce, HOST } from './announce.ts';

const server = Bun.serve({
  hostname: HOST,
  port: 0,
  async fetch(request) {
    if (request.method === 'POST') {
      const headers = { 'content-type': 'application/octet-stream' };
      return new Response(await request.arrayBuffer(), { headers });
    }
    if (request.url.endsWith('/json')) return Response.json(document);
    return new Response('hello', { headers: { 'content-type': 'text/plain' } });
  },
});
announce(server.port);
