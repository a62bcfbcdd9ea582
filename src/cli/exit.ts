/** What an error is on the command line: an exit code and a sentence. */
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { ModeError, OptionError, PatternsError } from '../errors.ts';
import { suggest } from '../options.ts';

export const Exit = {
  /** Done; for `serve`: every message that came was answered; for `load`: every threshold was kept. */
  OK: 0,
  /** It could not be done, was cut short, or measured nothing. */
  FAILED: 1,
  /** The command line asks for something that there is not. */
  USAGE: 2,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

export function exitCodeOf(error: unknown): Exit {
  const usage = [CommanderError, OptionError, ModeError].some((kind) => error instanceof kind);
  return usage ? Exit.USAGE : Exit.FAILED;
}

/** One sentence, without a stack trace unless `debug`. `flags`: those that the command has. */
export function sentenceOf(error: unknown, debug: boolean, flags: readonly string[]): string {
  if (error instanceof CommanderError) return fromCommander(error, flags);
  if (debug) return inspect(error);
  if (error instanceof PatternsError) return error.message;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `${what} (--log-level=debug shows where)`;
}

/** commander would not find `--mode` for `--moed=single`. */
function fromCommander({ message, code }: CommanderError, flags: readonly string[]): string {
  const sentence = message.replace(/^error: /, '').split('\n')[0];
  if (code !== 'commander.unknownOption') return sentence;
  const given = /'(.*)'/.exec(sentence)![1].split('=')[0];
  return `There is no option ${given}.${suggest(given, flags)} --help lists what there is.`;
}
