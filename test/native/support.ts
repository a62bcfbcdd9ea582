/** Mode `native` where it can be had: on the pair of a Node and a binary that `make peers` installs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { formatAddress, type TcpAddress } from '../../src/net/listener.ts';
import type { UnitName } from '../../src/options.ts';
import type { CloseResult, Server, ServerStats, ServeOptions } from '../../src/serve.ts';
import { before, until } from '../modes/support/wait.ts';
import type { Kept } from './host.ts';

/** The folder whose node_modules have the pair; another by NATIVE_PEERS. */
const peers =
  process.env.NATIVE_PEERS ?? fileURLToPath(new URL('../../bench/peers', import.meta.url));
const node = join(peers, `node_modules/node-${process.platform}-${process.arch}/bin/node`);

/** Why these tests cannot run, and what to do; false where they can. */
export const skip =
  (!existsSync(node) || !existsSync(join(peers, 'node_modules/uWebSockets.js'))) &&
  'no pair of Node and uWebSockets.js is installed: make peers';

/** They cross to another process: as JSON. */
export type HostOptions = Partial<Omit<ServeOptions, 'mode'>> & Pick<ServeOptions, 'handler'>;

export interface Refusal {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly modes?: readonly string[];
}

interface Said {
  readonly event: string;
  readonly text?: string;
  readonly address?: TcpAddress;
  readonly unit?: UnitName;
  readonly workers?: number;
  readonly error?: Refusal;
  readonly request?: number;
  readonly result?: unknown;
}

/** A server of mode `native` in another process. */
export class Host implements Server {
  readonly mode = 'native';
  readonly address: TcpAddress;
  readonly url: string;
  readonly port: number;
  readonly unit: UnitName | undefined;
  readonly workers: number;
  readonly closed: Promise<CloseResult>;
  readonly heard: readonly Said[];
  readonly pid: number;
  readonly #child: ChildProcess;
  #requests = 0;
  #onClosed!: (result: CloseResult) => void;

  constructor(child: ChildProcess, heard: readonly Said[], ready: Said) {
    this.#child = child;
    this.heard = heard;
    this.pid = child.pid!;
    this.address = ready.address!;
    this.url = formatAddress(this.address);
    this.port = this.address.port;
    this.unit = ready.unit;
    this.workers = ready.workers!;
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  stats(): Promise<ServerStats> {
    return this.#ask('stats', {});
  }

  /** What its main loop keeps: with `workers: 1` that is all. */
  kept(): Promise<Kept> {
    return this.#ask('kept', {});
  }

  publish(topic: string, message: unknown): void {
    this.#child.send({ call: 'publish', with: [topic, message] });
  }

  async close(options: { drainTimeoutMs?: number } = {}): Promise<CloseResult> {
    if (!this.#child.connected) return this.closed;
    this.#onClosed(await this.#ask('close', options));
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A figure of all workers together. */
  async sum(
    figure:
      | 'accepted'
      | 'open'
      | 'refused'
      | 'messages'
      | 'errors'
      | 'restarts'
      | 'subscriptions'
      | 'delivered',
  ) {
    const { workers } = await this.stats();
    return workers.reduce((sum, worker) => sum + worker[figure], 0);
  }

  /** What it said of that kind. */
  texts(event: string): string[] {
    return this.heard.filter((one) => one.event === event).map(({ text }) => text ?? '');
  }

  async #ask<T>(call: string, argument: object): Promise<T> {
    this.#requests += 1;
    const request = this.#requests;
    this.#child.send({ request, call, with: argument });
    const answer = await until(
      () => this.heard.find((one) => one.request === request),
      `the server answers ${call}`,
    );
    return answer.result as T;
  }
}

/** Starts one. It ends with the test. */
export async function host(t: Test, options: HostOptions): Promise<Host> {
  const started = await start(t, options);
  if (started instanceof Host) return started;
  throw Object.assign(new Error(started.message), started);
}

/** What it is refused with. */
export async function refused(t: Test, options: HostOptions): Promise<Refusal> {
  const started = await start(t, options);
  if (!(started instanceof Host)) return started;
  throw new Error('it was not refused');
}

async function start(t: Test, options: HostOptions): Promise<Host | Refusal> {
  const { handler } = options;
  if (typeof handler === 'object' && !(handler instanceof URL)) {
    throw new TypeError('The handler goes to another process: give its URL.');
  }
  const child = spawn(
    node,
    [
      '--conditions=patterns-source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('host.ts', import.meta.url)),
      JSON.stringify({ ...options, handler: String(handler) }),
    ],
    {
      cwd: peers,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      env: envOf(),
    },
  );
  const heard: Said[] = [];
  child.on('message', (message) => heard.push(message as Said));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  const first = (event: string) => heard.find((one) => one.event === event);
  const gone = before(exited, 'the server starts or ends').then(() => undefined);
  const ready = await Promise.race([
    until(() => first('ready') ?? first('failed'), 'the server starts'),
    gone,
  ]);
  if (ready?.event === 'ready') return new Host(child, heard, ready);
  const failed = first('failed')?.error;
  if (failed === undefined) throw new Error(`it ended: ${child.exitCode ?? child.signalCode}`);
  return failed;
}

/** Without tap's own loaders. */
function envOf(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS$|TAP|_TAPJS)/.test(name)),
  );
}

/** The three ways in which its loops are run. */
export const WAYS = [
  { name: 'the main loop', workers: 1 },
  { name: 'processes', workers: 2, unit: 'process' },
  { name: 'threads', workers: 2, unit: 'thread' },
] as const;

/** Status line, headers without Date and uWebSockets.js's mark in any order, and body. */
export function parse(response: string): { status: string; headers: string[]; body: string } {
  const end = response.indexOf('\r\n\r\n');
  const [status, ...lines] = response.slice(0, end).split('\r\n');
  const headers = lines.filter((line) => !/^(date|uwebsockets):/i.test(line)).sort();
  return { status, headers, body: response.slice(end + 4) };
}
