/** Talks to a server over a raw socket: bytes out, bytes in, and how it ended. */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve, type Server, type ServeOptions } from '../../src/serve.ts';
import type { MessageHandler } from '../../src/handler.ts';

export async function start(
  handler: MessageHandler,
  options: Partial<ServeOptions> = {},
): Promise<Server & { port: number }> {
  const server = await serve({ handler, ...options });
  return Object.assign(server, { port: (server.address as { port: number }).port });
}

export class Client {
  readonly socket: net.Socket;
  text = '';
  ended = false;
  closed = false;
  #onChange: () => void = () => {};

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setNoDelay();
    this.socket.on('data', (data: Buffer) => {
      this.text += data.toString('latin1');
      this.#onChange();
    });
    this.socket.on('end', () => {
      this.ended = true;
      this.#onChange();
    });
    this.socket.on('close', () => {
      this.closed = true;
      this.#onChange();
    });
    this.socket.on('error', () => {});
  }

  send(text: string | Uint8Array): this {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    return this;
  }

  /** Until so many characters, or the end, have come. Takes them away. */
  async until(enough: (text: string) => boolean): Promise<string> {
    while (!enough(this.text) && !this.ended && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
    const { text } = this;
    this.text = '';
    return text;
  }

  /** `count` responses with a Content-Length, or one of them chunked as the last. */
  responses(count = 1): Promise<string> {
    return this.until((text) => whole(text) >= count);
  }

  /** Everything up to the server's end. */
  async rest(): Promise<string> {
    return this.until(() => false);
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Looks every 2 ms. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

/** How many whole responses `text` holds. */
function whole(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; count += 1) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end === -1) break;
    const head = text.slice(at, end + 2);
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
    if (/\r\ntransfer-encoding: chunked\r\n/i.test(head)) {
      const last = text.indexOf('0\r\n\r\n', end);
      if (last === -1) break;
      at = last + 5;
    } else {
      at = end + 4 + Number(length ?? 0);
      if (at > text.length) break;
    }
  }
  return count;
}

export async function ask(port: number, text: string | Uint8Array): Promise<string> {
  const client = new Client(port);
  const answer = await client.send(text).responses();
  client.destroy();
  return answer;
}

/** What is sent is all there is: the answer is read to the connection's end. */
export async function askAndEnd(port: number, text: string): Promise<string> {
  const client = new Client(port);
  client.send(text).end();
  const answer = await client.rest();
  client.destroy();
  return answer;
}

/** Head and body of one response, without its Date. */
export function split(response: string): { head: string; body: string } {
  const end = response.indexOf('\r\n\r\n');
  return {
    head: response.slice(0, end).replace(/\r\nDate: [^\r]+/, ''),
    body: response.slice(end + 4),
  };
}
