/**
 * Where a response becomes a WebSocket outside of its callback. Each ordinary way is a fault of uWebSockets.js
 * (native-notes/uwebsockets.md): within another's callback it takes that one for upgraded, at the end of the response's
 * own cork() it looks at what is no response any more, and without a cork it warns of every one. So another response
 * lends its cork: of an app and a connection that are there for nothing else, made when first asked for.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ListenSocket, Uws, UwsApp, UwsResponse } from './uws.ts';

const HOST = '127.0.0.1';

export class LateCork {
  readonly #uws: Uws;
  #app: UwsApp | undefined = undefined;
  #client: Socket | undefined = undefined;
  #response: Promise<UwsResponse> | undefined = undefined;
  #closed = false;

  constructor(uws: Uws) {
    this.#uws = uws;
  }

  /** Calls it in a turn of its own. `work` MUST NOT throw. */
  async run(work: () => void): Promise<void> {
    this.#response ??= this.#open().catch((error: unknown) => {
      this.#response = undefined; // the next one tries again
      throw error;
    });
    const response = await this.#response;
    setImmediate(() => {
      if (this.#closed) work();
      else response.cork(work);
    });
  }

  close(): void {
    this.#closed = true;
    this.#client?.destroy();
    this.#app?.close();
  }

  async #open(): Promise<UwsResponse> {
    const app = this.#uws.App();
    this.#app = app;
    const path = `/${crypto.randomUUID()}`;
    const asked = new Promise<UwsResponse>((resolve) => {
      app.any('/*', (response, request) => {
        if (request.getUrl() !== path) {
          response.close(); // a stranger
          return;
        }
        response.onAborted(() => {});
        resolve(response);
      });
    });
    let listening: ListenSocket | undefined;
    app.listen(HOST, 0, (socket) => {
      if (socket !== false) listening = socket;
    });
    if (listening === undefined) throw new Error(`Cannot listen on ${HOST}.`);
    const client = connect(this.#uws.us_socket_local_port(listening), HOST);
    this.#client = client;
    client.on('error', () => {});
    await once(client, 'connect');
    client.unref();
    client.write(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const response = await asked;
    this.#uws.us_listen_socket_close(listening);
    return response;
  }
}
