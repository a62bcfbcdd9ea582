/** Loads a handler in the loop that is to run it, and makes the loop. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { handlerErrors } from '../channels.ts';
import { HandlerError, ModeError, PatternsError } from '../errors.ts';
import { checkHandler, isSocketHandler, type Handler, type StartContext } from '../handler.ts';
import { probeInternals } from '../net/handles.ts';
import { Loop, type LoopOptions } from '../net/loop.ts';
import { makeProtocol } from '../protocols/index.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { whyNotLoaded } from './load-error.ts';
import type { LoadedHandler, Plan } from './plan.ts';

/**
 * @param inWorker it must not call serve() while it loads
 * @throws HandlerError, ModeError, OptionError
 */
export async function loadHandler(plan: Plan, inWorker = false): Promise<LoadedHandler> {
  return equip(await importHandler(plan.handlerUrl, inWorker), plan);
}

/** What `fit` says, and the handler as its protocol makes it. @throws HandlerError, ModeError, OptionError */
export function equip(handler: Handler, plan: Plan, given?: Protocol): LoadedHandler {
  const protocol = fit(handler, plan, given);
  return { handler: equipped(handler, protocol), protocol };
}

/**
 * @throws HandlerError where it has hooks for what the protocol does not switch to. A function may give none: the
 * built-in echo takes any protocol.
 */
export function equipped<T extends Handler>(handler: T, protocol: Protocol): T {
  if (
    'websocket' in handler &&
    typeof handler.websocket === 'object' &&
    protocol.equip === undefined
  ) {
    throw new HandlerError(
      `The handler has websocket, and its protocol is ${protocol.name}: WebSockets take http().`,
    );
  }
  return protocol.equip?.(handler) ?? handler;
}

/** As much of a plan as says whether its mode can run a handler. */
export type Fit = Pick<Plan, 'mode' | 'handlerUrl' | 'protocol' | 'capabilities' | 'modesWith'>;

/** Loads the handler to learn which modes can run it; for refusals. @throws what `loadHandler` throws */
export async function modesFor(plan: Fit): Promise<readonly string[]> {
  const handler = await importHandler(plan.handlerUrl, true);
  fit(handler, plan);
  return ableModes(needsOf(handler, protocolOf(handler, plan)), plan);
}

/** Checks that the mode can run the handler, and says which protocol it speaks. `given`: as an object, in this process. */
function fit(handler: Handler, plan: Fit, given?: Protocol): Protocol {
  let protocol = protocolOf(handler, plan, given);
  // Only where a loop of ours reads can a handler read a message while it comes: where it could read a socket, too.
  if (protocol.whole !== undefined && !plan.capabilities.includes('socket-handler')) {
    protocol = protocol.whole;
  }
  const needs = needsOf(handler, protocol);
  for (const [need, because] of needs) {
    if (plan.capabilities.includes(need)) continue;
    const sentence = `Mode ${plan.mode} cannot serve this: ${because}.`;
    throw new ModeError(sentence, ableModes(needs, plan));
  }
  return protocol;
}

type Need = readonly [capability: string, because: string];

/** What the handler and its protocol ask of a mode. */
function needsOf(handler: Handler, protocol: Protocol): Need[] {
  const needs: Need[] = [];
  if (isSocketHandler(handler)) needs.push(['socket-handler', 'the handler takes sockets']);
  else if (handler.pushes === true) needs.push(['pushes', 'the handler pushes']);
  const { framed, name } = protocol;
  if (name !== 'http') needs.push(['raw-protocol', `the protocol is ${name}, and not http`]);
  needs.push(...Object.entries(protocol.needs ?? {}));
  if (!framed && (protocol.pack === undefined || protocol.unpack === undefined)) {
    const why = `protocol ${name} is neither framed nor gives pack() and unpack()`;
    needs.push(['unframed-protocol', why]);
  }
  return needs;
}

/** Those that can do all of it, and what the options ask. */
function ableModes(needs: readonly Need[], { modesWith }: Fit): readonly string[] {
  const [first, ...others] = needs.map(([need]) => modesWith[need] ?? []);
  if (first === undefined) return [...new Set(Object.values(modesWith).flat())];
  return first.filter((name) => others.every((able) => able.includes(name)));
}

function protocolOf(handler: Handler, plan: Fit, given?: Protocol): Protocol {
  const socket = isSocketHandler(handler);
  const own = socket ? undefined : handler.protocol;
  const name = given?.name ?? plan.protocol?.name;
  if (name !== undefined && (own !== undefined || socket)) {
    const why = own === undefined ? 'takes sockets' : `brings its own, ${own.name}`;
    throw new HandlerError(`protocol "${name}" was given, but the handler ${why}; leave it out.`);
  }
  return own ?? given ?? makeProtocol(name ?? 'bytes', plan.protocol?.options ?? {});
}

async function importHandler(url: string, inWorker: boolean): Promise<Handler> {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  if (url.startsWith('file:') && !existsSync(path)) {
    throw new HandlerError(`There is no handler at ${path}.`);
  }
  let module: { default?: unknown };
  try {
    markLoading(inWorker); // elsewhere another serve() may well begin meanwhile
    module = (await import(url)) as { default?: unknown };
  } catch (error) {
    if (error instanceof HandlerError) throw error;
    throw new HandlerError(`The handler ${path} does not load: ${whyNotLoaded(error, path)}`, {
      cause: error,
    });
  } finally {
    markLoading(false);
  }
  if (module.default === undefined) {
    const names = Object.keys(module).join(', ');
    throw new HandlerError(
      `The handler ${path} has no default export${names === '' ? '' : ` (it exports ${names})`}: export it with "export default defineHandler({ … })".`,
    );
  }
  checkHandler(module.default, `The default export of ${path}`);
  return module.default;
}

const LOADING = Symbol.for('patterns-runtime.loading-handler');

function markLoading(on: boolean): void {
  (globalThis as Record<symbol, unknown>)[LOADING] = on;
}

/**
 * A module that is both the handler and the program would call serve() again in each worker that loads it, and those
 * workers likewise, without end. Kept on globalThis, since the handler may have another copy of this package.
 *
 * @throws HandlerError while a worker loads its handler
 */
export function refuseWhileLoading(): void {
  if ((globalThis as Record<symbol, unknown>)[LOADING] !== true) return;
  throw new HandlerError(
    'The handler module calls serve() itself, so every worker that loads it would start another server: move serve() to a module of its own.',
  );
}

/** What a loop has for its handler's own use of topics. */
interface OwnTopics extends Pick<StartContext, 'publish'> {
  readonly follows: Pick<StartContext, 'follow'>;
}

export function topicsOf(topics: OwnTopics): Pick<StartContext, 'publish' | 'follow'> {
  return {
    publish: (topic, message) => topics.publish(topic, message),
    follow: (topic, follower, keep) => topics.follows.follow(topic, follower, keep),
  };
}

/** Calls the handler's `start()`: once in each loop that is to run it. @throws HandlerError */
export async function startHandler(
  { handler }: LoadedHandler,
  plan: Plan,
  workerId: number,
  topics: OwnTopics,
): Promise<void> {
  try {
    await handler.start?.({ data: plan.data as never, workerId, ...topicsOf(topics) });
  } catch (error) {
    if (error instanceof PatternsError) throw error;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new HandlerError(`The handler's start() failed: ${why}`, { cause: error });
  }
}

/** Calls its `stop()`. A loop that ends does so also where that throws. */
export async function stopHandler({ handler }: LoadedHandler): Promise<void> {
  try {
    await handler.stop?.();
  } catch (error) {
    handlerErrors.publish({ error, connection: undefined });
  }
}

/** A loop that serves the handler as the plan says. */
export async function makeLoop(
  plan: Plan,
  loaded: LoadedHandler,
  more: Partial<LoopOptions> = {},
): Promise<Loop> {
  return new Loop({
    ...loaded,
    limits: plan.limits,
    timed: plan.capabilities.includes('idle-timeout'),
    nagle: plan.nagle,
    fast: (await readPaths(plan)).onread,
    ...more,
  });
}

/** Which internals this loop may use. */
export async function readPaths(plan: Plan): Promise<{ accept: boolean; onread: boolean }> {
  if (plan.readPath === 'fallback') return { accept: false, onread: false };
  const { accept, onread } = await probeInternals();
  if (plan.readPath === 'fast' && !(accept && onread)) {
    throw new ModeError(
      'readPath "fast" needs internals that this Node does not have; use "auto".',
      [],
    );
  }
  return { accept: accept && onread, onread: accept && onread };
}
