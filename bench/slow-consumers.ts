/** Beside a load: CONNECTIONS clients that ask for 64 KiB again and again, and never read: HOST PORT CONNECTIONS. */
import { connect } from 'node:net';
import { once } from 'node:events';

const [host, port, connections] = process.argv.slice(2);
/** Far more than fits into the buffers of both ends. */
const ASKED = 1000;

await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    const socket = connect({ host, port: Number(port), noDelay: true });
    // A server may close a client that does not read.
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.pause().write('large\n'.repeat(ASKED));
  }),
);
process.stdout.write('under way\n');
process.stdin.resume().once('end', () => process.exit()); // it keeps the process until then
