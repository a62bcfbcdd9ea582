/** `patterns compare`: two sets of runs, and what may be said of them. */
import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { OptionError } from '../errors.ts';
import { compareSides, type Comparison } from '../report/compare/compare.ts';
import { readSides } from '../report/compare/sides.ts';
import { formatComparison } from '../report/compare/text.ts';
import { ALPHA, DEFAULT_EFFECT } from '../statistics/index.ts';
import { Exit } from './exit.ts';
import { print } from './output.ts';
import { parseMs } from './units.ts';

const EXAMPLES = `
Examples:
  for i in 1 2 3 4 5; do for s in a b; do          # in turn: a, b, a, b, …
    patterns load tcp://$s:7000 --duration=5s --json=$s/$i.json; done; done
  patterns compare a b                             two folders of runs
  patterns compare a1.json,a2.json,a3.json b1.json,b2.json,b3.json
  patterns compare patterns-results/monday patterns-results/tuesday    every arm of both
  patterns compare RESULTS:'single' RESULTS:'sharded thread'           two arms of a bench
  patterns compare before after --effect=2% --fail-on-slower
  patterns compare --selftest

A run (a fresh server, a fresh load) is one sample, however many requests it has. Runs in turn are compared in pairs.
faster and slower: the ${100 - ALPHA * 100} % interval excludes no difference, and the estimate is at least --effect. equivalent:
both one-sided tests keep the difference within it. Else it cannot tell, and says about how many more runs would.

Exit codes: 0 done, 1 --fail-on-slower and B is slower, 2 wrong options or nothing to compare.`;

interface Given {
  readonly effect: string;
  readonly json?: string | true;
  readonly failOnSlower?: true;
  readonly selftest?: true;
  readonly time: string;
}

export function compareCommand(): Command {
  return new Command('compare')
    .argument('[a]', 'files of patterns load --json, a folder of them, a bench folder, FOLDER:ARM')
    .argument('[b]', 'the same; what is said is said of B')
    .description('Says of two sets of runs: faster, slower, equivalent, or cannot tell.')
    .addOption(
      new Option('--effect <percent>', 'the least difference that matters').default(
        `${DEFAULT_EFFECT * 100}%`,
      ),
    )
    .addOption(new Option('--json [file]', 'a list with an object for each comparison'))
    .addOption(new Option('--fail-on-slower', 'exit code 1 if B is slower by any figure'))
    .addOption(new Option('--selftest', 'compare identical servers, and count the false claims'))
    .addOption(new Option('--time <time>', 'of the selftest, about').default('60s'))
    .addHelpText('after', EXAMPLES)
    .action(compare);
}

async function compare(a: string | undefined, b: string | undefined, given: Given): Promise<void> {
  const effect = readEffect(given.effect);
  if (given.selftest === true) {
    if (a !== undefined) throw new OptionError('--selftest makes its own runs: name no results.');
    const { selftest } = await import('./selftest.ts');
    return selftest(readTime(given.time), effect);
  }
  if (a === undefined || b === undefined) {
    throw new OptionError(
      'Two sides are wanted: files with commas between them, folders, or FOLDER:ARM (patterns compare --help).',
    );
  }
  const { leftOut, matched } = readSides(a, b);
  const comparisons = matched.map((one) => compareSides(one.a, one.b, effect, one.arm));
  await write(comparisons, leftOut, given.json);
  const slower = comparisons.some(({ figures }) =>
    figures.some(({ verdict }) => verdict === 'slower'),
  );
  if (given.failOnSlower === true && slower) process.exitCode = Exit.FAILED;
}

async function write(
  comparisons: readonly Comparison[],
  leftOut: readonly string[],
  json: string | true | undefined,
): Promise<void> {
  const text = [...comparisons.map(formatComparison), ...leftOut.map((line) => `${line}\n`)];
  if (json !== true) await print(text.join('\n'));
  if (json === undefined) return;
  const object = `${JSON.stringify(comparisons)}\n`; // NaN and Infinity become null
  if (json === true) return print(object);
  try {
    writeFileSync(json, object);
  } catch (error) {
    throw new OptionError(`${json} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

function readEffect(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?%$/.exec(text);
  const effect = match === null ? Number.NaN : Number(match[1]) / 100;
  if (effect > 0 && effect <= 1) return effect;
  throw new OptionError(`--effect is "${text}"; it must be a percentage up to 100%, such as 5%.`);
}

function readTime(text: string): number {
  const ms = parseMs(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new OptionError(`--time is "${text}"; it must be a time such as 30s or 2m.`);
}
