/** Result files, read. Every sentence of an error says what was given and what to do. */
import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { OptionError } from '../../errors.ts';
import { recognize, type Found } from './schema.ts';

/** A result of an hour, second by second, has 10 MB. */
const FILE_LIMIT_BYTES = 256 * 1024 * 1024;
const MAKE_ONE = 'patterns load URL --json=result.json makes one';

export interface Read {
  readonly file: string;
  readonly found: Found;
}

export interface LeftOut {
  readonly file: string;
  /** Words that go on from its name. */
  readonly reason: string;
}

export interface ReadResults {
  readonly results: readonly Read[];
  /** Files of folders that are no results. */
  readonly leftOut: readonly LeftOut[];
  /** What lies beside the results of a bench: its environment. */
  readonly environment: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads result files, and all of a folder's. A file may hold one result, a list of them, or one on each line.
 *
 * @throws OptionError for a path that cannot be read, a file that is no result, a folder without one
 */
export function readResults(paths: readonly string[]): ReadResults {
  const results: Read[] = [];
  const leftOut: LeftOut[] = [];
  let environment: ReadResults['environment'];
  for (const path of paths) {
    if (statOf(path).isDirectory()) {
      const folder = readFolder(path);
      results.push(...folder.results);
      leftOut.push(...folder.leftOut);
      environment ??= folder.environment;
    } else {
      results.push(...readFile(path));
    }
  }
  return { results, leftOut, environment };
}

function readFolder(folder: string): ReadResults {
  const entries = readdirSync(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json'))
    .map(({ name }) => name)
    .toSorted(new Intl.Collator('en', { numeric: true }).compare);
  const results: Read[] = [];
  const leftOut: LeftOut[] = [];
  let environment: ReadResults['environment'];
  for (const name of names) {
    const file = join(folder, name);
    const found = tryFile(file);
    if (typeof found !== 'string') results.push(...found);
    else if (name === 'environment.json') environment = readObject(file);
    else if (name !== 'plan.json') leftOut.push({ file, reason: found });
  }
  if (results.length > 0) return { results, leftOut, environment };
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const inside = folders.toSorted().at(-1);
  const [first] = leftOut;
  if (first !== undefined) {
    const others = leftOut.length === 1 ? '' : `, and ${leftOut.length - 1} more are none either`;
    throw new OptionError(
      `${folder} has no results: ${basename(first.file)} ${first.reason}${others}; ${MAKE_ONE}.`,
    );
  }
  if (inside !== undefined) {
    throw new OptionError(
      `${folder} has no results itself; name a folder inside, such as ${join(folder, inside)}.`,
    );
  }
  throw new OptionError(`${folder} has no .json files; ${MAKE_ONE}.`);
}

function readFile(file: string): Read[] {
  const found = tryFile(file);
  if (typeof found !== 'string') return found;
  throw new OptionError(`${file} ${found}; ${MAKE_ONE}.`);
}

/** The results of a file, or why there are none. */
function tryFile(file: string): Read[] | string {
  const { size } = statOf(file);
  if (size > FILE_LIMIT_BYTES) {
    return `has ${Math.round(size / 1024 / 1024)} MiB, and at most ${FILE_LIMIT_BYTES / 1024 / 1024} are read`;
  }
  let values: unknown[];
  try {
    values = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return 'is not JSON';
    throw unreadable(file, error);
  }
  if (values.length === 0) return 'is empty';
  const found = values.map(recognize);
  const wrong = found.find((one) => typeof one === 'string');
  if (wrong !== undefined) return wrong;
  return found.map((one) => ({ file, found: one as Found }));
}

/** Of one JSON text, or of one on each line; lists and a bench's list of suites are taken apart. */
function parse(text: string): unknown[] {
  if (text.trim() === '') return [];
  try {
    return flatten(JSON.parse(text));
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 2) throw error;
    return lines.flatMap((line) => flatten(JSON.parse(line)));
  }
}

function flatten(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const { environment, suites } = (value ?? {}) as { environment?: unknown; suites?: unknown };
  if (!Array.isArray(suites)) return [value];
  return suites.map((suite) => (isObject(suite) ? Object.assign({ environment }, suite) : suite));
}

function readObject(file: string): Record<string, unknown> | undefined {
  const [value] = parse(readFileSync(file, 'utf8'));
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'it may not be read by this user',
  ENOTDIR: 'a part of the path is a file, not a folder',
};

function unreadable(path: string, error: unknown): OptionError {
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  const why = WHY[code] ?? message;
  return new OptionError(
    `${path} cannot be read: ${why}. Name a result of patterns load --json, or a folder of them.`,
    { cause: error },
  );
}
