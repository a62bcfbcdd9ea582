/** Servers to load, good and bad, in the test's own process. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Test } from 'tap';
import { makeProtocol } from '../../src/protocols/index.ts';
import { Step } from '../../src/protocols/protocol.ts';
import { Writer } from '../../src/protocols/writer.ts';

export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** Connections so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** Listens on 127.0.0.1, on a port that the kernel chooses, until the test ends. */
export async function listen(
  t: Test,
  onConnection: (socket: Socket, number: number) => void,
  path?: string,
): Promise<TestServer> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    onConnection(socket, connections);
    connections += 1;
  });
  server.listen(path === undefined ? { host: '127.0.0.1', port: 0 } : { path });
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  t.teardown(async () => {
    if (server.listening) await close();
  });
  const port = path === undefined ? (server.address() as AddressInfo).port : 0;
  const url = path === undefined ? `tcp://127.0.0.1:${port}` : `unix:${path}`;
  return { url, port, connections: () => connections, close };
}

export function listenEcho(t: Test, path?: string): Promise<TestServer> {
  return listen(t, (socket) => void socket.on('data', (chunk) => socket.write(chunk)), path);
}

/** Echoes each message of a protocol; `replyOf` makes the reply. */
export function listenProtocol(
  t: Test,
  name: string,
  replyOf: (message: unknown) => unknown = (message) => message,
): Promise<TestServer> {
  return listen(t, (socket) => {
    const { server } = makeProtocol(name);
    const decoder = server.decoder(1024 * 1024);
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      const fresh = rest.length;
      rest = Buffer.concat([rest, chunk]);
      decoder.feed(rest, 0, rest.length, fresh);
      while (decoder.next() === Step.MESSAGE) {
        const message = decoder.take();
        const writer = new Writer();
        server.encode(replyOf(message), writer, message);
        socket.write(bytesOf(writer));
      }
      rest = Buffer.from(rest.subarray(decoder.pos));
    });
  });
}

function bytesOf(writer: Writer): Uint8Array {
  if (writer.single !== undefined) return writer.single;
  if (writer.string === '') return writer.buffer.subarray(0, writer.length);
  return Buffer.from(writer.string, writer.latin1Only ? 'latin1' : 'utf8');
}
