/**
 * How long the way to the reference server and back takes any client: one connection, one request at a time, a stamp
 * before the write and one at the read. It shares nothing with the load engine, so that an error of the one is none of
 * the other. The entry of a worker thread; the server is to hold nothing back. It spins, as the engine does.
 */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { RECORD_BYTES } from './record.ts';

/** The compiler is done by then. */
const WARMUP_MS = 250;
const DURATION_MS = 750;
/** Between two requests: the way of a request that finds no other before it. */
const GAP_MS = 0.5;
/** Not logged by the server. */
const UNMEASURED = -1;

const { port } = workerData as { readonly port: number };
const { performance } = globalThis;
const request = Buffer.alloc(RECORD_BYTES);
request.writeDoubleLE(UNMEASURED);

const tripsUs: number[] = [];
let from = 0;
let sentAt = 0;
let nextAt = 0;
let missing = 0;

const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => {
  from = nextAt = performance.now();
  turn();
});
socket.on('data', (chunk: Buffer) => {
  const at = performance.now();
  missing -= chunk.length;
  if (missing > 0) return;
  if (at - from > WARMUP_MS) tripsUs.push((at - sentAt) * 1000);
  nextAt = at + GAP_MS;
});
socket.on('error', (error) => {
  throw error;
});

function turn(): void {
  const now = performance.now();
  if (missing === 0 && now - from > WARMUP_MS + DURATION_MS) {
    socket.destroy();
    parentPort!.postMessage(Float64Array.from(tripsUs).toSorted());
    return;
  }
  if (missing === 0 && now >= nextAt) {
    missing = RECORD_BYTES;
    sentAt = performance.now();
    socket.write(request);
  }
  setImmediate(turn);
}
