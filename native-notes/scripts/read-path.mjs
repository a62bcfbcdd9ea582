/**
 * Two ways to read a socket in Node: 'data' events (a new Buffer for every read) and `onread` with one buffer that all
 * connections share. Each echoes 64 bytes to 50 connections, one message on its way on each; the CPU is the server's.
 *
 *     node read-path.mjs            both, alternating
 *     node read-path.mjs onread     one of them alone, for strace
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { connect, cpuMs, listen, median, printEnvironment, printTable } from './common.mjs';

const MESSAGES = 200_000;
const CONNECTIONS = 50;
const ROUNDS = 5;
const BYTES = Buffer.alloc(64, 'm');
const WAYS = ['data', 'onread'];

if (process.send) await serve(process.argv[2]);
else await main(WAYS.includes(process.argv[2]) ? [process.argv[2]] : WAYS);

async function serve(way) {
  const server = net.createServer({ noDelay: true, pauseOnConnect: way === 'onread' });
  const buffer = Buffer.allocUnsafeSlow(64 * 1024);
  server.on('connection', (accepted) => {
    if (way === 'data') {
      accepted.on('data', (chunk) => accepted.write(chunk));
      return accepted.on('error', () => {});
    }
    // net.Server passes no onread to what it accepts: a second socket takes the handle over (undocumented).
    const handle = accepted._handle;
    accepted._handle = null;
    const socket = new net.Socket({
      handle,
      onread: {
        buffer,
        callback: (length) => {
          socket.write(buffer.subarray(0, length)); // taken by the kernel at once, or it would have to be copied
          return true;
        },
      },
    });
    socket.on('error', () => {}).resume();
  });
  process.send({ port: await listen(server) });
  process.on('disconnect', () => process.exit());
}

async function start(way) {
  const child = fork(import.meta.filename, [way]);
  const [{ port }] = await once(child, 'message');
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connect(port, { noDelay: true })),
  );
  return { child, sockets };
}

async function load({ child, sockets }) {
  const before = cpuMs(child.pid);
  const startedMs = performance.now();
  let left = MESSAGES;
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => {
          socket.removeAllListeners('data');
          const next = () => {
            left -= 1;
            if (left < 0) resolve();
            else socket.write(BYTES);
          };
          socket.on('data', next); // 64 bytes on loopback come in one piece
          next();
        }),
    ),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const after = cpuMs(child.pid);
  const each = (ms) => (ms * 1000) / MESSAGES;
  return {
    user: each(after.user - before.user),
    system: each(after.system - before.system),
    rate: MESSAGES / seconds,
  };
}

async function main(ways) {
  printEnvironment();
  const servers = [];
  for (const way of ways) servers.push(await start(way));
  const results = ways.map(() => []);
  for (const server of servers) await load(server); // compiles
  for (let round = 0; round < (ways.length === 1 ? 1 : ROUNDS); round += 1)
    for (const [i, server] of servers.entries()) results[i].push(await load(server));
  const rows = [['read by', 'user us', 'system us', 'CPU us/message', 'messages/s']];
  for (const [i, way] of ways.entries()) {
    const of = (key) => median(results[i].map((result) => result[key]));
    const sum = median(results[i].map(({ user, system }) => user + system));
    rows.push([
      way,
      of('user').toFixed(2),
      of('system').toFixed(2),
      sum.toFixed(2),
      of('rate').toFixed(0),
    ]);
  }
  printTable(rows);
  for (const { child } of servers) child.disconnect();
  process.exit();
}
