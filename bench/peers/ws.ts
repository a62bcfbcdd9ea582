/** WebSockets by `ws` on node:http: an echo, and at /broadcast to all but the sender. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { announce, HOST } from './announce.ts';

const alone = new WebSocketServer({ noServer: true });
const room = new WebSocketServer({ noServer: true });

alone.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
room.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    for (const other of room.clients) {
      if (other !== socket && other.readyState === WebSocket.OPEN) {
        other.send(data, { binary: isBinary });
      }
    }
  });
});

const server = createServer();
server.on('upgrade', (request, socket, head) => {
  const to = request.url === '/broadcast' ? room : alone;
  to.handleUpgrade(request, socket, head, (client) => to.emit('connection', client, request));
});
server.listen({ host: HOST, port: 0, backlog: 511 }, () => {
  announce((server.address() as AddressInfo).port);
});
