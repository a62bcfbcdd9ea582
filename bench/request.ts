/** What `patterns bench` was asked, and the plans that it makes: every default and every refusal. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { makeProtocol, OptionError } from 'patterns-runtime';
import type { LoadPlan } from 'patterns-runtime/load';
import { describeHandler } from './measure/handler.ts';
import { questions } from './questions/index.ts';
import { ALL } from './questions/servers.ts';
import { FORMAT, VERSION, type BenchPlan } from './result.ts';

/** As the command line read it. */
export interface BenchRequest {
  /** Questions' words, or one handler. */
  readonly words: readonly string[];
  readonly quick: boolean;
  readonly blocks?: number;
  readonly durationMs?: number;
  readonly warmUpMs?: number;
  readonly seed?: number;
  readonly workers?: number;
  readonly modes?: readonly string[];
  readonly path?: string;
  /** Where results go, instead of patterns-results/TIME-SUITE. */
  readonly out?: string;
  /** Neither another bench on this machine nor the quiet of the machine is waited for. */
  readonly anyway: boolean;
  /** A folder of a run that was ended early. Excludes all that says what to measure. */
  readonly resume?: string;
  /** Of the load: belongs to `modes` and to a handler. */
  readonly load: Readonly<Omit<LoadPlan, 'target'>>;
}

const FULL = { blocks: 5, durationMs: 3000, warmUpMs: 2000 };
const QUICK = { blocks: 1, durationMs: 2500, warmUpMs: 1000 };
const MOST_BLOCKS = 1000;

/** What `modes` runs where no handler was named. */
const DEFAULT_HANDLER = 'echo';
const DEFAULT_PROTOCOL = 'line';

/** A built-in with its argument, or a path. */
const HANDLER = /^(?:echo|hello|delay|compute:\d+(?:\.\d+)?|delay:\d+)$|[./\\]/;

/** @throws OptionError: one sentence that says what was given and what there is */
export async function plansOf(request: BenchRequest): Promise<BenchPlan[]> {
  const { words, quick, load } = request;
  const handlers = words.filter((word) => HANDLER.test(word));
  const names = words.filter((word) => !HANDLER.test(word));
  for (const name of names) {
    if (questions.some((question) => question.name === name)) continue;
    throw new OptionError(
      `There is no suite ${name}; it must be one of ${questions.map((one) => one.name).join(', ')}, or a handler such as ./handler.ts or echo.`,
    );
  }
  if (handlers.length > 1 || (handlers.length === 1 && names.length > 0)) {
    throw new OptionError(
      `Name suites or one handler, not ${words.join(' ')}: a handler is run under the suite modes.`,
    );
  }
  const asked = names.length === 0 ? ['modes'] : [...new Set(names)];
  const loadKeys = Object.keys(load);
  const bringsOwnLoad = asked.filter((name) => name !== 'modes');
  if (bringsOwnLoad.length > 0 && (loadKeys.length > 0 || request.path !== undefined)) {
    const given = loadKeys[0] ?? 'path';
    throw new OptionError(
      `${given} belongs to modes and to a handler of your own: ${bringsOwnLoad.join(', ')} brings its own load.`,
    );
  }
  checkModes(request.modes);
  const handler = await handlerOf(handlers[0], load.protocol);
  makeProtocol(handler.protocol, load.protocolOptions); // throws where there is none
  const times = { ...(quick ? QUICK : FULL) };
  const plan = {
    format: FORMAT,
    version: VERSION,
    quick,
    blocks: within('blocks', request.blocks ?? times.blocks, 1, MOST_BLOCKS),
    durationMs: within('duration', request.durationMs ?? times.durationMs, 100, 3_600_000),
    warmUpMs: within('warmup', request.warmUpMs ?? times.warmUpMs, 0, 600_000),
    seed: within('seed', request.seed ?? 1, 0, 2 ** 32 - 1),
    workers: request.workers === undefined ? null : within('workers', request.workers, 1, 4096),
    modes: request.modes ?? null,
    path: request.path ?? '/',
    load: absolute(load),
    ...handler,
  } as const;
  return asked.map((suite) => {
    const prepared = questions.find(({ name }) => name === suite)!.prepare?.(plan) ?? {};
    return Object.assign({ suite, prepared }, plan);
  });
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new OptionError(`${name} is ${value}; it must be a whole number from ${least} to ${most}.`);
}

/** A second sitting may be somewhere else. */
function absolute(load: BenchRequest['load']): BenchPlan['load'] {
  const { payloadFile, payloadModule } = load;
  return {
    ...load,
    ...(payloadFile !== undefined && { payloadFile: resolve(payloadFile) }),
    ...(payloadModule !== undefined && { payloadModule: resolve(payloadModule) }),
  };
}

function checkModes(given: readonly string[] | undefined): void {
  const known = ALL.flatMap(({ mode, unit }) =>
    unit === undefined ? [mode] : [mode, `${mode}:${unit}`],
  );
  const unknown = given?.find((word) => !known.includes(word));
  if (unknown !== undefined || given?.length === 0) {
    throw new OptionError(
      `modes has ${JSON.stringify(unknown ?? '')}; it must be some of ${[...new Set(known)].join(', ')}.`,
    );
  }
}

type HandlerPart = Pick<BenchPlan, 'handler' | 'protocol' | 'tellProtocol'>;

/** @throws OptionError for a handler that is not there, does not load, or speaks what nobody can load it with */
async function handlerOf(
  given: string | undefined,
  protocol: string | undefined,
): Promise<HandlerPart> {
  if (given === undefined || !/[./\\]/.test(given) || /^\w+:[\d.]+$/.test(given)) {
    const handler = given ?? DEFAULT_HANDLER;
    return { handler, protocol: protocol ?? DEFAULT_PROTOCOL, tellProtocol: true };
  }
  const handler = isAbsolute(given) ? given : resolve(given);
  if (!existsSync(handler)) {
    throw new OptionError(
      `There is no handler at ${given}: name a module whose default export is one.`,
    );
  }
  const found = await describeHandler(handler);
  if (found.problem !== undefined) throw new OptionError(`${given}: ${found.problem}`);
  if (found.protocol === undefined) {
    const fallback = found.socket ? 'http' : 'bytes';
    return { handler, protocol: protocol ?? fallback, tellProtocol: !found.socket };
  }
  if (protocol !== undefined && protocol !== found.protocol) {
    throw new OptionError(
      `protocol is ${protocol}, and ${given} brings ${found.protocol}: leave the option out.`,
    );
  }
  return { handler, protocol: found.protocol, tellProtocol: false };
}
