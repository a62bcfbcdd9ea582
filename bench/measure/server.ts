/** A server under measurement: a fresh process that prints where it listens, and is ended by its pid. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { killGroup, startChild } from './children.ts';

const START_MS = 20_000;
const STOP_MS = 5000;
/** Of what it writes: so much of its beginning, and as much of its end. */
const KEPT_BYTES = 64 * 1024;

/** How to start a server. */
export interface ServerCommand {
  /** Its word in tables. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Loops that work: where there is a core for each, and one for the client, they are pinned apart. Default 1. */
  readonly loops?: number;
  /** It loads probe.ts. */
  readonly probed?: boolean;
  /** For a server that prints nothing: its port, once it is known to accept. */
  readonly ready?: (output: string) => string | undefined;
}

export interface RunningServer {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  /** SIGTERM, then SIGKILL. Resolves to what it wrote to stderr (the first and the last 64 KiB). */
  stop(): Promise<string>;
}

/** Of `listening tcp://HOST:PORT`, on a line of its own or at the start of one. */
export function parseListening(output: string): { host: string; port: number } | undefined {
  const match = /^listening tcp:\/\/(?<host>[\d.]+|\[[\d:a-f]+\]):(?<port>\d+)\b/m.exec(output);
  if (match === null) return undefined;
  const { host, port } = match.groups as { host: string; port: string };
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
}

/** It did not come up. `words`: the end of what it wrote to stderr. */
export class ServerStartError extends Error {
  readonly words: string;

  constructor(message: string, words: string, options: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.words = words;
  }
}

export const hasTaskset = existsSync('/usr/bin/taskset');

/** Prefixes a command so that it runs on these cores. taskset replaces itself, so the pid stays the command's. */
export function pinned(
  cores: readonly number[] | undefined,
  command: string,
  args: readonly string[],
): [string, string[]] {
  if (cores === undefined || !hasTaskset) return [command, [...args]];
  return ['taskset', ['--cpu-list', cores.join(','), command, ...args]];
}

/** Starts it and waits until it listens. Rejects with its own last words if it ends or says nothing for 20 s. */
export async function startServer(
  server: ServerCommand,
  cores?: readonly number[],
): Promise<RunningServer> {
  const [command, args] = pinned(cores, server.command, server.args);
  const child = startChild(command, args, {
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let first = '';
  let last = '';
  const keep = (text: string): void => {
    const room = KEPT_BYTES - first.length;
    first += text.slice(0, room);
    last = (last + text.slice(room)).slice(-KEPT_BYTES);
  };
  child.stderr!.setEncoding('utf8').on('data', keep);
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      keep(error.message);
      resolve();
    });
  });
  const stop = async (): Promise<string> => {
    await end(child, closed);
    return first + last;
  };
  try {
    const { host, port } = await listening(child, server, closed);
    return { pid: child.pid!, host, port, stop };
  } catch (error) {
    const words = (await stop()).trim();
    throw new ServerStartError(`${server.name}: ${(error as Error).message} ${words}`, words, {
      cause: error,
    });
  }
}

function listening(
  child: ChildProcess,
  { ready }: ServerCommand,
  closed: Promise<void>,
): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      reject(new Error(`said nothing of listening for ${START_MS / 1000} s.`));
    }, START_MS);
    void closed.then(() => {
      clearTimeout(timer);
      reject(new Error('ended before it listened.'));
    });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_BYTES);
      const found = parseListening(ready?.(output) ?? output);
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
}

async function end(child: ChildProcess, closed: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => killGroup(child), STOP_MS);
  await closed;
  clearTimeout(timer);
}
