/** The flags of `patterns serve`: one line each says what it sets, how it is read and what help says. */
import { Option } from 'commander';
import { OptionError } from '../errors.ts';
import { modeNames, modes, modesWith } from '../modes/index.ts';
import {
  BALANCERS,
  DEFAULT_IDLE_TIMEOUT_MS,
  READ_PATHS,
  readOptions,
  UNITS,
  unknownWord,
} from '../options.ts';
import { protocolNames } from '../protocols/index.ts';
import type { ServeOptions } from '../serve.ts';
import { formatBytes, formatMs, parseBytes, parseMs } from './units.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** Where load tests and examples find it; the API's own default is a free port. */
const DEFAULT_PORT = 7000;

const defaults = readOptions({});

interface Flag {
  readonly flags: string;
  readonly help: string;
  /** The option that it sets; a dot leads into `limits`. */
  readonly key: string;
  readonly read: (text: string, name: string) => unknown;
}

const GROUPS: Readonly<Record<string, readonly Flag[]>> = {
  'Who does what:': [
    flag('--mode <mode>', word, 'mode', `${list(modeNames)} (default: ${defaults.mode})`),
    flag(
      '--unit <unit>',
      word,
      'unit',
      `what carries a worker: ${list(UNITS)} (default: what the mode prefers)`,
    ),
    flag('--workers <n>', count, 'workers', `how many (default: the cores${otherWorkers()})`),
    flag(
      '--balance <word>',
      word,
      'balance',
      `who gets the next connection in ${list(modesWith().balance)}: ${list(BALANCERS)}`,
    ),
    flag(
      '--protocol <word>',
      protocol,
      'protocol',
      `for a handler that brings none: ${list(protocolNames)} (default: bytes)`,
    ),
    flag('--data <json>', json, 'data', "what the handler's start() gets"),
  ],
  'Where it listens:': [
    flag('--host <address>', word, 'host', 'address or name (default: 127.0.0.1)'),
    flag('--port <n>', count, 'port', `0 takes a free one (default: ${DEFAULT_PORT})`),
    flag('--unix <path>', word, 'unix', 'a Unix socket instead of host and port'),
    flag(
      '--backlog <n>',
      count,
      'backlog',
      `connections that may wait to be accepted (default: ${defaults.backlog})`,
    ),
  ],
  'Limits and deadlines:': [
    flag(
      '--max-connections <n>',
      count,
      'limits.connections',
      `open connections of one worker (default: ${defaults.limits.connections})`,
    ),
    flag(
      '--max-in-flight <n>',
      count,
      'limits.inFlight',
      `messages of one connection under way (default: ${defaults.limits.inFlight})`,
    ),
    flag(
      '--send-limit <size>',
      bytes,
      'limits.sendLimitBytes',
      `held for a peer that does not read (default: ${formatBytes(defaults.limits.sendLimitBytes)})`,
    ),
    flag(
      '--message-limit <size>',
      bytes,
      'limits.messageLimitBytes',
      `the longest message (default: ${formatBytes(defaults.limits.messageLimitBytes)})`,
    ),
    flag(
      '--worker-heap <MiB>',
      count,
      'limits.workerHeapMiB',
      "JavaScript heap of a worker; one that needs more is replaced (default: V8's)",
    ),
    flag(
      '--idle-timeout <time>',
      ms,
      'limits.idleTimeoutMs',
      `closes silent connections; 0: never (default: ${formatMs(DEFAULT_IDLE_TIMEOUT_MS)}, never in blocking)`,
    ),
    flag(
      '--drain-timeout <time>',
      ms,
      'drainTimeoutMs',
      `what is in flight may take at shutdown (default: ${formatMs(defaults.drainTimeoutMs)})`,
    ),
  ],
};

const FINE_TUNING = 'Fine tuning:';
const READ_PATH = flag(
  '--read-path <word>',
  word,
  'readPath',
  `${list(READ_PATHS)}: auto is fast where Node can (default: ${defaults.readPath})`,
);
const FLAGS = [...Object.values(GROUPS).flat(), READ_PATH];

/** What commander gives: by camel-cased name. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

export function serveFlags(): Option[] {
  const grouped = Object.entries(GROUPS).flatMap(([group, flags]) =>
    flags.map((one) => new Option(one.flags, one.help).helpGroup(group)),
  );
  const others = [
    new Option('--nagle', "Nagle's algorithm on: small writes wait for acknowledgements"),
    new Option(READ_PATH.flags, READ_PATH.help),
    new Option('--watch', "restart when files in the handler's folder change"),
    new Option('--log-level <level>', `${list(LOG_LEVELS)} (default: info)`),
    new Option('--watched').hideHelp(),
  ];
  return [...grouped, ...others.map((option) => option.helpGroup(FINE_TUNING))];
}

/** @throws OptionError that names the flag */
export function readFlags(handler: string, given: Given): ServeOptions {
  const options: Record<string, unknown> = { handler };
  const limits: Record<string, unknown> = {};
  for (const { flags, key, read } of FLAGS) {
    const option = new Option(flags);
    const text = given[option.attributeName()];
    if (typeof text !== 'string') continue;
    const value = read(text, option.long!);
    if (key.startsWith('limits.')) limits[key.slice('limits.'.length)] = value;
    else options[key] = value;
  }
  if (options.unix === undefined) options.port ??= DEFAULT_PORT;
  if (given.nagle === true) options.nagle = true;
  return { ...options, limits } as unknown as ServeOptions;
}

/** `limits.sendLimitBytes is 0; …` → `--send-limit is 0; …`. */
export function inFlags(error: OptionError): OptionError {
  const flag = FLAGS.find(({ key }) => error.message.startsWith(`${key} is `));
  if (flag === undefined) return error;
  const name = flag.flags.split(' ')[0];
  return new OptionError(name + error.message.slice(flag.key.length), { cause: error });
}

export function readLogLevel(given: Given): string {
  const level = given.logLevel ?? 'info';
  if ((LOG_LEVELS as readonly unknown[]).includes(level)) return level as string;
  throw new OptionError(unknownWord('--log-level', String(level), LOG_LEVELS));
}

function flag(flags: string, read: Flag['read'], key: string, help: string): Flag {
  return { flags, read, key, help };
}

/** ', 64 in blocking' */
function otherWorkers(): string {
  return Object.values(modes)
    .filter(({ defaultWorkers }) => defaultWorkers !== undefined)
    .map(({ name, defaultWorkers }) => `, ${defaultWorkers} in ${name}`)
    .join('');
}

function list(words: readonly string[]): string {
  return words.join(', ');
}

/** Words from a table are checked with the other options; the message then names the flag (inFlags). */
function word(text: string): string {
  return text;
}

function protocol(text: string, name: string): string {
  if ((protocolNames as readonly string[]).includes(text)) return text;
  throw new OptionError(unknownWord(name, text, protocolNames));
}

function count(text: string, name: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new OptionError(`${name} is "${text}"; it must be a whole number.`);
}

function bytes(text: string, name: string): number {
  const value = parseBytes(text);
  if (value !== undefined) return value;
  throw new OptionError(`${name} is "${text}"; it must be a size such as 65536, 64KiB or 1MiB.`);
}

function ms(text: string, name: string): number {
  const value = parseMs(text);
  if (value !== undefined) return value;
  throw new OptionError(
    `${name} is "${text}"; it must be a time such as 500ms, 30s or 2m (a bare number is in ms).`,
  );
}

function json(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new OptionError(`${name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
