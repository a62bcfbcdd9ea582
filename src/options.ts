/**
 * Every option with its limits and its default, in one place. Read once, by schema, into a frozen object.
 */
import * as v from 'valibot';
import { OptionError } from './errors.ts';

export const UNITS = ['thread', 'process'] as const;
export type UnitName = (typeof UNITS)[number];

export const BALANCERS = [
  'round-robin',
  'least-connections',
  'power-of-two',
  'random',
  'source-hash',
] as const;
export type BalancerName = (typeof BALANCERS)[number];

export const READ_PATHS = ['auto', 'fast', 'fallback'] as const;
export type ReadPath = (typeof READ_PATHS)[number];

const count = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const MAX = Number.MAX_SAFE_INTEGER;
/** setTimeout's own limit. */
const MAX_MS = 2 ** 31 - 1;

const limits = v.strictObject({
  /** Open connections of one worker; one more is closed at once and counted as refused. */
  connections: v.optional(count(1, MAX), 10_000),
  /** Messages of one connection whose replies have not left; reading pauses there. */
  inFlight: v.optional(count(1, MAX), 128),
  /** Bytes of `send()` held for a peer that does not read; past them its connection is closed. Replies wait for it. 1 MiB. */
  sendLimitBytes: v.optional(count(1, MAX), 1024 * 1024),
  /** Longest message, where the protocol's own options say nothing else. 1 MiB. */
  messageLimitBytes: v.optional(count(1, MAX), 1024 * 1024),
  /** Nothing read and nothing written for so long closes a connection; 0: never. Two minutes; never in `blocking`. */
  idleTimeoutMs: v.optional(count(0, MAX_MS)),
  /** Messages of one executor that may be under way in `dispatched`. */
  executorCredit: v.optional(count(1, 1_000_000), 4096),
  /** Topics that one connection may be subscribed to. */
  subscriptions: v.optional(count(1, MAX), 1000),
  /** Bytes of published messages on their way from one loop to another; past them they are dropped. 16 MiB. */
  busLimitBytes: v.optional(count(1, MAX), 16 * 1024 * 1024),
  /** JavaScript heap of one worker, MiB; one that needs more dies and is replaced. Default: V8's own. */
  workerHeapMiB: v.optional(count(16, 1_000_000)),
});

const schema = v.strictObject({
  mode: v.optional(v.string(), 'single'),
  /** What carries a loop. Default: the mode's first that this machine has. */
  unit: v.optional(v.picklist(UNITS)),
  /** Loops (executors in `dispatched`, threads in `blocking`). Default: the cores; 64 in `blocking`. */
  workers: v.optional(count(1, 4096)),
  /** Who gets the next connection, in `pooled`. */
  balance: v.optional(v.picklist(BALANCERS)),
  /** Default '127.0.0.1'. */
  host: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** 0: a free one. Default 0. */
  port: v.optional(count(0, 65_535)),
  /** A Unix socket's path, instead of host and port. */
  unix: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** Nagle's algorithm (RFC 896). Default off, that is TCP_NODELAY on. */
  nagle: v.optional(v.boolean(), false),
  /** Connections that may wait to be accepted; the kernel caps it at net.core.somaxconn. */
  backlog: v.optional(count(1, 65_535), 511),
  /** How long `close()` waits for what is in flight before it forces. */
  drainTimeoutMs: v.optional(count(0, MAX_MS), 30_000),
  /** How connections are read; 'auto' is 'fast' where this Node can. */
  readPath: v.optional(v.picklist(READ_PATHS), 'auto'),
  limits: v.optional(limits, {}),
});

export type OptionsInput = v.InferInput<typeof schema>;
export type Options = v.InferOutput<typeof schema>;
export type Limits = Options['limits'] & { idleTimeoutMs: number };

export const DEFAULT_IDLE_TIMEOUT_MS = 120_000;

/** @throws OptionError that says what was given, what is allowed, and the nearest word. */
export function readOptions(input: OptionsInput): Options {
  const result = v.safeParse(schema, input);
  if (!result.success) throw new OptionError(explain(result.issues[0]));
  const options = result.output;
  if (options.unix !== undefined && (options.host !== undefined || options.port !== undefined)) {
    throw new OptionError('unix excludes host and port: give one or the other.');
  }
  Object.freeze(options.limits);
  return Object.freeze(options);
}

function explain(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map((item) => String(item.key)).join('.') ?? 'options';
  const key = path.split('.').at(-1)!;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const names = path.startsWith('limits.')
      ? Object.keys(limits.entries)
      : Object.keys(schema.entries);
    return `There is no option ${path}.${suggest(key, names)}`;
  }
  if (issue.type === 'picklist') {
    const allowed = (issue as v.PicklistIssue).expected
      .replaceAll('"', '')
      .replace(/^\(|\)$/g, '')
      .split(' | ');
    return unknownWord(path, String(issue.input), allowed);
  }
  const given = typeof issue.input === 'string' ? JSON.stringify(issue.input) : String(issue.input);
  return `${path} is ${given}; it must be ${requirement(issue)}.`;
}

function requirement(issue: v.BaseIssue<unknown>): string {
  switch (issue.type) {
    case 'integer':
      return 'a whole number';
    case 'min_value':
      return `${String(issue.requirement)} or more`;
    case 'max_value':
      return `${String(issue.requirement)} or less`;
    case 'non_empty':
      return 'not empty';
    case 'strict_object':
      return 'an object';
    default:
      return issue.expected === null ? 'valid' : `a ${issue.expected}`;
  }
}

/** The sentence for a word that is not in a table: what was given, what is allowed, and the nearest. */
export function unknownWord(what: string, given: string, allowed: readonly string[]): string {
  return `${what} is "${given}"; it must be one of ${allowed.join(', ')}.${suggest(given, allowed)}`;
}

/** ' Did you mean "x"?', or nothing where nothing is near. */
export function suggest(given: string, allowed: readonly string[]): string {
  let best = '';
  let least = Math.max(2, Math.floor(given.length / 3)) + 1;
  for (const word of allowed) {
    const distance = editDistance(given.toLowerCase(), word.toLowerCase());
    if (distance < least) {
      least = distance;
      best = word;
    }
  }
  return best === '' ? '' : ` Did you mean "${best}"?`;
}

/** Levenshtein's, with two letters swapped as one step, since that is the commonest slip. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2] + 1 : Infinity;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, replaced, swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length];
}
