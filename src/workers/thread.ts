/** A worker thread as a unit. Sockets cross from Node 24.20 and 26.6 on (probe: canMoveSockets). */
import net from 'node:net';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Socket } from 'node:net';
import type { ToMain, ToWorker } from './messages.ts';
import { heapLimit, siblingUrl, type Unit, type UnitEvents, type WorkerStart } from './unit.ts';

export function startThread(start: WorkerStart, events: UnitEvents): Unit {
  const toStderr = start.plan.workerOutput === 'stderr';
  const worker = new Worker(siblingUrl('./entry', import.meta.url), {
    workerData: start,
    stdout: toStderr,
    resourceLimits: heapLimit(start.plan.limits),
  });
  // Not pipe(): it would hang four listeners per worker on stderr, and let go of it at its first error.
  if (toStderr) worker.stdout.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  let failure: string | undefined;
  worker.on('message', (message: ToMain) => events.onMessage(message));
  worker.on('error', (error: NodeJS.ErrnoException) => {
    failure =
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'out of memory'
        : `uncaught ${error?.stack ?? String(error)}`;
  });
  worker.on('exit', (code) => events.onExit(failure ?? `exit code ${code}`));
  return {
    pid: process.pid,
    post: (message) => worker.postMessage(message),
    hand: (message, socket) => worker.postMessage({ message, socket }, [socket as never]),
    kill: () => void worker.terminate(),
  };
}

let movable: Promise<boolean> | undefined;

/** Whether this Node can send a socket to another thread (node#64225). Tried, once. */
export function canMoveSockets(): Promise<boolean> {
  movable ??= new Promise((resolve) => {
    const server = net.createServer({ pauseOnConnect: true });
    const done = (can: boolean) => {
      server.close();
      resolve(can);
    };
    server.once('error', () => done(false));
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
      client.on('error', () => {});
      server.once('connection', (socket: Socket) => {
        const { port1, port2 } = new MessageChannel();
        try {
          port1.postMessage(socket, [socket as never]);
          done(true);
        } catch {
          done(false);
        }
        port1.close();
        port2.close();
        socket.destroy();
        client.destroy();
      });
    });
  });
  return movable;
}

export type FromMain = ToWorker | { readonly message: ToWorker; readonly socket: Socket };
