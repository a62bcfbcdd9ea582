/**
 * Connections that have said one message each and then keep silent: HOST PORT COUNT. A few come and go first, so that
 * the server's code is compiled and its heap has grown before its memory is read.
 */
import net from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mark } from './measure/client.ts';

const WARM_UP = 500;
/** So many at once: more might overflow the server's accept queue. */
const AT_ONCE = 100;
const SETTLE_MS = 2000;
const MESSAGE = Buffer.alloc(64, 'x');

const [host, port, count] = process.argv.slice(2) as [string, string, string];

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

/** Sends a message and waits for its echo; the connection stays open. */
async function open(): Promise<net.Socket> {
  const socket = net.connect({ host, port: Number(port), noDelay: true });
  socket.write(MESSAGE);
  for (let left = MESSAGE.length; left > 0;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    left -= chunk.length;
  }
  return socket;
}

async function openAll(number: number): Promise<net.Socket[]> {
  const sockets: net.Socket[] = [];
  while (sockets.length < number) {
    const more = Math.min(AT_ONCE, number - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: more }, open))));
  }
  return sockets;
}

for (const socket of await openAll(WARM_UP)) socket.destroy();
await sleep(SETTLE_MS);
say({ mark: 'begin' });
const started = performance.now();
let lost = 0;
const sockets = await openAll(Number(count));
for (const socket of sockets) {
  socket.on('error', () => {});
  socket.on('close', () => (lost += 1));
}
const seconds = (performance.now() - started) / 1000;
await sleep(SETTLE_MS);
say({ mark: 'end' });
say({
  mark: 'result',
  result: { messages: sockets.length - lost, seconds, errors: lost },
});
for (const socket of sockets) socket.destroy();
