/** uWebSockets.js, HTTP and WebSocket. Runs on a Node that its binary is for. */
import uWS from 'uWebSockets.js';
import { document } from '../handlers/document.ts';
import { announce, HOST } from './announce.ts';

const ROOM = 'room';
const MESSAGE_LIMIT_BYTES = 1024 * 1024;

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
  .ws('/', {
    maxPayloadLength: MESSAGE_LIMIT_BYTES,
    message: (socket, message, isBinary) => void socket.send(message, isBinary),
  })
  .ws('/broadcast', {
    maxPayloadLength: MESSAGE_LIMIT_BYTES,
    open: (socket) => void socket.subscribe(ROOM),
    message: (socket, message, isBinary) => void socket.publish(ROOM, message, isBinary),
  })
  .listen(HOST, 0, (listener) => announce(uWS.us_socket_local_port(listener)));

function answer(response: uWS.HttpResponse, body: Uint8Array): void {
  response.cork(() => {
    response.writeHeader('content-type', 'application/octet-stream').end(body);
  });
}
