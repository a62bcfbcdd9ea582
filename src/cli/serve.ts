/** `patterns serve`. */
import { Command } from 'commander';
import { HandlerError, OptionError } from '../errors.ts';
import { builtins, isBuiltin } from '../handlers/index.ts';
import { suggest } from '../options.ts';
import { inFlags, readFlags, readLogLevel, serveFlags, type Given } from './flags.ts';

const EXAMPLES = `
Examples:
  patterns serve echo                          a server on tcp://127.0.0.1:7000
  patterns serve ./chat.ts --mode=sharded      your handler, on every core
  patterns serve ./chat.ts --watch             again at each change
  patterns serve compute:200 --mode=dispatched --workers=4 --protocol=line
  patterns serve echo --unix=/run/echo.sock --mode=shared --idle-timeout=30s

Standard output has one line, when every worker accepts; the log goes to
standard error. SIGTERM and SIGINT answer what was received, then end; a second
one ends at once. Exit codes: 0 everything was answered, 1 it failed or was cut
short, 2 wrong options.`;

export function serveCommand(): Command {
  const command = new Command('serve')
    .argument('[handler]', `a module whose default export is a handler, or ${builtinList()}`)
    .description('Serves a handler. `patterns modes` says what the modes are.')
    .addHelpText('after', EXAMPLES);
  for (const option of serveFlags()) command.addOption(option);
  return command.action(serveHandler);
}

async function serveHandler(handler: string | undefined, given: Given): Promise<void> {
  if (handler === undefined) {
    throw new OptionError(`No handler was given: name a module, or ${builtinList()}.`);
  }
  const options = readFlags(handler, given);
  const logLevel = readLogLevel(given);
  if (given.watch === true) {
    if (isBuiltin(handler))
      throw new OptionError(`--watch is for a handler of your own; ${handler} is built in.`);
    const { watchHandler } = await import('./watch.ts');
    return watchHandler(handler, logLevel);
  }
  const { run } = await import('./run.ts');
  try {
    await run(options, { logLevel, watched: given.watched === true });
  } catch (error) {
    throw explain(error, handler);
  }
}

/** In the words of the command line. */
function explain(error: unknown, handler: string): unknown {
  if (error instanceof OptionError) return inFlags(error);
  if (error instanceof HandlerError && error.message.startsWith('There is no handler')) {
    const hint = /^[\w-]+(?::\w*)?$/.test(handler)
      ? ` Built in are ${builtinList()}.${suggest(handler.split(':')[0], Object.keys(builtins))}`
      : '';
    return new HandlerError(error.message + hint, { cause: error });
  }
  return error;
}

/** 'echo, compute:200, delay:5' */
function builtinList(): string {
  const words = Object.entries(builtins).map(([name, builtin]) =>
    'argument' in builtin ? `${name}:${builtin.argument.default}` : name,
  );
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
