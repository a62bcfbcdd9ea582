/** A reference server in a thread of its own. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadOptions } from '../thread-options.ts';
import type { ReferenceLog } from './log.ts';
import type { Script } from './script.ts';

const ENTRY = new URL(
  `./server${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export interface ReferenceServer {
  /** `reference://127.0.0.1:PORT` */
  readonly target: string;
  /** Ends it. */
  stop(): Promise<ReferenceLog>;
}

export async function startReference(script: Script): Promise<ReferenceServer> {
  const worker = new Worker(ENTRY, { workerData: { script }, ...threadOptions() });
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }];
  return {
    target: `reference://127.0.0.1:${port}`,
    stop: async () => {
      worker.postMessage('stop');
      const [log] = (await once(worker, 'message')) as [ReferenceLog];
      await worker.terminate();
      return log;
    },
  };
}
