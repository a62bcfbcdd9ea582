/**
 * Runs as a thread of a worker process: kills that process when its parent is gone. A loop that is busy for ever never
 * sees 'disconnect', and an orphan would keep the port.
 */
import { workerData } from 'node:worker_threads';

const POLL_MS = 500;
const parentPid = workerData as number;

setInterval(() => {
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, POLL_MS);
