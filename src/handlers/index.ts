/** The built-in handlers: what to point a load at before there is one of your own. */
import { OptionError } from '../errors.ts';
import { calibrate } from './work.ts';

interface Builtin {
  readonly summary: string;
  readonly argument?: {
    readonly name: string;
    readonly unit: string;
    readonly default: number;
    readonly most: number;
  };
  /** Turns the argument into what `start()` gets; runs once, in the main loop. */
  prepare?(argument: number): unknown;
}

export const builtins = {
  echo: { summary: 'gives every message back' },
  hello: { summary: 'answers every message with hello' },
  compute: {
    summary: 'spends N microseconds of CPU on each message, then gives it back',
    argument: { name: 'N', unit: 'us', default: 200, most: 10_000_000 },
    prepare: (us: number) => ({ us, rounds: calibrate(us) }),
  },
  delay: {
    summary: 'waits N milliseconds without using the CPU, then gives the message back',
    argument: { name: 'N', unit: 'ms', default: 5, most: 2 ** 31 - 1 },
    prepare: (ms: number) => ({ ms }),
  },
} as const satisfies Record<string, Builtin>;

export const builtinNames = Object.keys(builtins);

export function isBuiltin(given: string): boolean {
  return Object.hasOwn(builtins, given.split(':')[0]);
}

/** 'compute:200' → its module and what its `start()` gets. @throws OptionError */
export function prepareBuiltin(given: string, data: unknown): { url: string; data: unknown } {
  const [name, text] = splitOnce(given);
  const builtin: Builtin = builtins[name as keyof typeof builtins];
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const url = new URL(`./${name}${extension}`, import.meta.url).href;
  if (builtin.argument === undefined) {
    if (text !== undefined)
      throw new OptionError(`handler ${name} takes no argument; ":${text}" was given.`);
    return { url, data };
  }
  const { unit, default: fallback, most } = builtin.argument;
  const value = text === undefined ? fallback : Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0 || value > most) {
    throw new OptionError(
      `handler ${name} takes a number of ${unit} from 0 to ${most}, such as ${name}:${fallback}; ":${text}" was given.`,
    );
  }
  return { url, data: builtin.prepare!(value) };
}

function splitOnce(given: string): [string, string | undefined] {
  const at = given.indexOf(':');
  return at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + 1)];
}
