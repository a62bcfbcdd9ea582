/** Result files in, one self-contained HTML page out. The same files give the same page. */
import { basename, resolve } from 'node:path';
import { readResults, type LeftOut } from './files.ts';
import { renderPage } from './page.ts';
import { readPlotter } from './plotter.ts';
import { reportOf } from './runs.ts';

export interface MadeReport {
  readonly html: string;
  /** The files whose results are in it. */
  readonly files: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Files and folders by their own names: where they lie is nobody else's business. */
function sourcesOf(paths: readonly string[]): string[] {
  return paths.map((path) => basename(resolve(path)));
}

/** @throws OptionError for what cannot be read or is no result */
export function makeReport(paths: readonly string[]): MadeReport {
  const read = readResults(paths);
  return {
    html: renderPage(reportOf(read), readPlotter(), sourcesOf(paths)),
    files: read.results.map(({ file }) => file),
    leftOut: read.leftOut,
  };
}
