/** uPlot and the script that uses it, as the page has them inline. uPlot's license goes along. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { zoomable } from './zoom-script.ts';

const require = createRequire(import.meta.url);

export interface Plotter {
  readonly css: string;
  readonly script: string;
}

export function readPlotter(): Plotter {
  const code = read('uplot/dist/uPlot.iife.min.js');
  const license = read('uplot/LICENSE');
  return {
    css: read('uplot/dist/uPlot.min.css').trim(),
    script: `/*! uPlot\n\n${license.trim()}\n*/\n${code.trim()}\n(${zoomable.toString()})(window, uPlot);`,
  };
}

function read(name: string): string {
  return readFileSync(require.resolve(name), 'utf8').replaceAll('\r\n', '\n');
}
