/** What every baseline does around its echo: listens on 127.0.0.1, on a port the kernel chooses, and prints it as our servers do. */
import type { AddressInfo, Server } from 'node:net';
import { parseArgs } from 'node:util';

export function listenAndAnnounce(server: Server): void {
  server.listen({ host: '127.0.0.1', port: 0, backlog: 511 }, () => announce(server));
}

export function announce(server: { address(): AddressInfo | string | null }): void {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening tcp://127.0.0.1:${port}\n`);
}

/** `--name=value` options; each must be one of those given by `defaults`. */
export function options<T extends Record<string, string>>(defaults: T): T {
  const { values } = parseArgs({
    options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }])),
  });
  return { ...defaults, ...values };
}
