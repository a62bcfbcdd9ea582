/**
 * A net.Socket as a wire, with two read paths.
 *
 * `fast`: the socket reads into ONE buffer shared by all connections of the loop (`onread`), which costs two thirds of
 * the other's CPU per message. `fallback`: `'data'` events, where the fast one cannot be had (handles.ts says when).
 */
import type { Socket } from 'node:net';
import { socketFrom, type Handle } from './handles.ts';
import type { Wire, WireListener } from './wire.ts';

/** A socket knows its wire, so that all sockets share their listeners: four closures each would be 300 bytes. */
const WIRE = Symbol('wire');
type WiredSocket = Socket & { [WIRE]: SocketWire };

export class SocketWire implements Wire {
  readonly socket: Socket;
  readonly listener: WireListener;
  failure: Error | undefined = undefined;
  #written = 0;

  constructor(socket: Socket, listener: WireListener) {
    this.socket = socket;
    this.listener = listener;
    (socket as WiredSocket)[WIRE] = this;
    socket.on('end', onEnd);
    socket.on('drain', onDrain);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /** Asked of the kernel once and kept; '' if the connection ended before anybody asked. */
  get remoteAddress(): string {
    return this.socket.remoteAddress ?? '';
  }

  get waitingBytes(): number {
    return this.socket.writableLength;
  }

  get blocked(): boolean {
    return this.socket.writableNeedDrain;
  }

  get bytesWritten(): number {
    return this.#written || this.socket.bytesWritten;
  }

  write(bytes: Uint8Array): boolean {
    this.socket.write(bytes);
    return this.socket.writableLength === 0;
  }

  writeText(text: string, encoding: 'utf8' | 'latin1'): void {
    this.socket.write(text, encoding);
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): void {
    try {
      this.socket.resetAndDestroy();
    } catch {
      this.socket.destroy(); // no TCP
    }
  }

  closed(): void {
    this.#written = this.socket.bytesWritten;
    this.listener.onClosed(this.failure);
  }
}

function onEnd(this: Socket): void {
  wireOf(this).listener.onEnd();
}

function onDrain(this: Socket): void {
  wireOf(this).listener.onDrain();
}

function onError(this: Socket, error: Error): void {
  wireOf(this).failure = error;
}

function onClose(this: Socket): void {
  wireOf(this).closed();
}

function wireOf(socket: Socket): SocketWire {
  return (socket as WiredSocket)[WIRE];
}

/** The fast path: reads go into `buffer`, shared by every connection of the loop. */
export function fastWire(handle: Handle, buffer: Buffer, listener: WireListener): SocketWire {
  const socket = socketFrom(handle, {
    allowHalfOpen: true,
    onread: { buffer, callback: (length) => listener.onBytes(buffer, length) },
  });
  return new SocketWire(socket, listener);
}

/** The fallback path: every read is a Buffer of its own. */
export function plainWire(socket: Socket, listener: WireListener): SocketWire {
  const wire = new SocketWire(socket, listener);
  socket.on('data', (chunk: Buffer) => {
    if (!listener.onBytes(chunk, chunk.length)) socket.pause();
  });
  socket.pause();
  return wire;
}
