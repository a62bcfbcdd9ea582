/** What several modes do alike. */
import { unlink } from 'node:fs/promises';
import net from 'node:net';
import { OptionError } from '../errors.ts';
import type { Address, Listener, Sink } from '../net/listener.ts';
import { bind, listen, removeStale } from '../net/listener.ts';
import type { Loop } from '../net/loop.ts';
import { readPaths } from '../workers/load.ts';
import type { Plan, WorkerContext, WorkerSide } from '../workers/plan.ts';
import { Supervisor } from '../workers/supervisor.ts';
import type { Handle } from '../net/handles.ts';
import type { Running } from './mode.ts';

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

/**
 * Binds the plan's address and has `workers` listen on it, by the handle that comes with the mode's first message. Here
 * it is never listened on: the queue outlives any worker.
 */
export async function startBound(
  plan: Plan,
  workers: number,
  fail: (error: Error) => void,
): Promise<Running> {
  if ('path' in plan.target) await removeStale(plan.target.path);
  const { handle, address } = bind(plan.target, await canReusePort());
  const supervisor = new Supervisor(plan, {
    onStarted: (worker) => worker.unit.hand({ type: 'mode', body: 'listen' }, handle),
    onFatal: fail,
  });
  const release = async () => {
    handle.close();
    if ('path' in plan.target) await unlink(plan.target.path).catch(() => {});
  };
  try {
    await supervisor.startAll(workers);
  } catch (error) {
    await release();
    throw error;
  }
  const publish = (topic: string, message: unknown) => supervisor.publish(topic, message);
  return {
    address,
    stats: () => supervisor.stats(),
    publish: plan.capabilities.includes('pushes') ? publish : undefined,
    drain: async () => {
      const drained = supervisor.drain();
      await release();
      await drained;
    },
    force: () => supervisor.kill(),
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
