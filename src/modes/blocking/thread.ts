/** A thread that serves one connection after the other, with reads and writes that block. */
import fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Conversation } from '../../net/conversation.ts';
import type { Loop } from '../../net/loop.ts';
import type { Wire } from '../../net/wire.ts';
import { relayHandlerErrors } from '../../workers/error-relay.ts';
import { loadHandler, makeLoop, startHandler, stopHandler } from '../../workers/load.ts';
import { packError } from '../../workers/messages.ts';
import {
  COUNTS,
  ThreadState,
  type Assignment,
  type ThreadNote,
  type ThreadStart,
} from './thread-contract.ts';

const READ_BUFFER_BYTES = 64 * 1024;

const { plan, workerId, control, counts } = workerData as ThreadStart;
const port = parentPort!;
const note = (message: ThreadNote) => port.postMessage(message);
const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

let serving: Conversation | undefined;
let announces = false;

async function serve(of: Loop, { fd, remoteAddress }: Assignment): Promise<void> {
  const wire = new BlockingWire(fd, remoteAddress);
  const conversation = of.adoptWire((one) => {
    wire.owner = one;
    return wire;
  })!;
  serving = conversation;
  let failure: Error | undefined;
  let peerEnded = false;
  while (!wire.over) {
    if (conversation.isBusy) await quiet(conversation);
    if (isStopping()) conversation.drain();
    if (wire.over) break;
    const length = read(fd, conversation.announcesEnd && conversation.isAmidMessage);
    if (typeof length !== 'number') {
      failure = length;
      break;
    }
    if (length <= 0) {
      peerEnded = length === 0;
      if (isStopping()) conversation.drain();
      if (peerEnded) conversation.onEnd();
      else conversation.finish('stop');
      if (conversation.isBusy) await quiet(conversation);
      break;
    }
    if (isStopping() && conversation.announcesEnd) conversation.drain(); // its reply says so
    conversation.onBytes(buffer, length);
    report(of);
  }
  serving = undefined;
  conversation.onClosed(failure ?? wire.failure);
  await turn(); // what promises of its hooks have come to
  report(of);
  errors.flush(); // nothing else runs while this thread waits in a read
  note({ type: 'returned', peerEnded, reset: wire.wasReset });
}

/** Bytes read, 0 at the peer's end, an error, or -1: the server stops, and what came is not to be looked at. */
function read(fd: number, amidMessage: boolean): number | Error {
  const state = amidMessage ? ThreadState.AMID : ThreadState.READING;
  Atomics.store(control, 0, state);
  // Whoever stops the server sets this first, then looks at the state: one of us sees what the other has done.
  if (isStopping() && !announces) {
    Atomics.store(control, 0, ThreadState.BUSY);
    return -1;
  }
  let length: number;
  try {
    length = fs.readSync(fd, buffer);
  } catch (error) {
    length = -2;
    if (Atomics.compareExchange(control, 0, state, ThreadState.BUSY) === state)
      return error as Error;
  }
  const closing = Atomics.exchange(control, 0, ThreadState.BUSY) === ThreadState.CLOSING;
  return closing && length !== 0 ? -1 : length;
}

function isStopping(): boolean {
  return Atomics.load(control, 1) === 1;
}

function quiet(conversation: Conversation): Promise<void> {
  return new Promise((resolve) => {
    conversation.onQuiet = () => {
      conversation.onQuiet = undefined;
      resolve();
    };
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function report(of: Loop): void {
  const now = of.stats();
  COUNTS.forEach((name, i) => (counts[i] = now[name]));
}

class BlockingWire implements Wire {
  readonly remoteAddress: string;
  readonly waitingBytes = 0;
  readonly blocked = false;
  bytesWritten = 0;
  /** Nothing more is to be read. */
  over = false;
  failure: Error | undefined = undefined;
  wasReset = false;
  owner: Conversation | undefined = undefined;
  #fd: number;

  constructor(fd: number, remoteAddress: string) {
    this.#fd = fd;
    this.remoteAddress = remoteAddress;
  }

  write(bytes: Uint8Array): boolean {
    if (this.failure !== undefined) return true;
    try {
      for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#fd, bytes, at);
      this.bytesWritten += bytes.length;
    } catch (error) {
      this.failure = error as Error; // the peer is gone: EPIPE, ECONNRESET
      this.destroy();
    }
    return true;
  }

  writeText(text: string, encoding: 'utf8' | 'latin1'): void {
    this.write(Buffer.from(text, encoding));
  }

  resume(): void {}

  end(): void {
    this.over = true;
  }

  destroy(): void {
    this.over = true;
    this.owner?.onQuiet?.();
  }

  reset(): void {
    this.wasReset = true;
    this.destroy();
  }
}

const errors = relayHandlerErrors(note);

try {
  const loaded = await loadHandler(plan, true);
  const loop = await makeLoop(plan, loaded, { fast: false });
  await startHandler(loaded, plan, workerId, loop.topics);
  port.on('message', (message: Assignment | 'stop' | 'drain') => {
    if (message === 'drain') serving?.drain(); // one that streams does not come to a read
    else if (message === 'stop') void stopHandler(loaded).then(() => port.close());
    else void serve(loop, message);
  });
  announces = loaded.protocol.server.encodeLast !== undefined;
  note({ type: 'ready', announces });
} catch (error) {
  note({ type: 'failed', error: packError(error) });
}
