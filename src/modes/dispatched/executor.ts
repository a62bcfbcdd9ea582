/**
 * The executing side of `dispatched`: one Piscina task for the life of its thread. Batches of messages come by a port;
 * handlers run here, replies are encoded here, and go back as bytes once per turn, or sooner when a turn gets long.
 */
import { Console } from 'node:console';
import { threadId, type MessagePort } from 'node:worker_threads';
import { handlerErrors } from '../../channels.ts';
import { checkTopic, type CloseReason, type MessageHandler } from '../../handler.ts';
import { attempt } from '../../attempt.ts';
import { Follows } from '../../net/follows.ts';
import type { Protocol } from '../../protocols/protocol.ts';
import { Writer } from '../../protocols/writer.ts';
import { packMessage } from '../../workers/batch.ts';
import { WorkerBus, type BusToWorker } from '../../workers/bus.ts';
import { relayHandlerErrors, type HandlerErrorNote } from '../../workers/error-relay.ts';
import { loadHandler, startHandler, stopHandler } from '../../workers/load.ts';
import { packError, type PackedError } from '../../workers/messages.ts';
import type { LoadedHandler, Plan } from '../../workers/plan.ts';
import { BatchWriter, Kind, readBatch, type Visit } from './batch.ts';
import { RemoteConnection } from './remote-connection.ts';

/** A turn longer than this hands its answers over before it goes on. */
const LONG_TURN_MS = 0.5;

export interface ExecutorStart {
  readonly plan: Plan;
  readonly executorId: number;
  readonly port: MessagePort;
  /** Its bus: what it follows. What it publishes goes by `port`, behind what the message before it said. */
  readonly busPort: MessagePort;
}

/** Executor to main, beside batches. */
export type ExecutorNote = { readonly type: 'ready'; readonly threadId: number } | HandlerErrorNote;

/** Gives what it failed with at start, if it did. */
export default async function execute(start: ExecutorStart): Promise<PackedError | undefined> {
  const { plan, executorId, port, busPort } = start;
  if (plan.workerOutput === 'stderr')
    globalThis.console = new Console(process.stderr, process.stderr);
  const note = (message: ExecutorNote) => port.postMessage(message);
  const bus = new WorkerBus((message) => busPort.postMessage(message), plan.limits.busLimitBytes);
  busPort.on('message', (message: BusToWorker) => bus.take(message));
  let loaded: LoadedHandler;
  let executor: Executor;
  try {
    loaded = await loadHandler(plan, true);
    executor = new Executor(loaded.handler as MessageHandler, loaded.protocol, plan, port, bus);
    await startHandler(loaded, plan, executorId, executor);
  } catch (error) {
    port.close();
    busPort.close();
    return packError(error);
  }
  const errors = relayHandlerErrors(note);
  await new Promise<void>((resolve) => {
    port.on('message', (message: Uint8Array | 'stop') => {
      if (message === 'stop') resolve();
      else executor.take(message);
    });
    note({ type: 'ready', threadId });
  });
  await stopHandler(loaded);
  errors.flush();
  port.close();
  busPort.close();
  return undefined;
}

export class Executor {
  readonly handler: MessageHandler;
  readonly protocol: Protocol;
  readonly plan: Plan;
  readonly out = new BatchWriter();
  readonly writer = new Writer();
  readonly follows: Follows;
  #port: MessagePort;
  #connections = new Map<number, RemoteConnection>();
  #scheduled = false;
  #sentMs = 0;
  /** Published bytes that the reader has not confirmed. */
  #publishedBytes = 0;
  #dropped = 0;

  constructor(
    handler: MessageHandler,
    protocol: Protocol,
    plan: Plan,
    port: MessagePort,
    bus: WorkerBus,
  ) {
    this.handler = handler;
    this.protocol = protocol;
    this.plan = plan;
    this.#port = port;
    this.follows = new Follows(handler, plan.limits.subscriptions, bus, (error) =>
      handlerErrors.publish({ error, connection: undefined }),
    );
  }

  take(batch: Uint8Array): void {
    this.#sentMs = performance.now();
    readBatch(batch, this.#visit);
    this.#send();
  }

  /** Called by start()'s context, and for `connection`, which does not get it. @throws PushError, TopicError */
  publish(topic: string, message: unknown, connection = 0): void {
    checkTopic(this.handler, topic);
    let packed: Uint8Array;
    try {
      packed = packMessage(message);
    } catch (error) {
      handlerErrors.publish({ error, connection: undefined });
      return;
    }
    const under = this.#publishedBytes;
    if (under > 0 && under + packed.length > this.plan.limits.busLimitBytes) {
      this.#dropped += 1;
    } else {
      this.#publishedBytes += packed.length;
      this.out.addBytes(Kind.PUBLISH, connection, 0, packed, 0, packed.length);
      this.out.extra(topic);
    }
    this.schedule();
  }

  /** Something was written outside of a batch: it goes at the end of the turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#send);
  }

  failed(error: unknown, connection: RemoteConnection): void {
    handlerErrors.publish({ error, connection });
    attempt(
      () => this.handler.error?.(error, connection),
      (second) => handlerErrors.publish({ error: second, connection }),
    );
  }

  #send = (): void => {
    this.#scheduled = false;
    if (this.#dropped > 0) this.out.addExtra(Kind.DROPPED, 0, 0, this.#dropped);
    this.#dropped = 0;
    if (this.out.isEmpty) return;
    const batch = this.out.take();
    this.#port.postMessage(batch, [batch.buffer]);
  };

  #visit: Visit = (kind, id, number, bytes, start, end, extra) => {
    if (kind === Kind.OPEN) {
      const remote = new RemoteConnection(this, id, extra as string);
      this.#connections.set(id, remote);
      remote.open();
      return;
    }
    if (id === 0) {
      this.#publishedBytes -= number;
      return;
    }
    const remote = this.#connections.get(id);
    if (remote === undefined) return; // it has closed meanwhile
    switch (kind) {
      case Kind.MESSAGE:
        remote.message(number, bytes, start, end);
        this.#pace();
        break;
      case Kind.PACKED:
        remote.packed(number, extra);
        this.#pace();
        break;
      case Kind.ACK:
        remote.acknowledged(number);
        break;
      case Kind.PULL:
        remote.pullStream(number);
        break;
      case Kind.DRAIN:
        remote.drainStream(number);
        break;
      case Kind.CANCEL:
        remote.cancelStream(number);
        break;
      case Kind.SUBSCRIBE:
        remote.subscribedElsewhere((extra as [string])[0]);
        break;
      case Kind.UNSUBSCRIBE:
        remote.unsubscribedElsewhere(extra as string);
        break;
      case Kind.REFUSED:
        remote.refused(extra as [string, string]);
        break;
      case Kind.SWITCH:
        remote.switch(...(extra as [string, unknown]));
        break;
      default:
        this.#connections.delete(id);
        remote.closed(extra as CloseReason);
    }
  };

  #pace(): void {
    const now = performance.now();
    if (now - this.#sentMs < LONG_TURN_MS) return;
    this.#send();
    this.#sentMs = performance.now();
  }
}
