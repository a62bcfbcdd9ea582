/**
 * One listening socket, and what became of each connection that it was given.
 */
import net from 'node:net';
import type { Server, Socket } from 'node:net';
import { connect } from 'node:net';
import { unlink } from 'node:fs/promises';
import { getSystemErrorName } from 'node:util';
import { acceptErrors } from '../channels.ts';
import { ListenError } from '../errors.ts';
import { acceptHandles, bindHandle, handleOf, type Handle } from './handles.ts';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}
export interface UnixAddress {
  readonly path: string;
}
export type Address = TcpAddress | UnixAddress;

/** 'tcp://127.0.0.1:7000', 'tcp://[::1]:7000' or 'unix:/run/x.sock'. */
export function formatAddress(address: Address): string {
  if ('path' in address) return `unix:${address.path}`;
  return `tcp://${net.isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Who takes the connections: bare handles where this Node gives them, else paused sockets. */
export interface Sink {
  handle(handle: Handle): void;
  socket(socket: Socket): void;
}

export interface ListenOptions {
  readonly backlog: number;
  /** SO_REUSEPORT; every listener of the port MUST have it. */
  readonly reusePort: boolean;
  /** Take bare handles (handles.ts). */
  readonly raw: boolean;
  /** A handle bound elsewhere, to listen on instead of binding one. */
  readonly bound?: Handle;
}

export interface Listener {
  readonly address: Address;
  /** Stops accepting. What waits in the accept queue is reset by the kernel. */
  close(): void;
}

/** @throws ListenError */
export async function listen(
  target: Address,
  options: ListenOptions,
  sink: Sink,
): Promise<Listener> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  const where =
    options.bound !== undefined
      ? { _handle: options.bound }
      : 'path' in target
        ? { path: target.path }
        : { host: target.host, port: target.port, reusePort: options.reusePort, exclusive: true };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, target)));
    server.listen({ ...where, backlog: options.backlog } as net.ListenOptions, resolve);
  });
  server.removeAllListeners('error');
  const address = 'path' in target ? target : boundTo(server, target);
  const failed = (error: Error) => acceptErrors.publish({ address, error });
  server.on('error', failed);
  if (options.raw) {
    acceptHandles(server, (status, handle) => {
      if (handle === undefined) failed(new Error(`accept: ${getSystemErrorName(status)}`));
      else sink.handle(handle);
    });
  } else {
    server.on('connection', (socket) => sink.socket(socket));
  }
  return { address, close: () => void server.close() };
}

function boundTo(server: Server, target: TcpAddress): TcpAddress {
  const bound = server.address();
  if (bound !== null && typeof bound === 'object') return { host: bound.address, port: bound.port };
  const out: { address?: string; port?: number } = {};
  handleOf(server)?.getsockname?.(out);
  return { host: out.address ?? target.host, port: out.port ?? target.port };
}

/** Binds without listening, for workers that listen on it. The name is not resolved: `host` MUST be an IP address. */
export function bind(target: Address, reusePort: boolean): { handle: Handle; address: Address } {
  const handle = bindHandle(target, reusePort);
  if (typeof handle === 'number') throw explainCode(handle, target);
  if ('path' in target) return { handle, address: target };
  const out: { address?: string; port?: number } = {};
  // libuv keeps EADDRINUSE to itself until listen() or this; a worker that listens on a copy would never hear of it.
  const status = handle.getsockname?.(out) ?? 0;
  if (status !== 0) {
    handle.close();
    throw explainCode(status, target);
  }
  return { handle, address: { host: out.address ?? target.host, port: out.port ?? target.port } };
}

function explainCode(status: number, target: Address): ListenError {
  const code = getSystemErrorName(status);
  return explainListen(Object.assign(new Error(code), { code }), target);
}

/** Removes a Unix socket's file that a dead server left; leaves one that somebody serves. */
export async function removeStale(path: string): Promise<void> {
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (refused) await unlink(path).catch(() => {});
}

/** Any listen error as one sentence. */
export function explainListen(error: NodeJS.ErrnoException, target: Address): ListenError {
  const where = formatAddress(target);
  return new ListenError(`Cannot listen on ${where}: ${reason(error, target)}`, { cause: error });
}

function reason(error: NodeJS.ErrnoException, target: Address): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'path' in target
        ? 'another server listens there; stop it, or choose another path.'
        : 'the port is in use; stop the program that has it, or choose another (port 0 takes a free one).';
    case 'EACCES':
      return 'path' in target
        ? 'there is no such folder, or no permission to make a socket in it.' // libuv gives ENOENT as this
        : 'no permission; ports below net.ipv4.ip_unprivileged_port_start (1024 by default) are privileged, choose a higher one.';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known.';
    case 'ENOENT':
      return 'the folder does not exist.';
    case 'EINVAL':
      return 'path' in target
        ? 'the path is too long for a Unix socket (107 bytes).'
        : 'the address is not valid.';
    default:
      return `${error.code ?? error.message}.`;
  }
}
