/**
 * A thread in a blocking read of an accepted socket, and what wakes it. Every try runs in a process of its own, which is
 * killed in the end: that is what always works.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs, { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, listen, printEnvironment, printTable } from './common.mjs';

const WAIT_MS = 700;

/** What this process, or its peer, does while the thread reads. */
const TRIES = {
  'the peer sends': (_socket, _worker, peer) => peer('write'),
  'the peer half-closes': (_socket, _worker, peer) => peer('end'),
  'the peer resets': (_socket, _worker, peer) => peer('reset'),
  'socket.end()': (socket) => socket.end(),
  'socket.end(), and the peer closes then': (socket, _worker, peer) => {
    socket.end();
    peer('close');
  },
  'socket.destroy()': (socket) => socket.destroy(),
  'socket.resetAndDestroy()': (socket) => socket.resetAndDestroy(),
  'worker.terminate()': (_socket, worker) => void worker.terminate(),
};

if (!isMainThread) thread();
else if (process.send) await tryOne(process.argv[2]);
else await main();

function thread() {
  parentPort.on('message', (fd) => {
    const buffer = Buffer.alloc(64);
    try {
      parentPort.postMessage(`read gave ${fs.readSync(fd, buffer)} bytes`);
    } catch (error) {
      parentPort.postMessage(`read gave ${error.code}`);
    }
  });
}

async function tryOne(name) {
  const server = net.createServer({ pauseOnConnect: true });
  const port = await listen(server);
  process.send({ port });
  const [socket] = await once(server, 'connection');
  socket.on('error', () => {});
  // Without it the read gives EAGAIN: libuv's descriptors do not block.
  socket._handle.setBlocking(true);
  const worker = new Worker(import.meta.filename);
  let result;
  worker.on('message', (text) => {
    result ??= text;
  });
  worker.on('exit', () => {
    result ??= 'the thread ended';
  });
  const { fd } = socket._handle;
  worker.postMessage(fd);
  await sleep(300);
  const where = kernelFunctions();
  const peer = (what) => process.send({ peer: what });
  TRIES[name](socket, worker, peer);
  await sleep(WAIT_MS);
  const reused = socket.destroyed && fs.openSync(import.meta.filename) === fd;
  process.send({
    result: (result ?? 'still reading') + (reused ? ', and its fd is another file' : ''),
    where,
  });
}

/** Where the threads of this process wait in the kernel, as far as it says. */
function kernelFunctions() {
  const others = readdirSync('/proc/self/task').filter((id) => id !== String(process.pid));
  return others.map((id) => {
    try {
      const [call, fd] = readFileSync(`/proc/self/task/${id}/syscall`, 'utf8').split(' ');
      return call === '0' ? `read(${Number(fd)})` : '';
    } catch {
      return '';
    }
  });
}

async function main() {
  printEnvironment();
  const rows = [
    ['while the thread reads', 'in the kernel', 'within 0.7 s', 'SIGKILL ends the process'],
  ];
  for (const name of Object.keys(TRIES)) {
    const child = fork(import.meta.filename, [name], {
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    });
    let peer;
    const outcome = await new Promise((resolve) => {
      child.on('message', async (message) => {
        if (message.port !== undefined) peer = await connect(message.port, { allowHalfOpen: true });
        else if (message.peer === 'write') peer.write('hello');
        else if (message.peer === 'end') peer.end();
        else if (message.peer === 'close') peer.once('end', () => peer.end()).resume();
        else if (message.peer === 'reset') peer.resetAndDestroy();
        else resolve(message);
      });
      child.once('exit', (code) => resolve({ where: [], result: `the process ended (${code})` }));
    });
    peer.on('error', () => {});
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    const [, signal] = await Promise.race([exited, sleep(2000).then(() => [0, 'no'])]);
    const reads = outcome.where.filter((text) => text !== '');
    rows.push([
      name,
      reads.join(' ') || '?',
      outcome.result,
      signal === 'SIGKILL' ? 'yes' : String(signal),
    ]);
    peer.destroy();
  }
  printTable(rows);
  console.log(`\nStarting a thread costs ${(await startingCost()).toFixed(1)} ms of CPU.`);
  process.exit();
}

async function startingCost() {
  const THREADS = 20;
  const used = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const before = used();
  for (let i = 0; i < THREADS; i += 1) {
    const worker = new Worker('', { eval: true });
    await once(worker, 'exit');
  }
  return (used() - before) / THREADS;
}
