/**
 * A server on node:http, unchanged, behind any mode that takes socket handlers:
 * `patterns serve examples/http.ts --mode=sharded --port=8080`, then `curl localhost:8080`.
 */
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { fromHttpServer } from 'patterns-runtime';

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    response.writeHead(200, {
      'Content-Type': request.headers['content-type'] ?? 'application/octet-stream',
    });
    pipeline(request, response, () => {});
  } else {
    response.end(`hello from process ${process.pid}\n`);
  }
});
server.headersTimeout = 10_000;
server.requestTimeout = 60_000;

export default fromHttpServer(server);
