/**
 * The one file that leans on Node's internals (`_handle`, `onconnection`, `_createServerHandle`): all of them old, none
 * of them documented. `internals` says which of them this Node has, found by trying; each has a public fallback.
 *
 * Why: net.Server never passes `onread` to what it accepts, and builds a full net.Socket for a connection that another
 * worker will read.
 */
import net from 'node:net';
import type { Server, Socket } from 'node:net';

/** libuv's TCP or pipe handle: the part of it that we use. */
export interface Handle {
  readonly fd?: number;
  onconnection?: (status: number, client: Handle | undefined) => void;
  reading?: boolean;
  setNoDelay?(on: boolean): number;
  setBlocking?(on: boolean): number;
  getpeername?(out: { address?: string }): number;
  getsockname?(out: { address?: string; port?: number; family?: string }): number;
  shutdown?(request: object): number;
  close(done?: () => void): void;
}

interface WithHandle {
  _handle: Handle | null;
}

const UV_TCP_REUSEPORT = 2;

export function handleOf(owner: Server | Socket): Handle | null {
  return (owner as unknown as WithHandle)._handle ?? null;
}

/** Takes a socket's handle out of it; the socket is an empty shell afterwards. Only for one that nobody has read from. */
export function takeHandle(socket: Socket): Handle {
  const owner = socket as unknown as WithHandle & { [key: symbol]: unknown };
  const handle = owner._handle!;
  owner._handle = null;
  return handle;
}

export interface SocketInit {
  allowHalfOpen?: boolean;
  pauseOnCreate?: boolean;
  noDelay?: boolean;
  onread?: { buffer: Buffer; callback: (length: number, buffer: Uint8Array) => boolean };
}

/** A net.Socket around a handle. */
export function socketFrom(handle: Handle, init: SocketInit): Socket {
  return new net.Socket({
    ...init,
    handle,
    readable: true,
    writable: true,
  } as unknown as net.SocketConstructorOpts);
}

/** From now on `server` hands out bare handles instead of sockets. `status` is a libuv error, or 0. */
export function acceptHandles(
  server: Server,
  accept: (status: number, handle: Handle | undefined) => void,
): void {
  handleOf(server)!.onconnection = accept;
}

/**
 * A bound socket that does not listen: `server.listen(handle)` in another process makes it listen there, and this
 * process keeps the queue alive while that one is replaced.
 */
export function bindHandle(
  target: { host: string; port: number } | { path: string },
  reusePort: boolean,
): Handle | number {
  const create = (
    net as unknown as { _createServerHandle: (...args: unknown[]) => Handle | number }
  )._createServerHandle;
  if ('path' in target) return create(target.path, -1, -1);
  return create(
    target.host,
    target.port,
    net.isIPv6(target.host) ? 6 : 4,
    undefined,
    reusePort ? UV_TCP_REUSEPORT : 0,
  );
}

/** What this Node lets us do. */
export interface Internals {
  /** Accepted handles can be taken before a socket is built around them. */
  readonly accept: boolean;
  /** A socket around such a handle reads into a buffer of ours. */
  readonly onread: boolean;
  /** A listener can be bound without listening. */
  readonly bind: boolean;
}

let probed: Promise<Internals> | undefined;

/** Tries each internal on loopback, once per thread; takes about a millisecond. */
export function probeInternals(): Promise<Internals> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<Internals> {
  const found = { accept: false, onread: false, bind: false };
  try {
    const bound = bindHandle({ host: '127.0.0.1', port: 0 }, false);
    found.bind = typeof bound === 'object' && typeof bound.getsockname === 'function';
    if (typeof bound === 'object') bound.close();
  } catch {
    // Not there: `shared` and `blocking` say so.
  }
  const server = net.createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    if (typeof handleOf(server)?.onconnection !== 'function') return found;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(reject, 2000, new Error('timeout'));
      const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
      const done = (socket?: Socket) => {
        clearTimeout(timer);
        socket?.destroy();
        client.destroy();
        resolve();
      };
      client.on('error', done);
      server.once('connection', done); // the override did not take
      acceptHandles(server, (_status, handle) => {
        found.accept = handle !== undefined;
        const buffer = Buffer.alloc(1);
        const socket = socketFrom(handle!, {
          onread: {
            buffer,
            callback: (length, into) => {
              found.onread = length === 1 && into === buffer && buffer[0] === 42;
              done(socket);
              return true;
            },
          },
        });
        socket.on('error', () => done(socket));
        socket.resume();
        client.write(Buffer.of(42));
      });
    });
  } catch {
    // No loopback, or a Node that differs: the public path serves.
  } finally {
    server.close();
  }
  return found;
}
