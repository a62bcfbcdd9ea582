/** uWebSockets.js, HTTP. Runs on a Node that its binary is for. */
import uWS from 'uWebSockets.js';
import { document } from '../handlers/document.ts';
import { announce, HOST } from './announce.ts';

uWS
  .App()
  .get('/', (response) => {
    response.writeHeader('content-type', 'text/plain').end('hello');
  })
  .get('/json', (response) => {
    response.writeHeader('content-type', 'application/json').end(JSON.stringify(document));
  })
  .post('/', (response) => {
    let body: Buffer | undefined;
    response.onAborted(() => {});
    response.onData((chunk, isLast) => {
      // The chunk is uWebSockets' own memory, and gone behind this call.
      if (isLast && body === undefined) answer(response, Buffer.from(chunk));
      else body = Buffer.concat([body ?? Buffer.alloc(0), Buffer.from(chunk)]);
      if (isLast && body !== undefined) answer(response, body);
    });
  })
  .listen(HOST, 0, (listener) => announce(uWS.us_socket_local_port(listener)));

function answer(response: uWS.HttpResponse, body: Uint8Array): void {
  response.cork(() => {
    response.writeHeader('content-type', 'application/octet-stream').end(body);
  });
}
