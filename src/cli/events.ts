/** What the server tells on its channels, as lines in the log. */
import type { Channel } from 'node:diagnostics_channel';
import {
  acceptErrors,
  handlerErrors,
  workerDied,
  workerHandlerErrors,
  workerReady,
} from '../channels.ts';
import { Burst } from './burst.ts';
import type { Logger } from './log.ts';

const SECOND_MS = 1000;

interface WorkerEvent {
  readonly workerId: number;
  readonly pid: number;
}

/** Logs every event from now on. Returns what tells the counts of the second under way. */
export function logEvents(log: Logger): () => void {
  const handler = new Bounded(log, 'handler errors');
  const accept = new Bounded(log, 'connections could not be accepted');
  const dead = new Set<number>();

  on<{ error: unknown; count?: number }>(handlerErrors, ({ error, count }) => {
    handler.tell(error, {}, 'the handler failed', count);
  });
  on<{ workerId: number; error: unknown; count: number }>(workerHandlerErrors, (event) => {
    const { workerId, error, count } = event;
    handler.tell(error, { workerId }, 'the handler failed', count);
  });
  on<{ address: object; error: Error }>(acceptErrors, ({ address, error }) => {
    accept.tell(error, { address }, 'a connection could not be accepted');
  });
  on<WorkerEvent>(workerReady, (event) => {
    if (dead.delete(event.workerId)) log.info(named(event), `worker ${event.workerId} is back`);
    else log.debug(named(event), `worker ${event.workerId} is ready`);
  });
  on<WorkerEvent & { reason: string; restartMs: number | undefined }>(workerDied, (event) => {
    dead.add(event.workerId);
    const { workerId, pid, reason, restartMs } = event;
    const next = restartMs === undefined ? 'gives up' : `restarts in ${restartMs} ms`;
    log.warn(
      named(event),
      `worker ${workerId} (pid ${pid}) died and ${next}: ${reason.split('\n')[0]}`,
    );
  });

  return () => {
    handler.flush();
    accept.flush();
  };
}

/** Errors of one sort, in full or by their count (burst.ts). */
class Bounded {
  #log: Logger;
  #what: string;
  #burst = new Burst();
  #last: unknown = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(log: Logger, what: string) {
    this.#log = log;
    this.#what = what;
  }

  /** @param count how many errors this one stands for. */
  tell(error: unknown, more: object, sentence: string, count = 1): void {
    this.#timer ??= setInterval(() => this.#tick(), SECOND_MS).unref();
    this.#last = error;
    if (count > 1) this.#burst.count(count);
    else if (this.#burst.take(() => kindOf(error)))
      this.#log.error({ ...more, err: error }, `${sentence}: ${messageOf(error)}`);
  }

  flush(): void {
    if (this.#timer !== undefined) this.#tick();
  }

  #tick(): void {
    const { counted, quiet } = this.#burst.tick();
    if (counted > 0)
      this.#log.error(
        { count: counted },
        `${counted} more ${this.#what}; the last: ${messageOf(this.#last)}`,
      );
    if (!quiet) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Errors from one place are of one kind, whatever their messages say. */
function kindOf(error: unknown): string {
  const { name, stack } = (error ?? {}) as Partial<Error>;
  const place = /\n\s+at .*/.exec(stack ?? '')?.[0];
  return place === undefined ? messageOf(error) : name + place;
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as Partial<Error>;
  return (message ?? String(error)).split('\n')[0];
}

/** `pid` is in every line of the log: the server's own. */
function named<Event extends WorkerEvent>({ pid, ...event }: Event) {
  return { ...event, workerPid: pid };
}

function on<Message>(channel: Channel, listener: (message: Message) => void): void {
  channel.subscribe((message) => listener(message as Message));
}
