/** How to start what is measured: our servers through the command line, and the baselines. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile } from './baselines/compile.ts';
import type { ServerCommand } from './measure/server.ts';

/** As it is written: the sources are measured, so that a dist/ of yesterday is not by mistake. Built: the dist/ around it. */
const isBuilt = import.meta.url.endsWith('.js');

/** What Node needs for 'patterns-runtime' to be the code that is measured. */
export const nodeArgs: readonly string[] = isBuilt ? [] : ['--conditions=patterns-source'];

const COMMAND_LINE = fileURLToPath(
  new URL(isBuilt ? '../cli/main.js' : '../src/cli/main.ts', import.meta.url),
);

/** The path of a module of the bench, of its name without extension: 'load-client', 'handlers/mixed'. */
export function programOf(name: string): string {
  return fileURLToPath(new URL(`${name}${isBuilt ? '.js' : '.ts'}`, import.meta.url));
}

export interface OurOptions {
  readonly mode: string;
  readonly unit?: string;
  readonly workers?: number;
  /** Default: bytes. `null`: the handler's own. */
  readonly protocol?: string | null;
  /** A built-in handler's word, or a module's path. Default: echo. */
  readonly handler?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** More options of the command line. */
  readonly more?: readonly string[];
  /** Its loops say how late they were and what garbage collection took. The speed table leaves that out. */
  readonly probed?: boolean;
  /** Default: mode, with its unit. */
  readonly name?: string;
}

const PROBE = ['--import', pathToFileURL(programOf('measure/probe')).href];

/** `patterns serve` with these options, on a free port. */
export function ours(options: OurOptions): ServerCommand {
  const { mode, unit, workers, protocol = 'bytes', handler = 'echo', more = [] } = options;
  const args = ['serve', handler, `--mode=${mode}`, '--port=0', ...more];
  if (protocol !== null) args.push(`--protocol=${protocol}`);
  if (unit !== undefined) args.push(`--unit=${unit}`);
  if (workers !== undefined) args.push(`--workers=${workers}`);
  const probed = options.probed === true && mode !== 'blocking'; // there it would be loaded 64 times
  return {
    name: options.name ?? (unit === undefined ? mode : `${mode} ${unit}`),
    command: process.execPath,
    args: [...nodeArgs, ...(probed ? PROBE : []), COMMAND_LINE, ...args],
    probed,
    ...(options.env && { env: options.env }),
    loops: mode === 'single' ? 1 : (workers ?? 2),
  };
}

/** A baseline written in TypeScript: `baselines/FILE.ts` with `--name=value` options. */
export function baseline(
  name: string,
  file: string,
  options: Readonly<Record<string, string | number>> = {},
): ServerCommand {
  const path = programOf(`baselines/${file}`);
  const args = Object.entries(options).map(([key, value]) => `--${key}=${value}`);
  const loops = Number(options.workers ?? 1);
  return { name, command: process.execPath, args: [...nodeArgs, path, ...args], loops };
}

/** The C epoll echo. Needs a compiler. */
export function epollEcho(): ServerCommand {
  return { name: 'C epoll', command: compile('echo-server'), args: [] };
}

/** The same, pinned to no core: beside servers with more loops, all meet the same cores. */
export function unpinned(server: ServerCommand): ServerCommand {
  return { ...server, loops: 2 };
}

/** Without a disk, on one thread. It takes no port 0, so one that was free a moment ago. */
export async function redisServer(): Promise<ServerCommand> {
  const port = await freePort();
  return {
    name: 'redis-server',
    command: 'redis-server',
    args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    ready: (output) =>
      output.includes('Ready to accept connections')
        ? `listening tcp://127.0.0.1:${port}`
        : undefined,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
