/** A server of the handler `contract`, and ways to talk to it. */
import type { Test } from 'tap';
import type { Server, ServeOptions } from '../../../src/serve.ts';
import { connectTo, type Client } from './client.ts';
import { handlerUrl, serveWith, type Combo } from './combos.ts';
import { Log } from './log.ts';
import { before, until } from './wait.ts';

export class Contract {
  readonly log: Log;
  readonly server: Server;

  constructor(log: Log, server: Server) {
    this.log = log;
    this.server = server;
  }

  /** A client that has written `text`. */
  async ask(text: string): Promise<Client> {
    const client = await connectTo(this.server);
    await client.write(text);
    return client;
  }

  /** Everything that comes for `text` and its end. */
  async tell(text: string): Promise<string> {
    const client = await this.ask(text);
    return (await client.finish()).toString();
  }

  /** Everything that comes until the server ends the connection by itself. */
  async hear(text: string): Promise<string> {
    const client = await this.ask(text);
    await before(client.ended, 'the server ends the connection');
    return (await client.finish()).toString();
  }

  /** A figure of all workers together. */
  async sum(
    figure: 'errors' | 'open' | 'refused' | 'accepted' | 'messages' | 'bytesIn' | 'restarts',
  ) {
    const { workers } = await this.server.stats();
    return workers.reduce((sum, worker) => sum + worker[figure], 0);
  }

  /** Resolves when nobody is connected any more. */
  async isEmpty(): Promise<void> {
    await until(async () => (await this.sum('open')) === 0, 'every connection is closed');
  }
}

/** `flags` are what the handler declares: 'pushes&open=sync'. */
export async function contract(
  t: Test,
  combo: Combo,
  flags: string,
  options: Omit<ServeOptions, 'handler'> = {},
): Promise<Contract> {
  const log = new Log(t);
  const server = await serveWith(t, combo, {
    handler: handlerUrl('contract', `?${flags}`),
    data: { log: log.path, text: 'é' },
    ...options,
  });
  return new Contract(log, server);
}
