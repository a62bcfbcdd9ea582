/**
 * Two ways to read a socket in Node: 'data' events (a new Buffer for every read) and `onread` with one buffer that all
 * connections share. Each echoes 64 bytes to 50 connections, one message on its way on each; the CPU is the server's.
 *
 *     node read-path.mjs            CPU of both, alternating
 *     node read-path.mjs strace     the server's system calls for each message
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, cpuMs, listen, median, printEnvironment, printTable } from './common.mjs';

const TRACE = process.argv[2] === 'strace';
const MESSAGES = TRACE ? 20_000 : 60_000;
const CONNECTIONS = 50;
const ROUNDS = 5;
const BYTES = Buffer.alloc(64, 'm');
const WAYS = ['data', 'onread'];

if (process.send) await serve(process.argv[2]);
else if (TRACE) await trace();
else await main();

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

async function start(way, options = {}) {
  const child = fork(import.meta.filename, [way], options);
  const [{ port }] = await once(child, 'message');
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connect(port, { noDelay: true })),
  );
  return { child, sockets };
}

async function load({ child, sockets }) {
  const before = cpuMs(child.pid);
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
  const after = cpuMs(child.pid);
  const each = (ms) => (ms * 1000) / MESSAGES;
  return {
    user: each(after.user - before.user),
    system: each(after.system - before.system),
  };
}

async function main() {
  printEnvironment();
  const servers = [];
  for (const way of WAYS) servers.push(await start(way));
  const results = WAYS.map(() => []);
  for (const server of servers) await load(server); // compiles
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [i, server] of servers.entries()) results[i].push(await load(server));
  const rows = [['read by', 'user us', 'system us', 'CPU us/message']];
  for (const [i, way] of WAYS.entries()) {
    const of = (key) => median(results[i].map((result) => result[key])).toFixed(2);
    const sum = median(results[i].map(({ user, system }) => user + system)).toFixed(2);
    rows.push([way, of('user'), of('system'), sum]);
  }
  printTable(rows);
  for (const { child } of servers) child.disconnect();
  process.exit();
}

async function trace() {
  printEnvironment();
  const rows = [['read by', 'messages', 'read', 'write', 'epoll_pwait', 'epoll_ctl', 'madvise']];
  for (const way of WAYS) {
    const file = join(tmpdir(), `read-path-${process.pid}`);
    const calls = rows[0].slice(2);
    const execArgv = ['-f', '-c', '-o', file, '-e', `trace=${calls.join(',')}`, process.execPath];
    const server = await start(way, { execPath: 'strace', execArgv });
    await load(server);
    for (const socket of server.sockets) socket.destroy();
    server.child.disconnect();
    await once(server.child, 'exit');
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const count = (name) => lines.find((line) => line.at(-1) === name)?.[3] ?? 0;
    rows.push([way, MESSAGES, ...calls.map(count)]);
    rmSync(file);
  }
  printTable(rows);
  process.exit();
}
