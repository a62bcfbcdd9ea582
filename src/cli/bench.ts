/**
 * `patterns bench`: its flags. The bench itself stands on the package's public API like any other program, so it is
 * imported by its URL: bench/ beside src/, or dist/bench/ where it is built.
 */
import { Command, Option } from 'commander';
import { OptionError } from '../errors.ts';
import type { LoadPlan } from '../load/index.ts';
import { GROUPS, inLoadFlags, planFlags, readPlanFlags, type Given } from './load-flags.ts';
import { print, stderr } from './output.ts';
import { listenForStop } from './signals.ts';
import { parseMs } from './units.ts';

/** bench/request.ts has the same: the two are compiled apart, and test/bench/contract.test.ts does not compile if they differ. */
export interface BenchRequest {
  readonly words: readonly string[];
  readonly quick: boolean;
  readonly anyway: boolean;
  readonly blocks?: number;
  readonly durationMs?: number;
  readonly warmUpMs?: number;
  readonly seed?: number;
  readonly workers?: number;
  readonly modes?: readonly string[];
  readonly path?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly load: Readonly<Omit<LoadPlan, 'target'>>;
}

export interface BenchIo {
  readonly print: (text: string) => Promise<void>;
  readonly terminal: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/** What bench/command.ts exports. */
export interface BenchModule {
  readonly suites: readonly { readonly name: string; readonly question: string }[];
  readonly bench: (request: BenchRequest, io: BenchIo) => Promise<void>;
}

async function importBench(): Promise<BenchModule> {
  const path = import.meta.url.endsWith('.ts') ? '../../bench/command.ts' : '../bench/command.js';
  return (await import(new URL(path, import.meta.url).href)) as BenchModule;
}

/** Flags of `patterns load` that the bench takes too: what is sent, and how. How long is the bench's own affair. */
const LOAD_KEYS: ReadonlySet<keyof LoadPlan> = new Set([
  'connections',
  'depth',
  'thinkMs',
  'rateHz',
  'arrivals',
  'burst',
  'timeoutMs',
  'requestsPerConnection',
]);
const WHOLE_GROUPS: ReadonlySet<string> = new Set(['What is sent:', 'HTTP:']);

function loadFlags(): Option[] {
  const taken = new Set(
    Object.entries(GROUPS).flatMap(([group, flags]) =>
      flags
        .filter(({ key }) => WHOLE_GROUPS.has(group) || LOAD_KEYS.has(key))
        .map(({ flags }) => new Option(flags).long),
    ),
  );
  return planFlags()
    .filter(({ long }) => taken.has(long))
    .map((option) => option.helpGroup('Load, for modes and handlers:'));
}

/** Of their own: named, read, and what help says. */
const own = [
  {
    flags: '--blocks <n>',
    key: 'blocks',
    read: count,
    help: 'runs of each (default: 5; --quick: 1)',
  },
  {
    flags: '-d, --duration <time>',
    key: 'durationMs',
    read: ms,
    help: 'of each run (default: 3s)',
  },
  {
    flags: '-w, --warmup <time>',
    key: 'warmUpMs',
    read: ms,
    help: 'before each (default: 2s; --quick: 1s; blocking: until all its threads are warm)',
  },
  { flags: '--seed <n>', key: 'seed', read: count, help: 'of the order of runs (default: 1)' },
  {
    flags: '--workers <n>',
    key: 'workers',
    read: count,
    help: 'of servers that have several (default: the cores)',
  },
  {
    flags: '--modes <list>',
    key: 'modes',
    read: words,
    help: "only these: 'single,sharded:process'",
  },
  { flags: '--path <path>', key: 'path', read: word, help: 'HTTP: what is asked for (default: /)' },
  {
    flags: '-o, --out <folder>',
    key: 'out',
    read: word,
    help: 'where results go (default: patterns-results/TIME-SUITE)',
  },
  {
    flags: '--resume <folder>',
    key: 'resume',
    read: word,
    help: 'go on with a run that was ended early',
  },
] as const;

const EXAMPLES = `
Examples:
  patterns bench --quick                       a first look: echo in every mode, in a minute
  patterns bench                               the same with intervals, in five minutes
  patterns bench ./handler.ts --size=1KiB      which mode for your handler
  patterns bench ./app.ts --path=/users/1      the same for HTTP
  patterns bench nagle connections             two questions
  patterns bench --resume patterns-results/…   after Ctrl-C

Results lie in a folder for each run; patterns report FOLDER makes a page of it.
Exit codes: 0 done, 1 ended early or a suite measured nothing, 2 wrong options.`;

export async function benchCommand(): Promise<Command> {
  const { suites } = await importBench();
  const list = suites.map(({ name, question }) => `  ${name.padEnd(15)}${question}`).join('\n');
  const command = new Command('bench')
    .argument('[what...]', 'suites, or a handler: a module or a built-in')
    .description('Measures, and says what follows.')
    .option('--quick', 'one short run of each: a first look')
    .option('--anyway', 'do not wait until others leave the machine alone')
    .addHelpText('after', `\nSuites:\n${list}\n${EXAMPLES}`);
  for (const { flags, help } of own) command.addOption(new Option(flags, help));
  for (const option of loadFlags()) command.addOption(option);
  return command.action(run);
}

async function run(what: readonly string[], given: Given): Promise<void> {
  const request = readRequest(what, given);
  const ended = new AbortController();
  const stop = listenForStop();
  void stop.first.then(() => ended.abort());
  void stop.second.then(() => process.exit(130));
  const module = await importBench();
  try {
    await module.bench(request, { print, terminal: stderr.stream, signal: ended.signal });
  } catch (error) {
    throw error instanceof OptionError ? inFlags(error) : error;
  }
}

function readRequest(what: readonly string[], given: Given): BenchRequest {
  const request: Record<string, unknown> = {};
  for (const { flags, key, read } of own) {
    const option = new Option(flags);
    const text = given[option.attributeName()];
    if (typeof text === 'string') request[key] = read(text, option.long!);
  }
  const ours = new Set(own.map(({ flags }) => new Option(flags).attributeName()));
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => !ours.has(name)));
  const { target: _, ...load } = readPlanFlags('', others);
  const words = Object.keys(load).concat(Object.keys(request).filter((key) => key !== 'resume'));
  if (
    request.resume !== undefined &&
    (what.length > 0 || words.length > 0 || given.quick === true)
  ) {
    throw new OptionError('--resume goes on with what was asked then: leave everything else out.');
  }
  return {
    ...request,
    words: what,
    quick: given.quick === true,
    anyway: given.anyway === true,
    load,
  };
}

/** An error about the request, in the words of the command line. */
function inFlags(error: OptionError): OptionError {
  for (const { flags, key } of own) {
    if (
      !error.message.startsWith(`${key} `) &&
      !error.message.startsWith(`${key.replace(/Ms$/, '')} `)
    )
      continue;
    const rest = error.message.slice(error.message.indexOf(' '));
    return new OptionError(`${new Option(flags).long!}${rest}`, { cause: error });
  }
  return inLoadFlags(error);
}

function word(text: string): string {
  return text;
}

function words(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}

function count(text: string, name: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new OptionError(`${name} is ${JSON.stringify(text)}; it must be a whole number.`);
}

function ms(text: string, name: string): number {
  const time = parseMs(text);
  if (time !== undefined) return time;
  throw new OptionError(
    `${name} is ${JSON.stringify(text)}; it must be a time, such as 500ms, 10s or 1m.`,
  );
}
