/** Takes sockets: what it does with one is said by the first byte that comes. */
import { appendFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SocketHandler, StartContext } from '../../../src/handler.ts';

let log: string | undefined;
const sockets = new Set<Socket>();

function note(what: string): void {
  if (log !== undefined) appendFileSync(log, `${what}\n`);
}

/** Reads nothing at first: what comes meanwhile must wait. */
async function serve(socket: Socket): Promise<void> {
  await sleep(5);
  const first = await firstByte(socket);
  switch (first) {
    case 'p': // a pipe
      socket.pipe(socket);
      break;
    case 'd': // events, and nothing is ended by hand
      socket.on('data', (chunk: Buffer) => socket.write(chunk.toString('latin1').toUpperCase()));
      break;
    case 'i': // an iterator, with an answer behind the end
      socket.allowHalfOpen = true;
      for await (const chunk of socket) socket.write(chunk as Buffer);
      socket.end('the end');
      break;
    case 'e': // a last word
      socket.end('bye');
      break;
    default:
      socket.destroy();
  }
}

async function firstByte(socket: Socket): Promise<string | undefined> {
  for (;;) {
    const byte = socket.read(1) as Buffer | null;
    if (byte !== null) return byte.toString();
    if (socket.readableEnded || socket.destroyed) return undefined;
    await new Promise<void>((resolve) => {
      socket.once('readable', resolve).once('end', resolve).once('close', resolve);
    });
  }
}

/** What a plain net.Server may be given, too. */
export function onSocket(socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  serve(socket).catch(() => socket.destroy()); // a client that resets
}

export default {
  start({ data }: StartContext<{ log?: string } | undefined>) {
    log = data?.log;
  },
  socket(socket: Socket) {
    if (log !== undefined && socket.remoteAddress !== '127.0.0.1') note('no address');
    onSocket(socket);
  },
  drain() {
    note('drain');
    for (const socket of sockets) socket.end('drained');
  },
  stop() {
    note('stop');
  },
} satisfies SocketHandler;
