/**
 * uWebSockets.js accepts, reads and writes; HTTP handlers and their WebSockets execute in its loop. With one worker and
 * no unit asked for that is the main loop; else shards, like those of `sharded`.
 *
 * It is there for those who want its speed under the same handler, and to measure against. What it does otherwise than
 * our own HTTP is listed in native-notes/uwebsockets.md.
 */
import { ModeError } from '../errors.ts';
import { isSocketHandler, type MessageHandler } from '../handler.ts';
import type { Loop } from '../net/loop.ts';
import { probeInternals } from '../net/handles.ts';
import { bind, type TcpAddress } from '../net/listener.ts';
import { startHandler, stopHandler } from '../workers/load.ts';
import type { LoadedHandler, Plan, WorkerContext, WorkerSide } from '../workers/plan.ts';
import { Supervisor } from '../workers/supervisor.ts';
import type { Mode, ModeContext, Running } from './mode.ts';
import { headLimitBytes, loadAddon, PACKAGE } from './native/addon.ts';
import { NativeServer } from './native/server.ts';
import { startThreads } from './native/threads.ts';
import { canReusePort } from './shared-parts.ts';

const DEFAULT_BACKLOG = 511;

export const mode: Mode = {
  name: 'native',
  summary:
    'HTTP and WebSockets alone, by uWebSockets.js, where its binary fits: its speed, and its own idea of HTTP.',
  listeners: '1 or N',
  accepts: 'uWebSockets.js, each loop its own',
  reads: 'uWebSockets.js, in the accepting loop',
  executes: 'the accepting loop',
  units: ['process', 'thread'],
  mainLoop: true,
  peer: PACKAGE,
  capabilities: ['pushes', 'workers', 'pings'],

  async unavailable(unit, _target, handlerUrl) {
    const { why } = loadAddon(handlerUrl);
    if (why !== undefined || unit === undefined) return why;
    if (!(await canReusePort())) return 'this platform has no SO_REUSEPORT; use --workers=1';
    return (await probeInternals()).bind
      ? undefined
      : 'this Node cannot bind a socket without listening on it; use --workers=1';
  },

  async start(context): Promise<Running> {
    const { plan } = context;
    refuseOptions(plan);
    return plan.unit === undefined ? startHere(context) : startShards(context);
  },

  async worker(context: WorkerContext): Promise<WorkerSide> {
    checkHandler(context.loaded, context.plan);
    const server = makeServer(context.plan, context.loaded, await context.makeLoop());
    const address = await server.listen(context.plan.target as TcpAddress);
    // A thread that ends with uWebSockets.js at work takes its process with it (native/threads.ts).
    process.once('exit', () => server.close());
    return { address, stats: () => server.stats(), drain: () => server.drain() };
  },
};

async function startHere({ plan, load, makeLoop }: ModeContext): Promise<Running> {
  const loaded = await load();
  checkHandler(loaded, plan);
  const server = makeServer(plan, loaded, await makeLoop(loaded));
  await startHandler(loaded, plan, 0, server.topics);
  const address = await server.listen(plan.target as TcpAddress).catch(async (error: unknown) => {
    await stopHandler(loaded);
    throw error;
  });
  let onForced = () => {};
  const forced = new Promise<void>((resolve) => {
    onForced = resolve;
  });
  return {
    address,
    stats: async () => [
      { id: 0, pid: process.pid, threadId: undefined, alive: true, ...server.stats() },
    ],
    publish: (topic, message) => server.topics.broadcast(topic, message),
    drain: async () => {
      await server.drain();
      await Promise.race([stopHandler(loaded), forced]);
    },
    force: () => {
      server.close();
      onForced();
    },
  };
}

/** The port is bound here and never listened on: uWebSockets.js shares one that was given, and none that it chose. */
async function startShards({ plan, fail }: ModeContext): Promise<Running> {
  const { handle, address } = bind(plan.target, true);
  let shards: Omit<Running, 'address'>;
  try {
    const target = address as TcpAddress;
    shards = await (plan.unit === 'thread' ? startThreads : startProcesses)(plan, target, fail);
  } catch (error) {
    handle.close();
    throw error;
  }
  return {
    ...shards,
    address,
    drain: async () => {
      await shards.drain();
      handle.close();
    },
  };
}

async function startProcesses(
  plan: Plan,
  target: TcpAddress,
  fail: (error: Error) => void,
): Promise<Omit<Running, 'address'>> {
  const supervisor = new Supervisor({ ...plan, target }, { onFatal: fail });
  await supervisor.startAll(plan.workers);
  return {
    stats: () => supervisor.stats(),
    publish: (topic, message) => supervisor.publish(topic, message),
    drain: () => supervisor.drain(),
    force: () => supervisor.kill(),
  };
}

function makeServer(plan: Plan, loaded: LoadedHandler, loop: Loop): NativeServer {
  const { uws, why } = loadAddon(plan.handlerUrl);
  if (uws === undefined) throw refusal(plan, `Mode native cannot run here: ${why}.`);
  return new NativeServer(uws, loop, ownProtocol(loaded).options);
}

/** As the handler has it: bodies come piece by piece here too, where it asks for that. */
function ownProtocol({ handler, protocol }: LoadedHandler) {
  return (handler as MessageHandler).protocol ?? protocol;
}

/** Options that uWebSockets.js takes from nobody. @throws ModeError */
function refuseOptions(plan: Plan): void {
  const given: Array<[boolean, string]> = [
    [plan.nagle, 'nagle: uWebSockets.js sets TCP_NODELAY'],
    [plan.backlog !== DEFAULT_BACKLOG, 'a backlog: uWebSockets.js has its own, 512'],
    [plan.readPath !== 'auto', `readPath "${plan.readPath}": uWebSockets.js reads`],
  ];
  for (const [isGiven, what] of given) {
    if (isGiven) throw refusal(plan, `Mode native does not take ${what}.`);
  }
}

function hasItsOwn(option: string, plan: Plan): ModeError {
  return refusal(
    plan,
    `Mode native cannot serve this: the handler's http() has ${option}, and uWebSockets.js has limits of its own there.`,
  );
}

/** What a handler may not ask for. @throws ModeError */
function checkHandler(loaded: LoadedHandler, plan: Plan): void {
  const { handler } = loaded;
  if (isSocketHandler(handler)) return; // refused where it was loaded
  for (const hook of ['open', 'drain', 'close'] as const) {
    if (handler[hook] === undefined) continue;
    throw refusal(
      plan,
      `Mode native cannot serve this: the handler has ${hook}(), and uWebSockets.js shows requests, not the connections behind them.`,
    );
  }
  const { options } = ownProtocol(loaded);
  for (const name of ['headTimeoutMs', 'chunkLineLimitBytes']) {
    if (options[name] !== undefined) throw hasItsOwn(name, plan);
  }
  const websocket = (options.websocket ?? {}) as Record<string, unknown>;
  for (const name of ['frameLimitBytes', 'fragmentLimit', 'deflateLevel']) {
    if (websocket[name] !== undefined) throw hasItsOwn(`websocket.${name}`, plan);
  }
  const most = headLimitBytes();
  if (Number(options.headLimitBytes ?? 0) > most) {
    throw refusal(
      plan,
      `Mode native cannot serve this: the handler's http() has headLimitBytes ${String(options.headLimitBytes)}, and uWebSockets.js takes ${most}; set UWS_HTTP_MAX_HEADERS_SIZE in the environment.`,
    );
  }
}

function refusal(plan: Plan, message: string): ModeError {
  return new ModeError(message, plan.modesWith['raw-protocol'] ?? []);
}
