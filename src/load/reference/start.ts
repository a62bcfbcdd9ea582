/** A reference server, and the probe of the way to it, each in a thread of its own. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadOptions } from '../thread-options.ts';
import type { ReferenceLog } from './log.ts';
import type { Script } from './script.ts';

export interface ReferenceServer {
  /** `reference://127.0.0.1:PORT` */
  readonly target: string;
  readonly port: number;
  /** Ends it. */
  stop(): Promise<ReferenceLog>;
}

export async function startReference(script: Script): Promise<ReferenceServer> {
  const worker = startThread('server', { script });
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }];
  return {
    target: `reference://127.0.0.1:${port}`,
    port,
    stop: async () => {
      worker.postMessage('stop');
      const [log] = (await once(worker, 'message')) as [ReferenceLog];
      await worker.terminate();
      return log;
    },
  };
}

/** What the way to a server and back takes on this machine, now: ascending, in microseconds. Takes a second. */
export async function probePath(): Promise<Float64Array> {
  const server = await startReference({ kind: 'constant', holdMs: 0 });
  const probe = startThread('probe', { port: server.port });
  try {
    const [tripsUs] = (await once(probe, 'message')) as [Float64Array];
    return tripsUs;
  } finally {
    await probe.terminate();
    await server.stop();
  }
}

function startThread(name: string, data: object): Worker {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const entry = new URL(`./${name}${extension}`, import.meta.url);
  return new Worker(entry, { workerData: data, ...threadOptions() });
}
