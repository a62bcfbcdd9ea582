/** A raw client: it writes bytes when it is told to, keeps what comes, and knows how its connection ended. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Server } from '../../../src/serve.ts';
import { before } from './wait.ts';

export type End = 'end' | 'reset';

export class Client {
  readonly socket: Socket;
  /** How the server ended it: in an orderly way, or by a reset. */
  readonly ended: Promise<End>;
  #chunks: Buffer[] = [];
  #length = 0;
  #over: End | undefined = undefined;
  #onChange: (() => void) | undefined = undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#onChange?.();
    });
    this.ended = new Promise((resolve) => {
      const over = (how: End) => {
        this.#over ??= how;
        resolve(how);
        this.#onChange?.();
      };
      socket.on('end', () => over('end'));
      socket.on('error', () => over('reset'));
      socket.on('close', () => over('end'));
    });
  }

  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.received.toString('utf8');
  }

  /** Resolves when the bytes have left this process. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /** Writes the pieces one by one, each by itself as far as that can be had. */
  async writeInPieces(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      await this.write(piece);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** Half-closes. */
  end(): void {
    this.socket.end();
  }

  /** Half-closes, and resolves with everything received when the server has ended too. */
  async finish(): Promise<Buffer> {
    this.end();
    await before(this.ended, 'the server ends the connection');
    return this.received;
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Resolves when so many bytes are there, or the connection has ended. */
  async until(bytes: number): Promise<Buffer> {
    while (this.#length < bytes && this.#over === undefined) {
      await before(
        new Promise<void>((resolve) => {
          this.#onChange = resolve;
        }),
        `${bytes} bytes arrive, after ${this.#length}`,
      );
    }
    return this.received;
  }

  /** Resolves with everything received when `text` is among it. @throws if the connection ends without it */
  async untilText(text: string): Promise<string> {
    while (!this.text.includes(text)) {
      if (this.#over !== undefined)
        throw new Error(`the connection ended (${this.#over}) after ${JSON.stringify(this.text)}`);
      await this.until(this.#length + 1);
    }
    return this.text;
  }
}

/** Connects, and resolves when the kernel has. */
export function connectTo(to: Server | NetConnectOpts): Promise<Client> {
  const options = 'address' in to ? addressOf(to) : to;
  return new Promise((resolve, reject) => {
    const socket = connect({ allowHalfOpen: true, noDelay: true, ...options });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(new Client(socket));
    });
  });
}

export function addressOf({ address }: Server): NetConnectOpts {
  return 'path' in address ? { path: address.path } : { host: address.host, port: address.port };
}
