/** `patterns doctor`. */
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command } from 'commander';
import type { Check, Status } from './check.ts';
import { Exit } from './exit.ts';
import { print } from './output.ts';
import { checkKernel } from './probe-kernel.ts';
import { checkMachine } from './probe-machine.ts';
import { checkModes, checkNode } from './probe-node.ts';
import { columns, hang } from './text.ts';

const HELP = `
ok       fine for a server
note     it works, with less than it could
problem  a mode cannot run, or a server of ordinary size cannot

Exit codes: 0 no problem, 1 there is one.`;

const COLORS = { ok: 'green', note: 'yellow', problem: 'red' } as const;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Tries what this Node can do, and reads the limits that a server meets here.')
    .option('--json', 'for programs')
    .addHelpText('after', HELP)
    .action(async ({ json }: { json?: true }) => {
      const checks = await runChecks();
      const ok = checks.every(({ status }) => status !== 'problem');
      await print(json ? `${JSON.stringify({ ok, checks }, undefined, 2)}\n` : render(checks));
      if (!ok) process.exitCode = Exit.FAILED;
    });
}

async function runChecks(): Promise<Check[]> {
  return [
    ...(await checkNode()),
    ...(await checkModes()),
    ...checkKernel(read),
    ...checkMachine(read),
  ];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // another kernel, or a container that hides it
  }
}

function render(checks: readonly Check[]): string {
  const width = columns();
  const blocks = [...new Set(checks.map(({ group }) => group))].map((group) =>
    [
      styleText('bold', group),
      ...checks.filter((check) => check.group === group).map((check) => renderCheck(check, width)),
    ].join('\n'),
  );
  return `${blocks.join('\n\n')}\n\n${summary(checks)}\n`;
}

function renderCheck({ name, value, status, means, change }: Check, width: number): string {
  const label = styleText(COLORS[status], status.padEnd(7));
  const lines = [`  ${label}  ${name}: ${styleText('bold', value)}`];
  const indent = ' '.repeat(11);
  if (means !== '') lines.push(hang(indent, means, width));
  if (change !== undefined) lines.push(styleText('dim', hang(`${indent}change: `, change, width)));
  return lines.join('\n');
}

function summary(checks: readonly Check[]): string {
  const count = (status: Status) => checks.filter((check) => check.status === status).length;
  const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  const kept = checks.some(({ group }) => group === 'Kernel')
    ? '\nWhat sysctl -w changes lasts until the next boot; /etc/sysctl.d keeps it.'
    : '';
  return `${count('ok')} ok, ${plural(count('note'), 'note')}, ${plural(count('problem'), 'problem')}.${kept}`;
}
