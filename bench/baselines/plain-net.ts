/** An echo as everyone writes it. Nagle is off, as in our servers. */
import { createServer } from 'node:net';
import { listenAndAnnounce } from './announce.ts';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => {
    socket.write(chunk);
  });
  socket.on('error', () => socket.destroy());
});

listenAndAnnounce(server);
