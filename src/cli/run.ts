/** Serves until a signal, a crash or the server itself ends it. */
import type { PatternsError } from '../errors.ts';
import { readOptions } from '../options.ts';
import { serve, type ServeOptions, type Server, type ServerStats } from '../serve.ts';
import { logEvents } from './events.ts';
import { Exit } from './exit.ts';
import { makeLog, type Logger } from './log.ts';
import { claimStdout, flush } from './output.ts';
import { listenForStop, type Stop } from './signals.ts';

/** Behind the drain's deadline, or a second signal, how long the server may take to end what it forces. */
const FORCE_MS = 3000;
/** setTimeout's own limit. */
const MOST_MS = 2 ** 31 - 1;

export interface RunOptions {
  readonly logLevel: string;
  /** A child of `--watch`: it ends with its parent. */
  readonly watched: boolean;
}

type End =
  | { readonly signal: string }
  | { readonly crash: unknown; readonly origin: string }
  | { readonly failure: Error };

/** Never returns: a handler may have left timers and sockets that would keep the process. */
export async function run(options: ServeOptions, { logLevel, watched }: RunOptions): Promise<void> {
  const say = claimStdout();
  const stop = listenForStop(watched);
  const log = await makeLog(logLevel);
  const tellCounts = logEvents(log);
  const crashed = firstCrash(log);
  let started = false;
  void stop.first.then((signal) => {
    if (!started) log.info(`${signal}: stopping once it has started; again ends it at once`);
  });
  const starting = await Promise.race([
    serve({ ...options, workerOutput: 'stderr' }),
    crashed,
    stop.second.then((signal) => ({ signal })),
  ]);
  const leave = async (code: Exit) => {
    tellCounts();
    await flush();
    process.exit(code);
  };
  if (!('closed' in starting)) {
    if ('crash' in starting) tellCrash(log, starting);
    return leave(Exit.FAILED); // the workers go with this process
  }
  const server = starting;
  started = true;
  void say(listeningLine(server)).then((code) => {
    if (code !== undefined)
      log.warn(`standard output cannot be written: ${code}; serving all the same`);
  });
  const end: End = await Promise.race([
    stop.first.then((signal) => ({ signal })),
    crashed,
    server.closed.then(
      () => ({ failure: new Error('The server ended by itself.') }),
      (failure: Error) => ({ failure }),
    ),
  ]);
  if ('signal' in end) return leave(await drain(server, log, stop, end.signal, options));
  if ('crash' in end) tellCrash(log, end);
  else log.fatal({ code: (end.failure as Partial<PatternsError>).code }, end.failure.message);
  await within(FORCE_MS, server.close({ drainTimeoutMs: 0 })).catch(() => {});
  return leave(Exit.FAILED);
}

function listeningLine({ url, mode, unit, workers }: Server): string {
  return `listening ${url} mode=${mode}${unit === undefined ? '' : ` unit=${unit} workers=${workers}`}`;
}

/** Answers what was received, and ends. A second signal ends it at once. */
async function drain(
  server: Server,
  log: Logger,
  stop: Stop,
  signal: string,
  { drainTimeoutMs = readOptions({}).drainTimeoutMs }: ServeOptions,
): Promise<Exit> {
  log.info(`${signal}: stopping; what is in flight has ${drainTimeoutMs} ms`);
  const again = stop.second.then((second) => {
    log.warn(`${second} again: stopping at once`);
    return within(FORCE_MS, server.close({ drainTimeoutMs: 0 }));
  });
  const stats = await Promise.race([server.stats(), again.then(() => undefined)]);
  if (stats !== undefined) log.info({ stats }, summary(stats));
  const result = await Promise.race([
    again,
    within(drainTimeoutMs + FORCE_MS, server.close({ drainTimeoutMs })),
  ]);
  if (result?.forced === false) {
    log.info('stopped: everything was answered');
    return Exit.OK;
  }
  log.warn('stopped by force: what was not done by then was cut');
  return Exit.FAILED;
}

function summary({ workers, uptimeMs }: ServerStats): string {
  const sum = (name: 'messages' | 'accepted' | 'errors' | 'uncounted') =>
    workers.reduce((total, worker) => total + (worker[name] ?? 0), 0);
  const dead = sum('uncounted');
  return (
    `served ${sum('messages')} messages of ${sum('accepted')} connections ` +
    `in ${(uptimeMs / 1000).toFixed(1)} s, with ${sum('errors')} errors` +
    (dead === 0
      ? ''
      : `, without what ${dead} ${dead === 1 ? 'worker' : 'workers'} that died had served`)
  );
}

/** The first exception or rejection that nobody caught; later ones are only logged. */
function firstCrash(log: Logger): Promise<{ crash: unknown; origin: string }> {
  return new Promise((resolve) => {
    let first = true;
    process.on('uncaughtException', (crash, origin) => {
      if (first) resolve({ crash, origin });
      else tellCrash(log, { crash, origin });
      first = false;
    });
  });
}

function tellCrash(log: Logger, { crash, origin }: { crash: unknown; origin: string }): void {
  const what = origin === 'unhandledRejection' ? 'a rejection' : 'an exception';
  const message = crash instanceof Error ? crash.message : String(crash);
  log.fatal({ err: crash }, `${what} that nobody caught ends the server: ${message}`);
}

/** What the promise gives, or undefined when the time is over. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, MOST_MS), undefined);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
