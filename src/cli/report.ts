/** `patterns report`: results in, one HTML file out. */
import { writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { OptionError } from '../errors.ts';
import { makeReport } from '../report/html/index.ts';
import { print, stderr } from './output.ts';

const DEFAULT_OUTPUT = 'report.html';

const EXAMPLES = `
Examples:
  patterns load tcp://127.0.0.1:7000 --rate=20000 --json=result.json
  patterns report result.json
  patterns report single.json sharded.json --output=compare.html
  patterns report ./results                    every result in a folder
  patterns load tcp://127.0.0.1:7000 --find-knee --slo='p99<5ms' --json=knee.json
  patterns report knee.json

The report is one file: no network, no scripts needed to read it, light and dark, and it prints. Runs are called as
their files are; name repeated runs name-1, name-2, … and they are taken together.`;

interface Given {
  readonly output: string;
}

export function reportCommand(): Command {
  return new Command('report')
    .argument('[results...]', 'files of patterns load --json or of the bench, or folders of them')
    .description('Makes one HTML file of results: figures, tables, and every caveat beside them.')
    .addOption(new Option('-o, --output <file>', 'where to').default(DEFAULT_OUTPUT))
    .addHelpText('after', EXAMPLES)
    .action(report);
}

async function report(paths: readonly string[], { output }: Given): Promise<void> {
  if (paths.length === 0) {
    throw new OptionError(
      'No result was given: name a file of patterns load --json, or a folder of them.',
    );
  }
  const { files, html, leftOut } = makeReport(paths);
  if (files.some((file) => resolve(file) === resolve(output))) {
    throw new OptionError(`--output is ${output}, which is a result: name another file.`);
  }
  for (const { file, reason } of leftOut) {
    stderr.stream.write(`left out: ${file} ${reason}\n`);
  }
  try {
    writeFileSync(output, html);
  } catch (error) {
    throw new OptionError(`${output} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  await print(`${relative('.', output) || output}\n`);
}
