#!/usr/bin/env node
/** The command line: its Node first, since one that is too old may not even read the program. */
import { readFileSync } from 'node:fs';
import { refusal } from './node-version.ts';

const { engines } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { engines: { node: string } };
const why = refusal(process.versions.node, engines.node, process.argv.slice(2));
if (why === undefined) {
  void import('./program.ts');
} else {
  process.stderr.write(`patterns: ${why}\n`);
  process.exitCode = 1;
}
