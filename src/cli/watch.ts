/**
 * `patterns serve --watch`: this process watches, and a child serves. The child is in a process group of its own, so
 * that Ctrl-C reaches it once, by us; an IPC channel that carries nothing ends it should we be killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HandlerError, OptionError } from '../errors.ts';
import { Exit } from './exit.ts';
import { watchFolder } from './folder.ts';
import { makeLog, type Logger } from './log.ts';
import { flush } from './output.ts';
import { listenForStop } from './signals.ts';

/** Serves until a signal, again at each change. Never returns. @throws HandlerError, OptionError */
export async function watchHandler(handler: string, logLevel: string): Promise<void> {
  const path = pathOf(handler);
  const folder = dirname(path);
  if (!existsSync(folder)) throw new HandlerError(`There is no handler at ${path}.`);
  const stop = listenForStop();
  const log = await makeLog(logLevel);
  const seat = new Seat(log, `watching ${folder} for a change`);
  const watched = watchFolder(folder, (file) => {
    log.info(`${relative(folder, file)} changed: ${basename(path)} starts again`);
    seat.restart();
  });
  const { folders, unwatched } = watched;
  log.info({ folders }, `watching ${folder}`);
  if (unwatched > 0)
    log.warn(`${unwatched} folders below it cannot be watched: see fs.inotify.max_user_watches`);
  seat.start();
  const code = await Promise.race([
    seat.refused,
    stop.first.then((signal) => {
      log.info(`${signal}: stopping`);
      void stop.second.then(() => seat.force());
      return seat.stop();
    }),
  ]);
  watched.close();
  await flush();
  process.exit(code);
}

/** The one child that there is at a time. */
class Seat {
  /** The first child does not accept its options: no change of the handler mends that. */
  readonly refused: Promise<Exit>;
  #log: Logger;
  #waiting: string;
  #child: ChildProcess | undefined = undefined;
  #starts = 0;
  #startAgain = false;
  #onRefused!: (code: Exit) => void;
  #onStopped: ((code: Exit) => void) | undefined = undefined;

  constructor(log: Logger, waiting: string) {
    this.#log = log;
    this.#waiting = waiting;
    this.refused = new Promise((resolve) => {
      this.#onRefused = resolve;
    });
  }

  start(): void {
    this.#starts += 1;
    const [main, ...words] = process.argv.slice(1);
    const args = [...process.execArgv, main, ...words.filter((word) => word !== '--watch')];
    this.#child = spawn(process.execPath, [...args, '--watched'], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.once('exit', (code, signal) => this.#exited(code, signal));
  }

  /** What the running child has in flight is answered first. */
  restart(): void {
    if (this.#onStopped !== undefined) return;
    if (this.#child === undefined) this.start();
    else if (!this.#startAgain) {
      this.#startAgain = true;
      this.#child.kill('SIGTERM');
    }
  }

  /** Resolves to the child's exit code. */
  stop(): Promise<Exit> {
    if (this.#child === undefined) return Promise.resolve(Exit.OK);
    if (!this.#startAgain) this.#child.kill('SIGTERM');
    return new Promise((resolve) => {
      this.#onStopped = resolve;
    });
  }

  force(): void {
    this.#child?.kill('SIGTERM');
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = undefined;
    if (this.#onStopped !== undefined) {
      const young = signal === 'SIGTERM'; // it had nothing yet that could be cut
      this.#onStopped(code === 0 || young ? Exit.OK : Exit.FAILED);
    } else if (this.#startAgain) {
      this.#startAgain = false;
      this.start();
    } else if (code === Exit.USAGE && this.#starts === 1) {
      this.#onRefused(code);
    } else {
      this.#log.warn(`the server ended with ${signal ?? `code ${code}`}; ${this.#waiting}`);
    }
  }
}

function pathOf(handler: string): string {
  if (handler.startsWith('file:')) return fileURLToPath(handler);
  if (/^[a-z]{2,}:/.test(handler))
    throw new OptionError(`--watch needs a handler in a file; ${handler} is none.`);
  return resolve(handler);
}
