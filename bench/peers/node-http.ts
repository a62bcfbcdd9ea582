/** node:http as everyone writes it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { document } from '../handlers/document.ts';
import { announce, HOST } from './announce.ts';

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-length': body.length,
      });
      response.end(body);
    });
  } else if (request.url === '/json') {
    const body = JSON.stringify(document);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  } else {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 5 });
    response.end('hello');
  }
});
server.listen({ host: HOST, port: 0, backlog: 511 }, () => {
  announce((server.address() as AddressInfo).port);
});
