/**
 * A net.Socket as a wire, with two read paths.
 *
 * `fast`: the socket reads into ONE buffer shared by all connections of the loop (`onread`), which costs two thirds of
 * the other's CPU per message. `fallback`: `'data'` events, where the fast one cannot be had (handles.ts says when).
 */
import type { Socket } from 'node:net';
import { socketFrom, type Handle } from './handles.ts';
import type { Wire, WireListener } from './wire.ts';

export class SocketWire implements Wire {
  readonly socket: Socket;
  #written = 0;

  constructor(socket: Socket, listener: WireListener) {
    this.socket = socket;
    let failure: Error | undefined;
    socket.on('end', () => listener.onEnd());
    socket.on('drain', () => listener.onDrain());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => {
      this.#written = socket.bytesWritten;
      listener.onClosed(failure);
    });
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
