/** What several modes do alike. */
import net from 'node:net';
import { OptionError } from '../errors.ts';
import type { Address, Listener, Sink } from '../net/listener.ts';
import { listen, removeStale } from '../net/listener.ts';
import type { Loop } from '../net/loop.ts';
import { readPaths } from '../workers/load.ts';
import type { Plan, WorkerContext, WorkerSide } from '../workers/plan.ts';
import type { Handle } from '../net/handles.ts';

let reusable: Promise<boolean> | undefined;

/** Whether the kernel and this Node have SO_REUSEPORT: two listeners on one port are tried, once. */
export function canReusePort(): Promise<boolean> {
  reusable ??= tryReusePort();
  return reusable;
}

async function tryReusePort(): Promise<boolean> {
  const open = (port: number) =>
    new Promise<net.Server>((resolve, reject) => {
      const server = net.createServer();
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port, reusePort: true, exclusive: true }, () =>
        resolve(server),
      );
    });
  const servers: net.Server[] = [];
  try {
    servers.push(await open(0));
    servers.push(await open((servers[0].address() as net.AddressInfo).port));
    return true;
  } catch {
    return false;
  } finally {
    for (const server of servers) server.close();
  }
}

/** Opens the plan's listener. */
export async function listenTo(
  plan: Plan,
  reusePort: boolean,
  sink: Sink,
  bound?: Handle,
): Promise<Listener> {
  const { accept } = await readPaths(plan);
  if ('path' in plan.target && bound === undefined) await removeStale(plan.target.path);
  return listen(plan.target, { backlog: plan.backlog, reusePort, raw: accept, bound }, sink);
}

/** A worker whose loop reads what its own listener accepts. */
export async function serveListener(context: WorkerContext, bound?: Handle): Promise<WorkerSide> {
  const loop = await context.makeLoop();
  const reusePort = bound === undefined && (await canReusePort());
  const listener = await listenTo(context.plan, reusePort, sinkOf(loop), bound);
  return {
    address: listener.address,
    stats: () => loop.stats(),
    drain: () => {
      listener.close();
      return loop.drain();
    },
  };
}

export function sinkOf(loop: Loop): Sink {
  return {
    handle: (handle) => loop.adoptHandle(handle),
    socket: (socket) => loop.adoptSocket(socket),
  };
}

/** A name is resolved once, here, so that every worker binds the same address. */
export async function resolveHost(target: Address): Promise<Address> {
  if ('path' in target || net.isIP(target.host) !== 0) return target;
  const { lookup } = await import('node:dns/promises');
  try {
    return { host: (await lookup(target.host)).address, port: target.port };
  } catch (error) {
    throw new OptionError(
      `host is "${target.host}", which is not an address and cannot be resolved.`,
      { cause: error },
    );
  }
}
