/** A client of event streams: node:http, and our parser. */
import { once } from 'node:events';
import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { EventParser } from '../../src/protocols/sse/parser.ts';
import type { Server } from '../../src/serve.ts';
import { before, until } from '../modes/support/wait.ts';

export interface ReceivedEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string;
}

export class EventClient {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  readonly events: ReceivedEvent[] = [];
  readonly parser = new EventParser();
  ended = false;
  /** The response came to its own end. */
  complete = false;

  static async connect(server: Server, path: string, lastEventId?: string): Promise<EventClient> {
    const { host, port } = server.address as { host: string; port: number };
    const headers =
      lastEventId === undefined
        ? {}
        : { 'last-event-id': Buffer.from(lastEventId).toString('latin1') };
    const request = get({ host, port, path, headers, agent: false });
    request.on('error', () => {});
    const [response] = (await before(once(request, 'response'), `an answer to ${path}`)) as [
      IncomingMessage,
    ];
    return new EventClient(request, response);
  }

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.request = request;
    this.response = response;
    const { parser } = this;
    response.on('data', (chunk: Buffer) => {
      parser.feed(chunk, 0, chunk.length);
      while (parser.next()) {
        this.events.push({ type: parser.type, data: parser.data, id: parser.lastEventId });
      }
    });
    response.on('error', () => {});
    response.on('close', () => {
      this.ended = true;
      this.complete = response.complete;
    });
  }

  async untilEvents(count: number): Promise<readonly ReceivedEvent[]> {
    await until(() => this.events.length >= count, `${count} events arrive`);
    return this.events;
  }

  async untilEnd(): Promise<readonly ReceivedEvent[]> {
    await until(() => this.ended, 'the stream ends');
    return this.events;
  }

  destroy(): void {
    this.request.destroy();
  }

  /** The server learns of it at once: an end alone may be that of a client that still reads. */
  reset(): void {
    this.request.socket!.resetAndDestroy();
  }
}
