/**
 * A request in two writes, an answer in two writes: what Nagle's algorithm (RFC 896) and delayed acknowledgements make of
 * it, with the algorithm on or off on either side.
 */
import net from 'node:net';
import { connect, listen, median, percentile, printEnvironment, printTable } from './common.mjs';

const ROUNDS = 40;
const HEAD = Buffer.alloc(20, 'h');
const BODY = Buffer.alloc(30, 'b');
const WHOLE = Buffer.concat([HEAD, BODY]);

async function measure({ clientNagle, serverNagle, writes }) {
  const send = (socket) => {
    if (writes === 'one') return socket.write(WHOLE);
    if (writes === 'corked') socket.cork();
    socket.write(HEAD);
    socket.write(BODY);
    if (writes === 'corked') socket.uncork();
  };
  const server = net.createServer({ noDelay: !serverNagle }, (socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes < WHOLE.length) return;
      bytes -= WHOLE.length;
      send(socket);
    });
  });
  const port = await listen(server);
  const socket = await connect(port, { noDelay: !clientNagle });
  let bytes = 0;
  let answered;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes < WHOLE.length) return;
    bytes -= WHOLE.length;
    answered();
  });
  const times = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const before = performance.now();
    await new Promise((resolve) => {
      answered = resolve;
      send(socket);
    });
    times.push(performance.now() - before);
  }
  socket.destroy();
  server.close();
  return times;
}

printEnvironment();
const rows = [['client', 'server', 'writes', 'p50 ms', 'p99 ms']];
const word = (nagle) => (nagle ? 'Nagle' : 'noDelay');
for (const writes of ['two', 'corked', 'one']) {
  for (const [clientNagle, serverNagle] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ]) {
    if (writes !== 'two' && !(clientNagle && serverNagle)) continue;
    const times = await measure({ clientNagle, serverNagle, writes });
    rows.push([
      word(clientNagle),
      word(serverNagle),
      writes,
      median(times).toFixed(2),
      percentile(times, 0.99).toFixed(2),
    ]);
  }
}
printTable(rows);
