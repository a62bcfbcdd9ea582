/** Beside a load: 'slow' on CONNECTIONS connections of its own, RATE times a second in all: HOST PORT CONNECTIONS RATE. */
import { connect } from 'node:net';
import { once } from 'node:events';

const [host, port, connections, rateHz] = process.argv.slice(2);

const sockets = await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    const socket = connect({ host, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return socket.resume();
  }),
);

process.stdin.resume().once('end', () => process.exit());

let next = 0;
setInterval(
  () => {
    sockets[next].write('slow\n');
    next = (next + 1) % sockets.length;
  },
  1000 / Number(rateHz),
);
process.stdout.write('under way\n');
