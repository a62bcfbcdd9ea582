/** Which processes and listeners are left. */
import { readFileSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import type { Server } from '../../../src/serve.ts';
import { addressOf } from './client.ts';
import { until } from './wait.ts';

/** Also false for one that is dead and not yet waited for. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

export async function allGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some(isAlive), `processes ${pids.join(', ')} are gone`);
}

/** The server's processes other than this one. */
export async function childrenOf(server: Server): Promise<number[]> {
  const { workers } = await server.stats();
  return [...new Set(workers.map(({ pid }) => pid))].filter((pid) => pid !== process.pid);
}

/** The code of the error that a connection gets: 'ECONNREFUSED', 'ENOENT'; undefined if it is taken. */
export function refusal(to: Server | NetConnectOpts): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect('address' in to ? addressOf(to) : to);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}
