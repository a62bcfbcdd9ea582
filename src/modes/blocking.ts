/**
 * A thread per connection, and reads that block: the pattern of a C server of old, to compare with.
 *
 * Nothing ends a thread inside a blocking read: destroying the socket does not wake it, terminate() hangs, and its
 * descriptor's number may be used again under it. So the threads live in a child process, which can always be killed;
 * each serves one connection after the other; and a descriptor closes only after its thread has returned.
 */
import { Worker } from 'node:worker_threads';
import { handlerErrors } from '../channels.ts';
import { probeInternals, socketFrom, type Handle } from '../net/handles.ts';
import { IDLE_LOOK_MS, IDLE_LOOKS } from '../net/lifetime.ts';
import { NOTHING_COUNTED, type Counters } from '../net/loop.ts';
import type { Plan, WorkerContext, WorkerSide } from '../workers/plan.ts';
import { reviveError } from '../workers/messages.ts';
import { heapLimit, siblingUrl } from '../workers/unit.ts';
import {
  COUNTS,
  ThreadState,
  type Count,
  type ThreadNote,
  type ThreadStart,
} from './blocking/thread-contract.ts';
import type { Mode } from './mode.ts';
import { listenTo, startBound } from './shared-parts.ts';

/** Behind our end, how long peers may take to close their side. */
const LINGER_MS = 5000;
const DEFAULT_THREADS = 64;

export const mode: Mode = {
  name: 'blocking',
  summary:
    'For comparison: a thread per connection with blocking reads, each some 16 MiB; the cap is the number of clients served.',
  listeners: '1',
  accepts: 'main (of a child process)',
  reads: 'one thread per connection, blocking reads',
  executes: 'the same thread',
  units: ['thread'],
  capabilities: ['unix', 'workers', 'unframed-protocol', 'raw-protocol'],
  defaultWorkers: DEFAULT_THREADS,

  async unavailable() {
    if (process.platform === 'win32') return 'Windows has no descriptors to block on';
    const internals = await probeInternals();
    return internals.bind && internals.accept
      ? undefined
      : 'this Node hides the handles of its sockets';
  },

  start: ({ plan, fail }) => startBound({ ...plan, unit: 'process', readPath: 'auto' }, 1, fail),

  async worker(context: WorkerContext): Promise<WorkerSide> {
    const threads = new Threads(context.plan);
    await threads.open();
    const handle = (await context.attachment()) as Handle;
    const listener = await listenTo(
      context.plan,
      false,
      { handle: (client) => threads.give(client), socket: () => {} },
      handle,
    );
    return {
      address: listener.address,
      unstoppable: true,
      stats: () => threads.stats(),
      drain: () => {
        listener.close();
        return threads.drain();
      },
    };
  },
};

interface Seat {
  readonly worker: Worker;
  readonly workerId: number;
  /** Shared with the thread: [state, draining]. */
  readonly control: Int32Array;
  /** Shared with the thread, which alone writes: COUNTS. */
  readonly counts: Float64Array;
  client: Handle | undefined;
  /** While the server stops: how often on end its client was found idle. */
  idleLooks: number;
}

/** The threads of a child process, and who waits for one. */
class Threads {
  #plan: Plan;
  #seats = new Set<Seat>();
  #idle: Seat[] = [];
  #waiting: Handle[] = [];
  #counters = { accepted: 0, refused: 0, errors: 0, restarts: 0 };
  /** What threads counted that are gone. */
  #past: Record<Count, number> = { messages: 0, errors: 0, bytesIn: 0, bytesOut: 0 };
  #draining = false;
  /** Their protocol tells peers of the end in its last reply. */
  #announces = false;
  #onChange: (() => void) | undefined = undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Starts the first thread, to see that the handler runs. @throws what it fails with */
  async open(): Promise<void> {
    const seat = this.#start();
    const exit = (code: number) => process.exit(code); // as if we had died: the supervisor knows what to do
    seat.worker.once('exit', exit);
    await new Promise<void>((resolve, reject) => {
      const settled = () => seat.worker.removeListener('exit', exit);
      seat.worker.once('message', settled).once('error', settled);
      seat.worker.once('error', reject).once('message', (note: ThreadNote) => {
        if (note.type === 'failed') reject(reviveError(note.error));
        else resolve();
        this.#announces = note.type === 'ready' && note.announces;
      });
    });
    this.#idle.push(seat);
  }

  /** A connection takes a free thread, else a new one, else its turn. */
  give(client: Handle): void {
    if (this.#open >= this.#plan.limits.connections) {
      this.#counters.refused += 1;
      client.close();
      return;
    }
    this.#counters.accepted += 1;
    const seat =
      this.#idle.pop() ?? (this.#seats.size < this.#plan.workers ? this.#start() : undefined);
    if (seat === undefined) this.#waiting.push(client);
    else this.#serve(seat, client);
  }

  stats(): Counters {
    const sums = { ...this.#past };
    for (const { counts } of this.#seats) COUNTS.forEach((name, i) => (sums[name] += counts[i]));
    return {
      ...NOTHING_COUNTED,
      ...sums,
      accepted: this.#counters.accepted,
      refused: this.#counters.refused,
      restarts: this.#counters.restarts,
      open: this.#open,
      errors: sums.errors + this.#counters.errors,
    };
  }

  /**
   * Threads at a message finish it. One that waits in its read is told by its peer: we half-close, a peer closes, and
   * the read returns. For those that do not, `LINGER_MS`; then the process is killed with the threads in it.
   *
   * Where the last reply tells peers of the end, that waits until they have been idle for a while, and those that wait for
   * a thread still get one.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const seat of this.#seats) {
      Atomics.store(seat.control, 1, 1);
      seat.worker.postMessage('drain');
    }
    if (this.#announces) await this.#endWhenIdle();
    else this.#endAll();
    await this.#until(() =>
      [...this.#seats].every(
        (seat) => Atomics.load(seat.control, 0) !== ThreadState.BUSY || seat.client === undefined,
      ),
    );
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#onChange?.();
    }, LINGER_MS);
    await this.#until(() => late || this.#open === 0);
    clearTimeout(timer);
    await Promise.all(
      this.#idle.map(
        (seat) =>
          new Promise<void>((resolve) => {
            seat.worker.once('exit', () => resolve());
            seat.worker.postMessage('stop');
          }),
      ),
    );
  }

  #endAll(): void {
    for (const client of this.#waiting) client.close();
    this.#waiting = [];
    for (const seat of this.#seats) this.#endRead(seat);
  }

  /** Resolves when every client is gone, or was found idle and knows of the end. */
  async #endWhenIdle(): Promise<void> {
    const looks = setInterval(() => {
      for (const seat of this.#seats) {
        const idle = Atomics.load(seat.control, 0) === ThreadState.READING;
        seat.idleLooks = idle ? seat.idleLooks + 1 : 0;
        if (seat.idleLooks === IDLE_LOOKS) this.#endRead(seat);
      }
      this.#onChange?.();
    }, IDLE_LOOK_MS);
    await this.#until(
      () =>
        this.#waiting.length === 0 &&
        [...this.#seats].every(
          ({ client, control }) =>
            client === undefined || Atomics.load(control, 0) === ThreadState.CLOSING,
        ),
    );
    clearInterval(looks);
  }

  /** Half-closes the connection of a thread that waits in its read. */
  #endRead({ control, client }: Seat): void {
    const { READING, CLOSING } = ThreadState;
    if (Atomics.compareExchange(control, 0, READING, CLOSING) !== READING) return;
    if (client === undefined) return;
    socketFrom(client, { allowHalfOpen: true, pauseOnCreate: true })
      .on('error', () => {})
      .end();
  }

  get #open(): number {
    let open = this.#waiting.length;
    for (const seat of this.#seats) if (seat.client !== undefined) open += 1;
    return open;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  #serve(seat: Seat, client: Handle): void {
    seat.client = client;
    seat.idleLooks = 0;
    if (!this.#plan.nagle) client.setNoDelay?.(true);
    client.setBlocking!(true);
    Atomics.store(seat.control, 0, ThreadState.BUSY);
    const peer: { address?: string } = {};
    client.getpeername?.(peer);
    seat.worker.postMessage({ fd: client.fd!, remoteAddress: peer.address ?? '' });
  }

  #start(): Seat {
    const control = new Int32Array(new SharedArrayBuffer(8));
    if (this.#draining) Atomics.store(control, 1, 1);
    const counts = new Float64Array(new SharedArrayBuffer(8 * COUNTS.length));
    const taken = new Set(Array.from(this.#seats, (seat) => seat.workerId));
    let workerId = 1;
    while (taken.has(workerId)) workerId += 1;
    const start: ThreadStart = { plan: this.#plan, workerId, control, counts };
    const worker = new Worker(siblingUrl('./blocking/thread', import.meta.url), {
      resourceLimits: heapLimit(this.#plan.limits),
      workerData: start,
    });
    const seat: Seat = { worker, workerId, control, counts, client: undefined, idleLooks: 0 };
    this.#seats.add(seat);
    worker.on('message', (note: ThreadNote) => {
      if (note.type === 'handler-error') failed(reviveError(note.error), note.count);
      else if (note.type === 'returned') this.#returned(seat, note.peerEnded, note.reset);
      else if (note.type === 'failed') this.#died(seat, reviveError(note.error));
    });
    worker.on('error', (error) => this.#died(seat, error));
    worker.on('exit', () => {
      if (!this.#draining) this.#counters.restarts += 1;
      COUNTS.forEach((name, i) => (this.#past[name] += counts[i]));
      this.#seats.delete(seat);
      this.#idle = this.#idle.filter((one) => one !== seat);
      seat.client?.close();
      seat.client = undefined;
      this.#next();
    });
    return seat;
  }

  /** Its connection, if it has one, ends when the thread has (see 'exit'). */
  #died(seat: Seat, error: unknown): void {
    this.#counters.errors += 1;
    failed(error);
    void seat.worker.terminate();
  }

  /** The thread is done with its connection: only now may the descriptor close. */
  #returned(seat: Seat, peerEnded: boolean, wasReset: boolean): void {
    const client = seat.client!;
    seat.client = undefined;
    if (wasReset) reset(client);
    else if (peerEnded) client.close();
    else linger(client);
    this.#idle.push(seat);
    this.#next();
  }

  #next(): void {
    const client = this.#waiting.shift();
    if (client !== undefined) {
      const seat = this.#idle.pop() ?? this.#start();
      this.#serve(seat, client);
    }
    this.#onChange?.();
  }
}

function failed(error: unknown, count = 1): void {
  handlerErrors.publish({ error, connection: undefined, count });
}

function reset(client: Handle): void {
  const socket = socketFrom(client, { allowHalfOpen: true, pauseOnCreate: true });
  socket.on('error', () => {});
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // no TCP
  }
}

/** Half-closes and reads on until the peer has closed too: closing with bytes unread would reset, and cut our last. */
function linger(client: Handle): void {
  client.setBlocking!(false);
  const socket = socketFrom(client, { allowHalfOpen: true });
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('error', () => {}).on('close', () => clearTimeout(timer));
  socket.on('end', () => socket.destroy());
  socket.end();
  socket.resume();
}
