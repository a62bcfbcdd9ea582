/**
 * With SO_REUSEPORT a second server on the same port takes a silent share of its connections instead of failing
 * (bun#36710). So a server holds a lock named for its address: an abstract Unix socket (unix(7)), which the kernel drops
 * with its process, whatever ends that. Linux only; elsewhere there is no such sharing to guard against.
 */
import net from 'node:net';
import { explainListen, formatAddress, type Address } from './listener.ts';

export interface InstanceLock {
  release(): void;
}

/** @throws ListenError if another server holds the address. */
export async function lockInstance(address: Address): Promise<InstanceLock> {
  if (process.platform !== 'linux' || 'path' in address) return { release: () => {} };
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, address)));
    server.listen(`\0patterns ${formatAddress(address)}`, resolve);
  });
  server.unref();
  return { release: () => void server.close() };
}
