/**
 * Threads of mode `native` live in a child process: one that is terminated, or runs out of memory, with uWebSockets.js
 * at work in it ends its whole process (Node asserts that a thread's loop closes with nothing open). There the child
 * ends and is replaced; a thread that throws or exits closes what it has, and is replaced alone.
 *
 *     main ─▶ Supervisor ─process─▶ worker() below ─▶ Supervisor ─threads─▶ native.ts
 */
import { handlerErrors, workerDied, workerHandlerErrors, workerReady } from '../../channels.ts';
import type { Running } from '../mode.ts';
import type { TcpAddress } from '../../net/listener.ts';
import { NOTHING_COUNTED } from '../../net/loop.ts';
import {
  packError,
  reviveError,
  type PackedError,
  type WorkerPort,
} from '../../workers/messages.ts';
import type { Plan, WorkerContext, WorkerSide, WorkerStats } from '../../workers/plan.ts';
import { Supervisor } from '../../workers/supervisor.ts';
import { siblingUrl } from '../../workers/unit.ts';

/** A child that does not answer is reported with its last figures. */
const STATS_TIMEOUT_MS = 1000;

/** From the child. What its own channels publish is published again here. */
type Note =
  | { readonly type: 'stats'; readonly request: number; readonly rows: WorkerStats[] }
  | { readonly type: 'ready'; readonly what: object }
  | { readonly type: 'died'; readonly what: object }
  | { readonly type: 'fatal'; readonly error: PackedError };

/** To the child. */
type Order =
  | { readonly type: 'stats'; readonly request: number }
  | { readonly type: 'publish'; readonly topic: string; readonly message: unknown };

/** The main half, beside a port that is bound already. */
export async function startThreads(
  plan: Plan,
  address: TcpAddress,
  fail: (error: Error) => void,
): Promise<Omit<Running, 'address'>> {
  const past = new Map<number, WorkerStats>();
  let last: WorkerStats[] = [];
  let requests = 0;
  const waiting = new Map<number, () => void>();
  const inChild: Plan = {
    ...plan,
    unit: 'process',
    target: address,
    modeUrl: siblingUrl('./threads', import.meta.url).href,
  };
  const supervisor = new Supervisor(inChild, {
    quiet: true,
    onFatal: fail,
    onMessage: (_worker, body) => {
      const note = body as Note;
      if (note.type === 'ready') workerReady.publish(note.what);
      else if (note.type === 'died') workerDied.publish(note.what);
      else if (note.type === 'fatal') fail(reviveError(note.error));
      else {
        last = note.rows;
        waiting.get(note.request)?.();
      }
    },
    onGone: () => {
      for (const row of last) past.set(row.id, ended(row, past.get(row.id)));
      last = [];
      for (const done of waiting.values()) done();
    },
  });
  await supervisor.startAll(1);
  const order = (body: Order) => supervisor.workers[0].unit.post({ type: 'mode', body });
  const ask = () =>
    new Promise<void>((resolve) => {
      requests += 1;
      const request = requests;
      const timer = setTimeout(() => waiting.get(request)?.(), STATS_TIMEOUT_MS);
      waiting.set(request, () => {
        clearTimeout(timer);
        waiting.delete(request);
        resolve();
      });
      order({ type: 'stats', request });
    });
  return {
    stats: async () => {
      await ask();
      const rows = last.length > 0 ? last : [...past.values()];
      return rows.map((row) => (row === past.get(row.id) ? row : sum(row, past.get(row.id))));
    },
    publish: (topic, message) => order({ type: 'publish', topic, message }),
    drain: () => supervisor.drain(),
    force: () => supervisor.kill(),
  };
}

/** The child's half. */
export const mode = { worker };

async function worker({ plan, port }: WorkerContext): Promise<WorkerSide> {
  const own: Plan = {
    ...plan,
    unit: 'thread',
    modeUrl: siblingUrl('../native', import.meta.url).href,
  };
  forward(port);
  const supervisor = new Supervisor(own, {
    onFatal: (error) => tell(port, { type: 'fatal', error: packError(error) }),
  });
  await supervisor.start(1); // a handler that cannot start fails alone
  await Promise.all(Array.from({ length: plan.workers - 1 }, (_, i) => supervisor.start(i + 2)));
  return {
    address: plan.target,
    stats: () => NOTHING_COUNTED, // its own loop serves nobody
    onMessage: (body) => {
      const order = body as Order;
      if (order.type === 'publish') supervisor.publish(order.topic, order.message);
      else {
        const { type, request } = order;
        void supervisor.stats().then((rows) => tell(port, { type, request, rows }));
      }
    },
    drain: () => supervisor.drain(),
    unstoppable: true,
  };
}

function forward(port: WorkerPort): void {
  workerReady.subscribe((what) => tell(port, { type: 'ready', what: what as object }));
  workerDied.subscribe((what) => tell(port, { type: 'died', what: what as object }));
  workerHandlerErrors.subscribe((message) => {
    const { error } = message as { error: PackedError };
    handlerErrors.publish({ error: reviveError(error), connection: undefined });
  });
}

function tell(port: WorkerPort, note: Note): void {
  port.post(note);
}

/** What a thread had counted when its process ended. */
function ended(row: WorkerStats, before: WorkerStats | undefined): WorkerStats {
  const counted = before === undefined ? row : sum(row, before);
  return {
    ...counted,
    alive: false,
    open: 0,
    topics: 0,
    subscriptions: 0,
    restarts: counted.restarts + 1,
  };
}

function sum(row: WorkerStats, before: WorkerStats | undefined): WorkerStats {
  if (before === undefined) return row;
  return {
    ...row,
    accepted: row.accepted + before.accepted,
    refused: row.refused + before.refused,
    messages: row.messages + before.messages,
    errors: row.errors + before.errors,
    bytesIn: row.bytesIn + before.bytesIn,
    bytesOut: row.bytesOut + before.bytesOut,
    restarts: row.restarts + before.restarts,
    published: row.published + before.published,
    delivered: row.delivered + before.delivered,
    dropped: row.dropped + before.dropped,
  };
}
