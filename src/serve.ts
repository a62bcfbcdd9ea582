/** Options → mode + protocol + handler → a running server. */
import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HandlerError, ModeError, OptionError } from './errors.ts';
import { checkHandler, checkTopicName, type Handler } from './handler.ts';
import { builtinNames, isBuiltin, prepareBuiltin } from './handlers/index.ts';
import { modeNames, modes, modesWith, modeUrl, type ModeName } from './modes/index.ts';
import { CAPABILITIES, type Capability, type Mode, type Running } from './modes/mode.ts';
import { resolveHost } from './modes/shared-parts.ts';
import { lockInstance, type InstanceLock } from './net/instance-lock.ts';
import { explainListen, formatAddress, type Address } from './net/listener.ts';
import {
  DEFAULT_IDLE_TIMEOUT_MS,
  readOptions,
  unknownWord,
  type Options,
  type OptionsInput,
  type UnitName,
} from './options.ts';
import { protocolNames, protocols, type ProtocolName } from './protocols/index.ts';
import type { Protocol } from './protocols/protocol.ts';
import {
  equip,
  loadHandler,
  makeLoop,
  modesFor,
  refuseWhileLoading,
  type Fit,
} from './workers/load.ts';
import type { LoadedHandler, Plan, WorkerStats } from './workers/plan.ts';

export interface ServeOptions extends Omit<OptionsInput, 'mode'> {
  /**
   * A module whose default export is the handler (a URL, or a path from the working directory), a built-in's name
   * ('echo', 'compute:200', 'delay:5'), or, in `single` alone, the handler itself.
   */
  readonly handler: URL | string | Handler;
  /** Default 'single'. */
  readonly mode?: ModeName;
  /** For a handler that brings none. Default `bytes()`. */
  readonly protocol?: Protocol | ProtocolName;
  /** What the handler's `start()` gets: structured-cloneable. */
  readonly data?: unknown;
  /** Where workers' standard output goes. Default 'inherit'. */
  readonly workerOutput?: 'inherit' | 'stderr';
}

export interface ServerStats {
  readonly mode: string;
  readonly unit: UnitName | undefined;
  readonly address: string;
  readonly uptimeMs: number;
  readonly workers: readonly WorkerStats[];
}

export interface CloseResult {
  /** The deadline passed, and what was still in flight was cut. */
  readonly forced: boolean;
}

export interface Server extends AsyncDisposable {
  readonly address: Address;
  /** 'tcp://127.0.0.1:7000' or 'unix:/run/x.sock'. */
  readonly url: string;
  readonly mode: ModeName;
  readonly unit: UnitName | undefined;
  readonly workers: number;
  /** Resolves when the server has closed; rejects if it could not go on (workers that die at start, say). */
  readonly closed: Promise<CloseResult>;
  stats(): Promise<ServerStats>;
  /**
   * Every subscriber of `topic` gets the message, in all loops: `connection.publish()` says how. A handler that does not
   * declare `pushes: true` has no subscribers.
   *
   * @throws TopicError; ModeError where the mode takes no handlers that push
   */
  publish(topic: string, message: unknown): void;
  /**
   * Stops accepting, answers what was received, closes every connection and ends every worker. Where the protocol's last
   * reply can tell the peer (HTTP's `Connection: close`), messages that have begun to come are waited for, and an idle
   * connection has 100 ms for one that is on its way. Past `drainTimeoutMs` (default: the option) what remains is cut.
   * Calling it again gives the same promise; with a shorter deadline, that one holds.
   */
  close(options?: { drainTimeoutMs?: number }): Promise<CloseResult>;
}

/**
 * Serves a handler under a mode. Installs no signal or exception handlers.
 *
 * @example
 * const server = await serve({ handler: new URL('./echo.ts', import.meta.url), mode: 'sharded', port: 7000 });
 * console.log(server.url, await server.stats());
 * await server.close();
 *
 * @throws OptionError, HandlerError, ModeError, ListenError: before anything is left running
 */
export async function serve(options: ServeOptions): Promise<Server> {
  refuseWhileLoading();
  const { handler: given, protocol, data, workerOutput, ...rest } = options;
  const read = readOptions(rest);
  const mode = modeNamed(read.mode);
  const object = typeof given === 'object' && !(given instanceof URL) ? given : undefined;
  const needs = needsOf(read, object);
  const target = await targetOf(read);
  const builtin =
    object === undefined ? await resolveHandler(given as URL | string, data) : { url: '', data };
  const fit: Fit = {
    mode: mode.name,
    handlerUrl: builtin.url,
    protocol: protocolSpec(protocol, object !== undefined),
    modesWith: modesWith(needs),
    capabilities: mode.capabilities,
  };
  let unit: UnitName | undefined;
  try {
    for (const need of needs) requireCapability(mode, need, needs);
    unit = await chooseUnit(mode, read, target, builtin.url, needs);
  } catch (error) {
    throw await inViewOf(fit, object, error);
  }
  const plan: Plan = Object.freeze({
    ...fit,
    unit,
    workers: mode.capabilities.includes('workers')
      ? (read.workers ?? mode.defaultWorkers ?? availableParallelism())
      : 1,
    balance: read.balance ?? 'least-connections',
    target,
    backlog: read.backlog,
    nagle: read.nagle,
    readPath: read.readPath,
    limits: {
      ...read.limits,
      idleTimeoutMs:
        read.limits.idleTimeoutMs ??
        (mode.capabilities.includes('idle-timeout') ? DEFAULT_IDLE_TIMEOUT_MS : 0),
    },
    data: builtin.data,
    modeUrl: modeUrl(mode.name),
    workerOutput: workerOutput ?? 'inherit',
  });
  if (object !== undefined) checkHandler(object, 'The handler');
  return start(mode, plan, read.drainTimeoutMs, async () => {
    if (object === undefined) return loadHandler(plan);
    const own = typeof protocol === 'object' ? protocol : undefined;
    return equip(object, plan, own);
  });
}

async function start(
  mode: Mode,
  plan: Plan,
  drainTimeoutMs: number,
  load: () => Promise<LoadedHandler>,
): Promise<Server> {
  const startedMs = performance.now();
  let early: Error | undefined;
  let onFail = (error: Error) => {
    early = error;
  };
  let lock = isFixed(plan.target) ? await lockInstance(plan.target) : undefined;
  let running: Running;
  try {
    running = await mode.start({
      plan,
      load,
      makeLoop: (loaded, more) => makeLoop(plan, loaded, more),
      fail: (error) => onFail(error),
    });
  } catch (error) {
    lock?.release();
    throw error;
  }
  try {
    lock ??= await lockInstance(running.address);
  } catch (error) {
    const drained = running.drain();
    running.force();
    await drained;
    throw error;
  }
  const server = new RunningServer(mode, plan, running, lock, startedMs, drainTimeoutMs);
  onFail = (error) => server.fail(error);
  if (early !== undefined) server.fail(early);
  return server;
}

class RunningServer implements Server {
  readonly address: Address;
  readonly url: string;
  readonly mode: ModeName;
  readonly unit: UnitName | undefined;
  readonly workers: number;
  readonly closed: Promise<CloseResult>;
  #running: Running;
  #lock: InstanceLock;
  #startedMs: number;
  #drainTimeoutMs: number;
  #resolve!: (result: CloseResult) => void;
  #reject!: (error: Error) => void;
  #closing = false;
  #forced = false;
  #ended = false;
  /** When the deadline passes, of those given the earliest. */
  #dueMs = Infinity;
  #deadline: NodeJS.Timeout | undefined = undefined;

  constructor(
    mode: Mode,
    plan: Plan,
    running: Running,
    lock: InstanceLock,
    startedMs: number,
    drainTimeoutMs: number,
  ) {
    this.address = running.address;
    this.url = formatAddress(running.address);
    this.mode = mode.name as ModeName;
    this.unit = plan.unit;
    this.workers = plan.workers;
    this.#running = running;
    this.#lock = lock;
    this.#startedMs = startedMs;
    this.#drainTimeoutMs = drainTimeoutMs;
    this.closed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.closed.catch(() => {}); // whoever waits for it hears of it; nobody has to
  }

  async stats(): Promise<ServerStats> {
    const workers = await this.#running.stats();
    return {
      mode: this.mode,
      unit: this.unit,
      address: this.url,
      uptimeMs: performance.now() - this.#startedMs,
      workers,
    };
  }

  publish(topic: string, message: unknown): void {
    checkTopicName(topic);
    if (this.#running.publish === undefined) requireCapability(modes[this.mode], 'pushes');
    this.#running.publish!(topic, message);
  }

  close({
    drainTimeoutMs = this.#drainTimeoutMs,
  }: { drainTimeoutMs?: number } = {}): Promise<CloseResult> {
    const dueMs = performance.now() + drainTimeoutMs;
    if (dueMs < this.#dueMs && !this.#ended) {
      this.#dueMs = dueMs;
      clearTimeout(this.#deadline);
      this.#deadline = setTimeout(() => {
        this.#forced = true;
        this.#running.force();
      }, drainTimeoutMs);
    }
    if (!this.#closing) {
      this.#closing = true;
      this.#running.drain().then(
        () => this.#end(undefined),
        (error: Error) => this.#end(error),
      );
    }
    return this.closed;
  }

  fail(error: Error): void {
    if (this.#closing) return;
    this.#closing = true;
    const gone = this.#running.drain();
    this.#running.force();
    gone.then(
      () => this.#end(error),
      () => this.#end(error),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #end(error: Error | undefined): void {
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#lock.release();
    if (error === undefined) this.#resolve({ forced: this.#forced });
    else this.#reject(error);
  }
}

function modeNamed(name: string): Mode {
  const mode = (modes as Record<string, Mode>)[name];
  if (mode === undefined || !Object.hasOwn(modes, name))
    throw new OptionError(unknownWord('mode', name, modeNames));
  return mode;
}

/** What the options ask of a mode. What the handler asks is checked where it is loaded. */
function needsOf(options: Options, object: Handler | undefined): Capability[] {
  const needs: Capability[] = [];
  if (object !== undefined) needs.push('memory-handler');
  if (options.unix !== undefined) needs.push('unix');
  if (options.balance !== undefined) needs.push('balance');
  if (options.workers !== undefined && options.workers !== 1) needs.push('workers');
  if (options.limits.idleTimeoutMs) needs.push('idle-timeout');
  return needs;
}

function requireCapability(mode: Mode, need: Capability, needs: readonly Capability[] = []): void {
  if (mode.capabilities.includes(need)) return;
  const able = modesWith(needs)[need];
  throw new ModeError(`Mode ${mode.name} does not take ${CAPABILITIES[need]}.`, able);
}

/**
 * A refusal for the options' or the machine's sake, once the handler was looked at: what the mode cannot do with it goes
 * first, as nothing that is installed or left out would help; and the modes named can run it. The handler is loaded here
 * for that alone; one that does not load is not what was complained of.
 */
async function inViewOf(fit: Fit, object: Handler | undefined, error: unknown): Promise<unknown> {
  if (!(error instanceof ModeError) || object !== undefined) return error;
  try {
    return error.among(await modesFor(fit));
  } catch (second) {
    return second instanceof ModeError ? second : error;
  }
}

/** sun_path without its NUL (unix(7)). */
const MOST_PATH_BYTES = 107;

async function targetOf(options: Options): Promise<Address> {
  if (options.unix !== undefined) {
    const target = { path: options.unix };
    // Older Nodes cut it short without a word, and listen somewhere else.
    if (Buffer.byteLength(options.unix) > MOST_PATH_BYTES) {
      throw explainListen(Object.assign(new Error('EINVAL'), { code: 'EINVAL' }), target);
    }
    return target;
  }
  return resolveHost({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
}

function isFixed(target: Address): boolean {
  return 'path' in target || target.port !== 0;
}

async function chooseUnit(
  mode: Mode,
  options: Options,
  target: Address,
  handlerUrl: string,
  needs: readonly Capability[],
): Promise<UnitName | undefined> {
  const { unit } = options;
  const alone = mode.mainLoop === true && options.workers === 1;
  if (unit !== undefined && !mode.units.includes(unit)) {
    const able = modeNames.filter(
      (name) => modes[name].units.includes(unit) && hasAll(modes[name], needs),
    );
    throw new ModeError(
      mode.units.length === 0
        ? `Mode ${mode.name} has no units.`
        : `Mode ${mode.name} runs by ${mode.units.join(' or ')}, not by ${unit}.`,
      able,
    );
  }
  const candidates =
    unit === undefined ? (mode.units.length === 0 || alone ? [undefined] : mode.units) : [unit];
  let why = '';
  for (const candidate of candidates) {
    const reason = await mode.unavailable?.(candidate, target, handlerUrl);
    if (reason === undefined) return candidate;
    why = reason;
  }
  throw new ModeError(
    `Mode ${mode.name} cannot run here: ${why}.`,
    await modesHere(mode, target, needs),
  );
}

/** The other modes that this machine can run. */
async function modesHere(
  except: Mode,
  target: Address,
  needs: readonly Capability[],
): Promise<string[]> {
  const here: string[] = [];
  for (const name of modeNames) {
    const mode = modes[name];
    if (mode === except || !hasAll(mode, needs)) continue;
    if ((await mode.unavailable?.(mode.units[0], target)) === undefined) here.push(name);
  }
  return here;
}

function hasAll({ capabilities }: Mode, needs: readonly Capability[]): boolean {
  return needs.every((need) => capabilities.includes(need));
}

async function resolveHandler(
  given: URL | string,
  data: unknown,
): Promise<{ url: string; data: unknown }> {
  if (given instanceof URL) return { url: given.href, data };
  if (typeof given !== 'string') {
    throw new HandlerError(
      `handler is ${String(given)}; it must be a module's URL or path, a built-in (${builtinNames.join(', ')}), or a handler.`,
    );
  }
  if (isBuiltin(given)) return prepareBuiltin(given, data);
  if (/^[a-z]+:/.test(given) && !isAbsolute(given)) return { url: given, data };
  return { url: pathToFileURL(given).href, data };
}

function protocolSpec(
  protocol: Protocol | ProtocolName | undefined,
  inMemory: boolean,
): Plan['protocol'] {
  if (protocol === undefined) return undefined;
  if (typeof protocol === 'string') {
    if (!Object.hasOwn(protocols, protocol)) {
      throw new OptionError(unknownWord('protocol', protocol, protocolNames));
    }
    return { name: protocol, options: {} };
  }
  if (!Object.hasOwn(protocols, protocol.name)) {
    if (inMemory) return undefined;
    throw new OptionError(
      `protocol "${protocol.name}" is your own: it cannot be sent to a worker, so let the handler's module bring it.`,
    );
  }
  return { name: protocol.name, options: { ...protocol.options } };
}
