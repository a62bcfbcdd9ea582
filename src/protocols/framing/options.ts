/**
 * The options of a protocol: checked once, when its factory is called, and frozen. What was given is kept as it was
 * given, so that the same factory builds the same protocol in a worker.
 */
import { OptionError } from '../../errors.ts';

/** Checks one value. Undefined: it is fine; else what it must be, as the end of a sentence. */
export type Rule = (value: unknown) => string | undefined;

export const flag: Rule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

export function oneOf(...allowed: ReadonlyArray<string | number>): Rule {
  const list = allowed.map((word) => JSON.stringify(word)).join(', ');
  return (value) => (allowed.includes(value as string) ? undefined : `one of ${list}`);
}

export function wholeNumber(least: number, most: number, unit = ''): Rule {
  const range = `a whole number${unit && ` of ${unit}`} from ${least} to ${most}`;
  return (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : range;
}

/** Every limit on bytes: offsets within a message stay 31-bit integers. */
export const byteLimit = wholeNumber(1, 2 ** 31 - 1, 'bytes');

/**
 * @returns a frozen copy of `given` without what is undefined.
 * @throws OptionError that says what was given and what is allowed.
 */
export function readOptions<T extends object>(
  protocol: string,
  given: T,
  rules: { readonly [K in keyof Required<T>]: Rule },
): Readonly<T> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(`${protocol}() takes an object of options, and got ${show(given)}.`);
  }
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(rules, name)) {
      const names = Object.keys(rules).join(', ');
      throw new OptionError(`${protocol}() has no option ${name}; it has ${names}.`);
    }
    const required = (rules as Record<string, Rule>)[name](value);
    if (required !== undefined) {
      throw new OptionError(`${protocol}(): ${name} is ${show(value)}; it must be ${required}.`);
    }
    options[name] = value;
  }
  return Object.freeze(options) as Readonly<T>;
}

/** A value as it stands in a sentence: what it is, and its text where that is short. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === 'object') {
    if (Array.isArray(value)) return 'an array';
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    return 'an object';
  }
  if (typeof value === 'function') return 'a function';
  return `${typeof value} ${(value as number | bigint | boolean | symbol).toString()}`;
}
