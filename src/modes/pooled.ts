/** One acceptor hands each connection, unread, to one of N loops, by a balancer of your choice. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { socketFrom, type Handle } from '../net/handles.ts';
import { listen, removeStale, type Address } from '../net/listener.ts';
import { makeBalancer, type Balancer, type Candidate } from '../workers/balancers.ts';
import { readPaths } from '../workers/load.ts';
import type { Plan, WorkerContext, WorkerSide } from '../workers/plan.ts';
import { Supervisor, WorkerState, type Worker } from '../workers/supervisor.ts';
import { canMoveSockets } from '../workers/thread.ts';
import type { Mode } from './mode.ts';
import { canReusePort } from './shared-parts.ts';

/** Connections that wait while every worker is being replaced; one more is closed. */
const MOST_WAITING = 1024;

/** Worker to main: `taken` connections are its own now; `closed` have ended. Since the last report. */
interface Report {
  readonly taken: number;
  readonly closed: number;
}

type Connection = Handle | Socket;

export const mode: Mode = {
  name: 'pooled',
  summary:
    'All cores with an even spread, by the balancer you choose; each connection pays one hand-over.',
  listeners: '1',
  accepts: 'main',
  reads: 'one of N loops, chosen by a balancer',
  executes: 'the reading loop',
  units: ['thread', 'process'],
  capabilities: [
    'socket-handler',
    'pushes',
    'idle-timeout',
    'unix',
    'balance',
    'workers',
    'unframed-protocol',
    'raw-protocol',
    'pings',
  ],

  async unavailable(unit, target) {
    if (unit !== 'thread') return undefined;
    if (target !== undefined && 'path' in target)
      return 'Unix sockets do not cross threads; use unit "process"';
    if (await canMoveSockets()) return undefined;
    return `Node ${process.version} cannot move a socket to a thread (24.20 and 26.6 can); use unit "process"`;
  },

  async start({ plan, fail }) {
    const hand = plan.unit === 'thread' ? handToThread : handToProcess;
    const pool = new Pool(makeBalancer(plan.balance, Math.random), hand);
    const supervisor = new Supervisor(plan, {
      onReady: (worker) => pool.join(worker),
      onGone: (worker) => pool.leave(worker),
      onMessage: (worker, body) => pool.report(worker, body as Report),
      onFatal: fail,
    });
    await supervisor.startAll(plan.workers);
    try {
      const listener = await accept(plan, (connection) => pool.give(connection));
      return {
        address: listener.address,
        stats: () => supervisor.stats(),
        publish: (topic, message) => supervisor.publish(topic, message),
        drain: () => {
          listener.close();
          pool.stop();
          return supervisor.drain();
        },
        force: () => supervisor.kill(),
      };
    } catch (error) {
      await supervisor.end();
      throw error;
    }
  },

  async worker(context: WorkerContext): Promise<WorkerSide> {
    let taken = 0;
    let closed = 0;
    const report = () => {
      context.port.post({ taken, closed } satisfies Report);
      taken = 0;
      closed = 0;
    };
    const later = () => {
      if (taken + closed === 1) setImmediate(report); // one report for all that this turn brought
    };
    const loop = await context.makeLoop({
      onClosed: () => {
        closed += 1;
        later();
      },
    });
    return {
      stats: () => loop.stats(),
      drain: () => loop.drain(),
      onMessage: (_body, connection) => {
        taken += 1;
        later();
        if (isSocket(connection)) {
          connection.pause();
          loop.adoptSocket(connection);
        } else {
          loop.adoptHandle(connection as Handle);
        }
      },
    };
  },
};

async function accept(
  plan: Plan,
  give: (connection: Connection) => void,
): Promise<{ address: Address; close(): void }> {
  const { accept: raw } = await readPaths(plan);
  if ('path' in plan.target) await removeStale(plan.target.path);
  return listen(
    plan.target,
    { backlog: plan.backlog, reusePort: await canReusePort(), raw },
    { handle: give, socket: give },
  );
}

/** A thread takes the socket itself. Returns what is left to close here. */
function handToThread(worker: Worker, connection: Connection): undefined {
  const socket = isSocket(connection)
    ? connection
    : socketFrom(connection, { allowHalfOpen: true, pauseOnCreate: true });
  worker.unit.hand({ type: 'mode', body: null }, socket);
}

/** A process gets a copy of the descriptor; ours stays open until the process says that it has its own. */
function handToProcess(worker: Worker, connection: Connection): Connection {
  worker.unit.hand({ type: 'mode', body: null }, connection);
  return connection;
}

interface Member extends Candidate {
  open: number;
  readonly worker: Worker;
  /** Handed over and not yet taken, oldest first. */
  readonly underWay: Connection[];
}

/** Who has which connections. */
class Pool {
  #balance: Balancer;
  #hand: (worker: Worker, connection: Connection) => Connection | undefined;
  #members: Member[] = [];
  #waiting: Connection[] = [];
  #stopping = false;

  constructor(
    balance: Balancer,
    hand: (worker: Worker, connection: Connection) => Connection | undefined,
  ) {
    this.#balance = balance;
    this.#hand = hand;
  }

  give(connection: Connection): void {
    if (this.#members.length > 0) {
      const member = this.#members[this.#balance(this.#members, addressOf(connection))];
      member.open += 1;
      const copy = this.#hand(member.worker, connection);
      if (copy !== undefined) member.underWay.push(copy);
    } else if (this.#waiting.length < MOST_WAITING && !this.#stopping) {
      this.#waiting.push(connection);
    } else {
      close(connection);
    }
  }

  /** Nobody comes any more for those that wait. */
  stop(): void {
    this.#stopping = true;
    for (const connection of this.#waiting) close(connection);
    this.#waiting = [];
  }

  join(worker: Worker): void {
    this.#members.push({ id: worker.id, open: 0, worker, underWay: [] });
    this.#members.sort((a, b) => a.id - b.id);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) this.give(connection);
  }

  /** A worker has died: what it had not taken goes to another. */
  leave(worker: Worker): void {
    const at = this.#members.findIndex((member) => member.worker === worker);
    if (at < 0) return;
    const [member] = this.#members.splice(at, 1);
    for (const connection of member.underWay) {
      if (this.#stopping) close(connection);
      else this.give(connection);
    }
  }

  report(worker: Worker, { taken, closed }: Report): void {
    const member = this.#members.find((one) => one.worker === worker);
    if (member === undefined || worker.state !== WorkerState.READY) return;
    member.open -= closed;
    for (const connection of member.underWay.splice(0, taken)) close(connection);
  }
}

function isSocket(connection: unknown): connection is Socket {
  return connection instanceof Duplex;
}

function addressOf(connection: Connection): string {
  if (isSocket(connection)) return connection.remoteAddress ?? '';
  const peer: { address?: string } = {};
  connection.getpeername?.(peer);
  return peer.address ?? '';
}

function close(connection: Connection): void {
  if (isSocket(connection)) connection.destroy();
  else connection.close();
}
