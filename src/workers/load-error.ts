/** Why a module does not load, in a sentence that says where. */
import { spawnSync } from 'node:child_process';
import { asSentence } from '../errors.ts';

const ERASABLE =
  'Node strips types and compiles nothing: only erasable syntax can be used (no enum, no namespace with values, no parameter properties; tsc has erasableSyntaxOnly).';
/** A file takes far less; one that hangs is given up. */
const CHECK_TIMEOUT_MS = 10_000;

export function whyNotLoaded(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const what = `${error.name}: ${error.message.split('\n')[0]}`;
  if (!(error instanceof SyntaxError)) return what;
  const place = placeOf(error.stack ?? '') ?? placeOf(checked(path));
  const said = place === undefined ? what : `${what} at ${place}`;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' ? `${asSentence(said)} ${ERASABLE}` : said;
}

/**
 * Node puts the place in front of the stack: the file and line, some of its lines, and carets under what is wrong.
 * 'file:line:column: the line'
 */
function placeOf(text: string): string | undefined {
  const [first, ...lines] = text.split('\n');
  const at = /^(?:file:\/\/)?(\/.*|[A-Za-z]:.*):(\d+)$/.exec(first);
  const carets = lines.findIndex((line) => /^\s*\^+\s*$/.test(line));
  if (at === null || carets < 1) return undefined;
  const source = lines[carets - 1];
  return `${at[1]}:${at[2]}:${lines[carets].indexOf('^') + 1}: ${source.trim()}`;
}

/** What Node says of the file: of an import that does not parse it keeps the place to itself. */
function checked(path: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', path], {
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return stderr ?? '';
}
