/**
 * The plain echo under node:cluster. `--policy=rr` (the default of cluster on Linux: the primary accepts and hands over)
 * or `none` (the workers share the listener); `--workers=N`.
 */
import cluster from 'node:cluster';
import { createServer, type AddressInfo } from 'node:net';
import { announce, options } from './announce.ts';

const { policy, workers } = options({ policy: 'rr', workers: '2' });

if (cluster.isPrimary) {
  cluster.schedulingPolicy = policy === 'rr' ? cluster.SCHED_RR : cluster.SCHED_NONE;
  let waiting = Number(workers);
  cluster.on('listening', (_worker, address) => {
    waiting -= 1;
    if (waiting === 0) announce({ address: () => address as unknown as AddressInfo });
  });
  for (let count = Number(workers); count > 0; count -= 1) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
    process.exit(0);
  });
} else {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (chunk) => {
      socket.write(chunk);
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 511 });
}
