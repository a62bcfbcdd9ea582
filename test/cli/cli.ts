/** The command line as a child process: started, waited for by what it says, and ended by its pid. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const STEP_MS = 20_000;

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));

/** None of tap's variables, no colours, and what Node compiles kept: that is half of a short command's time. */
export const env: NodeJS.ProcessEnv = {
  NODE_COMPILE_CACHE: CACHE,
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(?:TAP|_TAPJS|NODE_OPTIONS$|NO_COLOR$|FORCE_COLOR$)/.test(name),
    ),
  ),
};

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

const running = new Set<ChildProcess>();
// A test file that runs out of time has no teardown.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface CliOptions extends SpawnOptions {
  /** A command that is given ours as its arguments. */
  readonly through?: readonly string[];
}

export class Cli {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly ended: Promise<Ended>;
  #onText = new Set<() => void>();

  constructor(args: readonly string[], { through = [], ...options }: CliOptions = {}) {
    const [command, ...words] = [...through, process.execPath, ...nodeArgs, MAIN, ...args];
    this.child = spawn(command, words, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take('out', text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#take('err', text));
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, out: this.out, err: this.err });
        for (const look of this.#onText) look();
      });
    });
  }

  /** Waits until standard output or error shows it. `times`: how often. */
  async says(stream: 'out' | 'err', pattern: RegExp, times = 1): Promise<RegExpMatchArray> {
    const global = new RegExp(pattern.source, `${pattern.flags}g`);
    return within(
      `${pattern} on ${stream}`,
      new Promise<RegExpMatchArray>((resolve, reject) => {
        const look = () => {
          const matches = [...this[stream].matchAll(global)];
          if (matches.length < times) {
            if (this.child.exitCode !== null) reject(new Error(`ended before ${pattern}`));
            return;
          }
          this.#onText.delete(look);
          resolve(matches[times - 1]);
        };
        this.#onText.add(look);
        look();
      }),
    ).catch((error: Error) => {
      throw new Error(`${error.message}\nout: ${this.out}\nerr: ${this.err}`, { cause: error });
    });
  }

  /** Its port, once it accepts. */
  async port(times = 1): Promise<number> {
    const [, port] = await this.says('out', /^listening tcp:\/\/127\.0\.0\.1:(\d+) /m, times);
    return Number(port);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  end(): Promise<Ended> {
    return within('the end', this.ended);
  }

  #take(stream: 'out' | 'err', text: string): void {
    this[stream] += text;
    for (const look of this.#onText) look();
  }
}

/** As this process was started, so that both ends of the supported Nodes are tested. */
export const nodeArgs = ['--conditions=patterns-source', '--disable-warning=ExperimentalWarning'];

/** Starts it, and ends it with the test. */
export function start(t: Test, args: readonly string[], options?: CliOptions): Cli {
  const cli = new Cli(args, options);
  t.teardown(async () => {
    if (cli.child.exitCode === null && cli.child.signalCode === null) cli.child.kill('SIGKILL');
    cli.child.stdout?.destroy();
    cli.child.stderr?.destroy();
    await cli.ended;
  });
  return cli;
}

/** Runs it to its end. */
export async function run(args: readonly string[], options?: CliOptions): Promise<Ended> {
  const cli = new Cli(args, options);
  try {
    return await cli.end();
  } catch (error) {
    cli.kill('SIGKILL');
    const { out, err } = await cli.ended;
    throw new Error(`${args.join(' ')}: ${(error as Error).message}\n${out}${err}`, {
      cause: error,
    });
  }
}

export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${STEP_MS} ms for ${what}`)), STEP_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Files in a folder that goes with the test. */
export function folderOf(t: Test, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'patterns-cli-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** A client that speaks lines. */
export class Client {
  #socket;
  #lines: AsyncIterator<string>;

  constructor(t: Test, target: NetConnectOpts) {
    this.#socket = connect(target);
    this.#socket.on('error', () => {});
    this.#lines = createInterface({ input: this.#socket })[Symbol.asyncIterator]();
    t.teardown(() => this.#socket.destroy());
  }

  send(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  end(): void {
    this.#socket.end();
  }

  /** The next line, or undefined at the end, however it came. */
  async line(): Promise<string | undefined> {
    const next = this.#lines.next().catch(() => ({ value: undefined, done: true }));
    const { value, done } = await within('a line', next);
    return done ? undefined : value;
  }

  async ask(line: string): Promise<string | undefined> {
    this.send(line);
    return this.line();
  }
}

/** The log lines that are JSON. */
export function logOf(err: string): Record<string, unknown>[] {
  return err
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** At most two at a time: that is how many cores there are. */
export async function mapTwo<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      results[at] = await work(items[at]);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
