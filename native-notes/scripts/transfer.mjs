/**
 * Accepted sockets handed on: to a worker thread by postMessage(socket, [socket]), to a process by child.send(message,
 * socket). What goes, and what is lost.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { connect, listen, printEnvironment, printTable } from './common.mjs';

const PATIENCE_MS = 1000;

/** The other side. */
function receive(socket, tell) {
  if (socket === undefined) return tell('no socket came');
  tell(`allowHalfOpen ${socket.allowHalfOpen}, server ${socket.server ? 'set' : 'unset'}`);
  socket.on('error', () => {});
  socket.on('data', (chunk) => socket.end(`got ${chunk}`));
}

/** What was done with the socket before. */
const BEFORE = {
  'nothing (pauseOnConnect)': { pauseOnConnect: true },
  'nothing, and bytes wait in the kernel': {
    pauseOnConnect: true,
    prepare: async (_socket, client) => {
      client.write('early ');
      await sleep(100);
    },
  },
  'read by its loop (no pauseOnConnect)': {
    pauseOnConnect: false,
    prepare: async (_socket, client) => {
      client.write('early ');
      await sleep(100);
    },
  },
  'written to': { pauseOnConnect: true, prepare: async (socket) => void socket.write('early ') },
  'nothing; it is a Unix socket': {
    pauseOnConnect: true,
    path: join(tmpdir(), `transfer-${process.pid}.sock`),
  },
};

async function attempt(to, { pauseOnConnect, prepare, path }) {
  const server = net.createServer({ pauseOnConnect, allowHalfOpen: true });
  const where = path === undefined ? { port: await listen(server) } : { path };
  if (path !== undefined) await new Promise((resolve) => server.listen(path, resolve));
  const accepted = once(server, 'connection');
  const client = path === undefined ? await connect(where.port) : net.connect(path);
  const [socket] = await accepted;
  for (const one of [client, socket]) one.on('error', () => {});
  let came = '';
  client.on('data', (chunk) => {
    came += chunk;
  });
  const other = to === 'thread' ? new Worker(import.meta.filename) : fork(import.meta.filename);
  try {
    await prepare?.(socket, client);
    if (to === 'thread') other.postMessage(socket, [socket]);
    else other.send('socket', socket);
    const [seen] = await once(other, 'message');
    client.write('hello');
    await Promise.race([once(client, 'end'), sleep(PATIENCE_MS)]);
    const counted = await new Promise((resolve) =>
      server.getConnections((_error, n) => resolve(n)),
    );
    return ['yes', JSON.stringify(came), `${seen}, sender counts ${counted}`];
  } catch (error) {
    return ['no', '', typeof error.code === 'string' ? error.code : error.name];
  } finally {
    client.destroy();
    socket.destroy();
    server.close();
    if (to === 'thread') await other.terminate();
    else other.disconnect();
  }
}

async function main() {
  printEnvironment();
  const rows = [['to a', 'before', 'moves', 'the client gets', 'over there, or the error']];
  for (const to of ['thread', 'process'])
    for (const [name, how] of Object.entries(BEFORE))
      rows.push([to, name, ...(await attempt(to, how))]);
  printTable(rows);
  process.exit();
}

if (!isMainThread) {
  parentPort.on('message', (socket) => receive(socket, (seen) => parentPort.postMessage(seen)));
} else if (process.send) {
  process.on('message', (_message, socket) => receive(socket, (seen) => process.send(seen)));
  process.on('disconnect', () => process.exit());
} else {
  await main();
}
