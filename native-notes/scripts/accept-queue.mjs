/**
 * What is lost when one of two shards (SO_REUSEPORT) closes while connections wait in its accept queue: the shard's loop
 * is kept busy, 400 clients connect, then it closes its listener without having accepted any of them.
 *
 *     node accept-queue.mjs             as the machine is
 *     node accept-queue.mjs --migrate   with net.ipv4.tcp_migrate_req=1 (needs root), restored afterwards
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { connect, listen, printEnvironment, printTable } from './common.mjs';

const CLIENTS = 400;
const BUSY_MS = 400;
const SETTING = '/proc/sys/net/ipv4/tcp_migrate_req';

if (isMainThread) await main();
else await shard();

async function shard() {
  const { port, leaves } = workerData;
  const server = net.createServer((socket) => socket.end('answer'));
  parentPort.postMessage(await listen(server, { port, reusePort: true }));
  parentPort.on('message', () => {
    if (!leaves) return;
    parentPort.postMessage('busy');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
    // Still in this turn: nothing was accepted in between.
    if (leaves === 'close') server.close();
    if (leaves === 'transfer') parentPort.postMessage(server, [server]);
    parentPort.postMessage('left');
  });
}

async function start(port, leaves) {
  const worker = new Worker(import.meta.filename, { workerData: { port, leaves } });
  const first = await new Promise((resolve) => worker.once('message', resolve));
  return { worker, port: first };
}

async function tryOnce(leaves) {
  const stays = await start(0, undefined);
  const going = await start(stays.port, leaves);
  let adopted;
  let heldUp = 0;
  const left = new Promise((resolve) => {
    going.worker.on('message', (message) => {
      if (message === 'busy') return;
      if (message === 'left') return resolve();
      adopted = message; // the listener itself, with its queue: this loop accepts from now on
      adopted.on('connection', (socket) => {
        heldUp += 1;
        socket.end('answer');
      });
    });
  });
  const busy = new Promise((resolve) => going.worker.once('message', resolve));
  going.worker.postMessage('leave');
  await busy;
  const answers = await Promise.all(Array.from({ length: CLIENTS }, () => ask(stays.port)));
  await left;
  const queued = leaves === 'close' ? '' : heldUp;
  adopted?.close();
  await Promise.all([stays.worker.terminate(), going.worker.terminate()]);
  return {
    answered: answers.filter((answer) => answer === 'answer').length,
    lost: answers.filter((answer) => answer !== 'answer').length,
    queued,
  };
}

async function ask(port) {
  try {
    const socket = await connect(port);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    return await new Promise((resolve) => {
      socket.on('error', (error) => resolve(error.code));
      socket.on('close', () => resolve(text));
    });
  } catch (error) {
    return error.code;
  }
}

async function main() {
  printEnvironment();
  const before = readFileSync(SETTING, 'utf8');
  const migrate = process.argv.includes('--migrate');
  const restore = () => writeFileSync(SETTING, before);
  try {
    if (migrate) {
      process.once('exit', restore);
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
        process.once(signal, () => process.exit(1));
      writeFileSync(SETTING, '1');
    }
    console.log(`net.ipv4.tcp_migrate_req = ${readFileSync(SETTING, 'utf8').trim()}\n`);
    const rows = [['the shard', 'answered', 'reset', 'of them from the moved queue']];
    for (const how of ['close', 'transfer']) {
      if (how === 'transfer' && !canTransfer()) continue;
      const { answered, lost, queued } = await tryOnce(how);
      rows.push([
        how === 'close' ? 'closes its listener' : 'gives it to another thread',
        answered,
        lost,
        queued || '-',
      ]);
    }
    printTable(rows);
  } finally {
    if (migrate) restore();
  }
}

/** Node 24.20 and 26.6 on. */
function canTransfer() {
  const code = `const { MessageChannel } = require('node:worker_threads');
    const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
      try { new MessageChannel().port1.postMessage(server, [server]); console.log('yes'); } catch { console.log('no'); }
      process.exit();
    });`;
  return execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }).trim() === 'yes';
}
