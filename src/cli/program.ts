/** What the command line says. A command's module is imported when it is asked for. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { OptionError } from '../errors.ts';
import { unknownWord } from '../options.ts';
import { Exit, exitCodeOf, sentenceOf } from './exit.ts';
import { flush, print, stderr } from './output.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
  serve: {
    summary: 'serve a handler under an execution mode',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  load: {
    summary: 'load a server, measure it, and say how far to trust the figures',
    load: async () => (await import('./load.ts')).loadCommand(),
  },
  bench: {
    summary: 'measure every mode on this machine, and say which to take',
    load: async () => (await import('./bench.ts')).benchCommand(),
  },
  compare: {
    summary: 'say of two sets of runs: faster, slower, equivalent, or cannot tell',
    load: async () => (await import('./compare.ts')).compareCommand(),
  },
  report: {
    summary: 'make one HTML file of results',
    load: async () => (await import('./report.ts')).reportCommand(),
  },
  modes: {
    summary: 'who accepts, reads and executes in each mode, and which run here',
    load: async () => (await import('./modes.ts')).modesCommand(),
  },
  doctor: {
    summary: 'what this Node, kernel and machine can do for a server',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
};

const EXAMPLES = `
Examples:
  patterns serve ./handler.ts --mode=sharded --port=7000
  patterns load tcp://127.0.0.1:7000 --rate=20000 --json=result.json
  patterns bench ./handler.ts
  patterns report result.json
  patterns modes
  patterns doctor`;

/** The whole program, with only the command that `words` name loaded. */
async function program(words: readonly string[], written: string[]): Promise<Command> {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  const root = new Command('patterns')
    .description('A server runtime: who accepts, reads and executes is one word.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => written.push(text), writeErr: () => {} })
    .addHelpText('after', EXAMPLES);
  const operands = words.filter((word) => !word.startsWith('-'));
  const asked = operands[0] === 'help' ? operands[1] : operands[0];
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = name === asked ? await load() : new Command(name);
    root.addCommand(command.summary(summary).copyInheritedSettings(root));
  }
  if (operands[0] === undefined || asked === undefined || Object.hasOwn(commands, asked))
    return root;
  throw new OptionError(unknownWord('command', asked, Object.keys(commands)));
}

async function main(words: readonly string[]): Promise<number> {
  const written: string[] = [];
  let flags: string[] = [];
  try {
    const root = await program(words, written);
    const command = root.commands.find((one) => one.name() === words[0]) ?? root;
    flags = command.options.map((option) => option.long!).concat('--help');
    if (words.length === 0) {
      root.outputHelp();
      stderr.stream.write(written.join(''));
      return Exit.USAGE;
    }
    await root.parseAsync(words, { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
    });
    if (written.length > 0) await print(written.join('')); // the help or the version
    return Number(process.exitCode ?? Exit.OK);
  } catch (error) {
    stderr.stream.write(`patterns: ${sentenceOf(error, isDebug(words), flags)}\n`);
    return exitCodeOf(error);
  }
}

function isDebug(words: readonly string[]): boolean {
  return /--log-level[= ](?:debug|trace)/.test(words.join(' '));
}

const code = await main(process.argv.slice(2));
await flush();
process.exit(code);
