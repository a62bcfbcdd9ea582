/**
 * The speed table: `node bench/speed.ts [SUITE...]`, about half an hour for all of it. Prints each claim with its target
 * and what was measured; every run is kept in bench/results/. Ends with 1 if a target was missed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { environment } from './measure/environment.ts';
import { exitOnSignals } from './measure/children.ts';
import { beTheOnlyOne } from './measure/only-one.ts';
import { hasProc } from './measure/proc.ts';
import { median } from './measure/statistics.ts';
import { cpuMs } from './measure/trial.ts';
import { suites } from './suites/index.ts';
import { runSuite, type Outcome, type SuiteResult } from './suites/run.ts';
import { FIGURES, figuresOf, type Claim, type Settings, type Suite } from './suites/suite.ts';
import { short, table } from './table.ts';

const HELP = `node bench/speed.ts [--blocks=5] [--seconds=3] [--warm-up=2] [--seed=1] [SUITE...]

${suites.map(({ name, question }) => `  ${name.padEnd(12)}${question}`).join('\n')}
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    blocks: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

const settings: Settings = {
  blocks: Number(values.blocks),
  seconds: Number(values.seconds),
  warmUpSeconds: Number(values['warm-up']),
  seed: Number(values.seed),
  say: (text) => process.stderr.write(`${text}\n`),
};

const unknown = positionals.filter((word) => suites.every(({ name }) => name !== word));
if (values.help) process.stdout.write(HELP);
else if (unknown.length > 0) refuse(`There is no suite ${unknown.join(', ')}.\n\n${HELP}`);
else if (!hasProc) refuse('The speed table needs server CPU time from /proc, which is Linux’s.');
else await main(positionals.length === 0 ? suites : suites.filter(isWanted));

function isWanted({ name }: Suite): boolean {
  return positionals.includes(name);
}

function refuse(reason: string): void {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 2;
}

async function main(wanted: readonly Suite[]): Promise<void> {
  exitOnSignals();
  await beTheOnlyOne(settings.say);
  const at = environment();
  const folder = join(import.meta.dirname, 'results', String(at.at).replaceAll(':', '-'));
  mkdirSync(folder, { recursive: true });
  const outcomes: Outcome[] = [];
  const skipped: string[] = [];
  for (const suite of wanted) {
    const reason = suite.unavailable?.();
    if (reason !== undefined) {
      skipped.push(`${suite.name} was not run: ${reason}`);
      continue;
    }
    try {
      const result = await runSuite(suite, settings);
      const file = join(folder, `${suite.name}.json`);
      writeFileSync(file, asJson({ environment: at, settings, ...result }));
      process.stdout.write(`${describe(result)}\n\n`);
      outcomes.push(...result.outcomes);
    } catch (error) {
      skipped.push(`${suite.name} failed: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  process.stdout.write(`${speedTable(outcomes)}\n`);
  for (const line of skipped) process.stdout.write(`${line}\n`);
  process.stdout.write(`Every run: ${folder}\n`);
  if (outcomes.some(({ verdict }) => verdict === 'miss')) process.exitCode = 1;
}

/** The medians of a suite's arms. */
function describe({ suite, question, blocks }: SuiteResult): string {
  const rows = [...blocks.runs].map(([arm, runs]) => [
    arm,
    short(median(figuresOf(runs, 'perSecond'))),
    short(median(figuresOf(runs, 'cpuUs'))),
    short(median(runs.map(({ server, seconds }) => cpuMs(server) / 1000 / seconds))),
    short(median(runs.map(({ client, seconds }) => cpuMs(client) / 1000 / seconds))),
  ]);
  const head = [suite, 'messages/s', 'server CPU µs/message', 'server cores', 'client cores'];
  const failed = [...blocks.runs.values()].flat().reduce((sum, run) => sum + run.result.errors, 0);
  const notes =
    `${blocks.repeated} disturbed runs made again, ${blocks.keptDisturbed} kept; ` +
    `${failed} messages failed.`;
  return `${question}\n${table(head, rows)}\n${notes}`;
}

function speedTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ claim, over, measured, verdict, sure }) => [
    claim.says,
    target(claim),
    claim.stretch === undefined ? '' : number(claim, claim.stretch),
    number(claim, measured.estimate),
    `${number(claim, measured.low)} to ${number(claim, measured.high)}`,
    sure || verdict === 'unmeasured' ? verdict : `${verdict}, not sure`,
    over === undefined
      ? FIGURES[claim.figure].title
      : `${FIGURES[claim.figure].title}, over ${over}`,
  ]);
  const head = ['claim', 'target', 'stretch', 'measured', '95 % interval', 'verdict', 'figure'];
  return table(head, rows);
}

function target(claim: Claim): string {
  return claim.atMost === undefined
    ? `≥ ${number(claim, claim.atLeast!)}`
    : `≤ ${number(claim, claim.atMost)}`;
}

/** A ratio with two digits, or a figure by itself. */
function number({ over }: Claim, value: number): string {
  return over === undefined ? short(value) : value.toFixed(2);
}

/** NaN is no JSON: null. */
function asJson(value: object): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Map ? Object.fromEntries(inner) : inner,
  );
}
