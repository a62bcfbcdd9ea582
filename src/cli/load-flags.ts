/** The flags of `patterns load`: one line each says what it sets, how it is read and what help says. */
import { Option } from 'commander';
import { OptionError } from '../errors.ts';
import { driverNames } from '../load/drivers/index.ts';
import { ARRIVALS, type LoadPlan, type Stage } from '../load/plan.ts';
import { parseBytes, parseMs } from './units.ts';

export interface Flag {
  readonly flags: string;
  readonly help: string;
  /** The plan's option that it sets. */
  readonly key: keyof LoadPlan;
  readonly read: (text: string, name: string) => unknown;
  /** It may be repeated: the option is a list. */
  readonly repeats?: true;
}

export const GROUPS: Readonly<Record<string, readonly Flag[]>> = {
  'What is sent:': [
    flag(
      '--protocol <word>',
      word,
      'protocol',
      `${driverNames.join(', ')} (default: what the url says, else bytes)`,
    ),
    flag('--protocol-options <json>', json, 'protocolOptions', "what the protocol's factory takes"),
    flag('--size <bytes>', bytes, 'payloadBytes', 'of the message, without framing (default: 64)'),
    flag(
      '--file <path>',
      word,
      'payloadFile',
      'the message: bytes, text or JSON, as the protocol has it',
    ),
    flag(
      '--module <path>',
      word,
      'payloadModule',
      'a module that makes requests and may check answers',
    ),
    flag('--body <text>', word, 'payloadText', 'the message itself; of HTTP the body'),
    flag('--expect <what>', word, 'expect', 'echo: an answer must equal its request'),
  ],
  'HTTP:': [
    flag('--method <word>', word, 'method', 'default: GET, or POST where there is a body'),
    {
      ...flag('--header <line>', header, 'headers', "'name: value'; may be repeated"),
      repeats: true,
    },
    flag(
      '--statuses <list>',
      word,
      'statuses',
      'that count as answered, such as 2xx,404 or any (default: 2xx,3xx)',
    ),
  ],
  'Closed loop (a request when an answer has come):': [
    flag('-c, --connections <n>', count, 'connections', 'over all threads (default: 64)'),
    flag('--depth <n>', count, 'depth', 'requests on their way on one connection (default: 1)'),
    flag('--think <time>', ms, 'thinkMs', 'between an answer and the next request (default: 0)'),
    flag(
      '-t, --threads <n>',
      count,
      'threads',
      'worker threads (default: one less than the cores, at most 4)',
    ),
  ],
  'Open loop (requests on a schedule):': [
    flag('-r, --rate <n>', number, 'rateHz', 'requests per second'),
    flag(
      '--stages <list>',
      stages,
      'stages',
      "'10s:1000,30s:1000,10s:0': in 10 s to 1000/s, stay for 30 s, in 10 s to 0",
    ),
    flag(
      '--publishers <n>',
      count,
      'publishers',
      'ws: so many connections publish, the others listen: delivery times',
    ),
    flag('--arrivals <word>', word, 'arrivals', `${ARRIVALS.join(' or ')} (default: uniform)`),
    flag('--burst <n>', count, 'burst', 'so many are due at once, at the same rate (default: 1)'),
    flag('--seed <n>', count, 'seed', 'of the arrivals (default: 1)'),
  ],
  'How long:': [
    flag(
      '-d, --duration <time>',
      ms,
      'durationMs',
      'measured (default: 10s, or until --count; without an answer for 10s, or twice the --timeout, a count is given up)',
    ),
    flag('-n, --count <n>', count, 'count', 'requests that are measured'),
    flag(
      '-w, --warmup <time>',
      warmup,
      'warmupMs',
      'before that; auto: until rate and median are steady, at most 30s (default: 1s)',
    ),
    flag(
      '--timeout <time>',
      ms,
      'timeoutMs',
      'without an answer a request has failed (default: 10s)',
    ),
    flag(
      '--connect-timeout <time>',
      ms,
      'connectTimeoutMs',
      'the same for a connection (default: 5s)',
    ),
    flag(
      '--drain <time>',
      ms,
      'drainMs',
      'at the end what is due is still sent, and answers are waited for (default: 1s, and answers for as long as their timeout)',
    ),
  ],
  'Connections come and go:': [
    flag(
      '--requests-per-connection <n>',
      count,
      'requestsPerConnection',
      'then another one is opened',
    ),
    flag('--connection-lifetime <time>', ms, 'connectionLifetimeMs', 'then another one is opened'),
  ],
};

/** What commander collected, by the flags' camel-cased names. */
export type Given = Readonly<Record<string, string | true | string[] | undefined>>;

export function planFlags(): Option[] {
  return Object.entries(GROUPS).flatMap(([group, flags]) =>
    flags.map(({ flags, help, repeats }) => {
      const option = new Option(flags, help).helpGroup(group);
      return repeats === true ? option.argParser(several) : option;
    }),
  );
}

/** @throws OptionError that names the flag */
export function readPlanFlags(target: string, given: Given): LoadPlan {
  const plan: Record<string, unknown> = { target };
  for (const { flags, key, read } of Object.values(GROUPS).flat()) {
    const option = new Option(flags);
    const text = given[option.attributeName()];
    if (typeof text === 'string') plan[key] = read(text, option.long!);
    if (Array.isArray(text)) plan[key] = text.map((one) => read(one, option.long!));
  }
  return plan as LoadPlan;
}

/** An error about the plan, in the words of the command line. */
export function inLoadFlags(error: OptionError): OptionError {
  let { message } = error;
  for (const { flags, key } of Object.values(GROUPS).flat()) {
    // 'protocol' and its like are words of a sentence too, but where they begin it.
    const name = /[A-Z]|^stages$/.test(key) ? `(?<![.-])\\b${key}\\b` : `^${key}\\b`;
    message = message.replaceAll(new RegExp(name, 'g'), new Option(flags).long!);
  }
  return new OptionError(message, { cause: error });
}

function flag(flags: string, read: Flag['read'], key: Flag['key'], help: string): Flag {
  return { flags, help, key, read };
}

/** For commander: an option that may be repeated. */
export function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function header(text: string, name: string): readonly [string, string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw wrong(name, text, "a line such as 'accept: text/plain'");
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

function word(text: string): string {
  return text;
}

function wrong(name: string, text: string, required: string): OptionError {
  return new OptionError(`${name} is ${JSON.stringify(text)}; it must be ${required}.`);
}

function count(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw wrong(name, text, 'a whole number');
  return Number(text);
}

const RATE = /^\d+(?:\.\d+)?(?:e\d{1,2})?$/i;

function number(text: string, name: string): number {
  if (!RATE.test(text)) throw wrong(name, text, 'a number of requests per second above 0');
  return Number(text);
}

function bytes(text: string, name: string): number {
  const size = parseBytes(text);
  if (size === undefined) throw wrong(name, text, 'a size, such as 64 or 16KiB');
  return size;
}

function ms(text: string, name: string): number {
  const time = parseMs(text);
  if (time === undefined) throw wrong(name, text, 'a time, such as 500ms, 10s or 1m');
  return time;
}

function warmup(text: string, name: string): number | 'auto' {
  return text === 'auto' ? text : ms(text, name);
}

function json(text: string, name: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // said below
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw wrong(name, text, `an object in JSON, such as '{"maxBytes":65536}'`);
}

function stages(text: string, name: string): Stage[] {
  return text.split(',').map((stage) => {
    const [time, rate, ...more] = stage.split(':');
    const durationMs = parseMs(time);
    if (
      durationMs === undefined ||
      rate === undefined ||
      more.length > 0 ||
      !RATE.test(rate.trim())
    ) {
      throw wrong(name, text, "a list of TIME:RATE, such as '10s:1000,30s:1000'");
    }
    return { durationMs, rateHz: Number(rate) };
  });
}
