/** The `ws` client, as suites talk with it, and the handler that they talk with. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket, type ClientOptions, type RawData } from 'ws';
import type { Server } from '../../src/serve.ts';
import { before } from '../modes/support/wait.ts';

let modules = 0;

/** handlers/talk.ts. Each time another module: servers in one process share no state. */
export function talkUrl(flags = ''): URL {
  modules += 1;
  return new URL(`./handlers/talk.ts${flags}#peer${modules}`, import.meta.url);
}

export class Peer {
  readonly ws: WebSocket;
  /** The handshake's Sec-WebSocket-Extensions. */
  extensions = '';
  readonly #got: Array<string | Buffer> = [];
  #count = 0;
  #onGot: (() => void) | undefined = undefined;

  /** Without compression, unless it is asked for. */
  static async open(server: Server, options: ClientOptions = {}, path = '/'): Promise<Peer> {
    const url = `${server.url.replace('tcp:', 'ws:')}${path}`;
    const ws = new WebSocket(url, ['v1'], { perMessageDeflate: false, ...options });
    ws.on('error', () => {}); // of one that is cut; 'close' follows
    const peer = new Peer(ws);
    await before(once(ws, 'open'), 'it opens');
    return peer;
  }

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.once('upgrade', ({ headers }: IncomingMessage) => {
      this.extensions = headers['sec-websocket-extensions'] ?? '';
    });
    ws.on('message', (data: RawData, isBinary: boolean) => {
      this.#count += 1;
      this.#got.push(isBinary ? (data as Buffer) : (data as Buffer).toString());
      this.#onGot?.();
    });
  }

  /** Messages that have come so far. */
  get count(): number {
    return this.#count;
  }

  async next(): Promise<string | Buffer> {
    while (this.#got.length === 0) {
      await before(
        new Promise<void>((resolve) => {
          this.#onGot = resolve;
        }),
        'a message',
      );
    }
    return this.#got.shift()!;
  }

  async ask(message: string): Promise<string | Buffer> {
    this.ws.send(message);
    return this.next();
  }

  /** How it ends, for the other side. */
  async closed(): Promise<[number, string]> {
    const [code, reason] = (await before(once(this.ws, 'close'), 'it closes')) as [number, Buffer];
    return [code, reason.toString()];
  }
}
