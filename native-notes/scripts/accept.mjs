/**
 * Three ways of sharing connections among processes: `shards` (each with a listener of its own, SO_REUSEPORT), `shared`
 * (one listener, open in all) and `hand-over` (one accepts and passes them on).
 *
 *     node accept.mjs                   the spread of 10,000 connections, and what accepting them cost
 *     node accept.mjs shared            one of them alone, for strace
 *     node accept.mjs hold shards       keeps the servers for some seconds, to look at with ss
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { connect, cpuMs, listen, printEnvironment, printTable } from './common.mjs';

const WORKERS = 4;
const CONNECTIONS = 10_000;
const AT_ONCE = 50;
const HOLD_MS = 3000;
const ALL = ['shards', 'shared', 'hand-over'];
const KINDS = ALL.includes(process.argv[2]) ? [process.argv[2]] : ALL;

if (process.argv[2] === 'load') loadFrom(Number(process.argv[3]));
else if (process.send) worker();
else if (process.argv[2] === 'hold') await hold(process.argv[3]);
else await main();

function worker() {
  let accepted = 0;
  const server = net.createServer((socket) => take(socket));
  const take = (socket) => {
    accepted += 1;
    socket.on('error', () => {}).end('x');
  };
  process.on('message', async (message, handle) => {
    if (message.socket) return take(handle);
    if (message === 'count') return process.send({ accepted });
    if (message.listener) server.listen(handle, () => process.send({}));
    else if (message.port === undefined) process.send({});
    else {
      const port = await listen(server, { port: message.port, reusePort: true, exclusive: true });
      process.send({ port });
    }
  });
  process.on('disconnect', () => process.exit());
}

async function start(kind) {
  const workers = Array.from({ length: WORKERS }, () => fork(import.meta.filename));
  const ask = async (child, message, handle) => {
    child.send(message, handle);
    return (await once(child, 'message'))[0];
  };
  let port = 0;
  let main;
  if (kind === 'shards') {
    for (const child of workers) ({ port } = await ask(child, { port }));
  } else {
    main = net.createServer({ pauseOnConnect: true });
    if (kind === 'shared') {
      port = await listen(main);
      // Only its descriptor is shared: this process does not accept.
      for (const child of workers) await ask(child, { listener: true }, main._handle);
      main.close();
    } else {
      let next = 0;
      main.on('connection', (socket) => {
        workers[next].send({ socket: true }, socket);
        next = (next + 1) % WORKERS;
      });
      for (const child of workers) await ask(child, {});
      port = await listen(main);
    }
  }
  return {
    port,
    pids: [process.pid, ...workers.map(({ pid }) => pid)],
    counts: () => Promise.all(workers.map(async (child) => (await ask(child, 'count')).accepted)),
    stop() {
      main?.close();
      for (const child of workers) child.disconnect();
    },
  };
}

/** In a process of its own, so that its CPU is not counted. */
async function load(port) {
  await once(fork(import.meta.filename, ['load', port]), 'exit');
}

function loadFrom(port) {
  let left = CONNECTIONS;
  let open = 0;
  const more = () => {
    for (; left > 0 && open < AT_ONCE; left -= 1) {
      open += 1;
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {}).resume();
      socket.on('close', () => {
        open -= 1;
        more();
      });
    }
    if (open === 0) process.exit();
  };
  more();
}

async function main() {
  printEnvironment();
  const rows = [
    [
      '',
      ...Array.from({ length: WORKERS }, (_, i) => `#${i + 1}`),
      'CPU us/connection',
      'of it in main',
    ],
  ];
  for (const kind of KINDS) {
    const servers = await start(kind);
    const before = servers.pids.map((pid) => total(pid));
    await load(servers.port);
    const used = servers.pids.map((pid, i) => total(pid) - before[i]);
    const all = used.reduce((a, b) => a + b, 0);
    const each = (ms) => ((ms * 1000) / CONNECTIONS).toFixed(0);
    rows.push([kind, ...(await servers.counts()), each(all), each(used[0])]);
    servers.stop();
  }
  printTable(rows);
  process.exit();
}

function total(pid) {
  const { user, system } = cpuMs(pid);
  return user + system;
}

async function hold(kind) {
  const servers = await start(kind);
  console.log(`port ${servers.port}`);
  const idle = await connect(servers.port).catch(() => undefined);
  setTimeout(() => {
    idle?.destroy();
    servers.stop();
    process.exit();
  }, HOLD_MS);
}
