/**
 * A server whose latency is known: it does what its script says, and keeps a log of what it did, stamp by stamp. The
 * entry of a worker thread. It spins, so that it notices a request within one turn of its loop; where it does not (its
 * script's stall, or a neighbour that took its core), the log says that too.
 */
import { Buffer } from 'node:buffer';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { nowMs, sharedOffsetMs } from '../clock.ts';
import { threadWaitedMs } from '../usage.ts';
import type { ReferenceLog } from './log.ts';
import { RECORD_BYTES } from './record.ts';
import { DROPPED, holdOf, type Script } from './script.ts';

/** A turn of the loop that took longer is in the log: nothing was noticed meanwhile. */
const BLIND_MS = 0.2;

interface Held {
  readonly socket: Socket;
  readonly answer: Buffer;
  readonly sequence: number;
  readonly dueAt: number;
}

const { script } = workerData as { readonly script: Script };
const port = parentPort!;

/** In order of their due times, for each hold of the script. */
const held = new Map<number, Held[]>();
const arrivedAt: number[] = [];
const sequences: number[] = [];
const leftBefore = new Map<number, number>();
const leftAfter = new Map<number, number>();
const blind: number[] = [];
let dropped = 0;
let waitedFrom = 0;
let connections = 0;
let ended = false;
let lastTurn = nowMs();
const zero = lastTurn;

const server = createServer({ noDelay: true }, (socket) => {
  const connection = connections;
  connections += 1;
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let pos = 0;
    for (; pos + RECORD_BYTES <= bytes.length; pos += RECORD_BYTES) {
      take(socket, connection, Buffer.from(bytes.subarray(pos, pos + RECORD_BYTES)));
    }
    rest = bytes.subarray(pos);
  });
  socket.on('error', () => socket.destroy());
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 511 }, () => {
  port.postMessage({ port: (server.address() as AddressInfo).port });
  turn();
});
port.once('message', () => {
  ended = true;
  server.close();
  const log: ReferenceLog = {
    sequences: Float64Array.from(sequences),
    arrivedMs: shared(arrivedAt),
    leftBeforeMs: shared(sequences.map((sequence) => leftBefore.get(sequence) ?? Number.NaN)),
    leftAfterMs: shared(sequences.map((sequence) => leftAfter.get(sequence) ?? Number.NaN)),
    blindMs: shared(blind),
    dropped,
    waitedMs: sequences.length === 0 ? 0 : threadWaitedMs() - waitedFrom,
  };
  port.postMessage(log);
  port.close();
  setImmediate(() => process.exit());
});

function take(socket: Socket, connection: number, answer: Buffer): void {
  const at = nowMs();
  const sequence = answer.readDoubleLE();
  if (sequence >= 0) {
    if (sequences.length === 0) waitedFrom = threadWaitedMs();
    sequences.push(sequence);
    arrivedAt.push(at);
  }
  const hold = sequence < 0 ? 0 : holdOf(script, sequence, connection);
  if (hold === DROPPED) {
    dropped += 1;
  } else if (hold === 0) {
    send(socket, sequence, answer);
  } else {
    const queue = held.get(hold) ?? [];
    if (queue.length === 0) held.set(hold, queue);
    queue.push({ socket, answer, sequence, dueAt: at + hold });
  }
}

function send(socket: Socket, sequence: number, answer: Buffer): void {
  const before = nowMs();
  if (!socket.destroyed) socket.write(answer);
  if (sequence < 0) return;
  leftBefore.set(sequence, before);
  leftAfter.set(sequence, nowMs());
}

function turn(): void {
  if (ended) return;
  stall();
  for (const queue of held.values()) {
    let due = 0;
    const now = nowMs();
    while (due < queue.length && queue[due].dueAt <= now) due += 1;
    if (due > 0)
      for (const { answer, sequence, socket } of queue.splice(0, due))
        send(socket, sequence, answer);
  }
  const now = nowMs();
  if (now - lastTurn > BLIND_MS) blind.push(lastTurn, now);
  lastTurn = now;
  setImmediate(turn);
}

/** The script's: a thread that does nothing, not even look. */
function stall(): void {
  if (script.kind !== 'stall') return;
  const { everyMs, stallMs } = script;
  const phase = (nowMs() - zero) % everyMs;
  if (phase < everyMs - stallMs) return;
  const until = nowMs() + everyMs - phase;
  while (nowMs() < until);
}

function shared(stamps: readonly number[]): Float64Array {
  return Float64Array.from(stamps, (stamp) => stamp + sharedOffsetMs);
}
