/** The whole page: the answer first, then the figures with their caveats, then what they rest on. Pure. */
import { createHash } from 'node:crypto';
import { m, nothing, prose, trusted, type Markup } from '../svg/markup.ts';
import { wordsOf } from '../loops.ts';
import { answerOf } from './answer.ts';
import { renderFigure } from './blocks.ts';
import { renderEnvironment } from './environment.ts';
import { figuresOf } from './figures.ts';
import { calibrationFigure } from './figures/calibration.ts';
import { renderHead } from './head.ts';
import type { Plotter } from './plotter.ts';
import type { Report } from './runs.ts';
import type { Suite } from './schema.ts';
import { styleSheet } from './style.ts';
import { renderSuite } from './suite.ts';
import { renderAccount } from './tables.ts';
import { list } from './words.ts';

/** More files than this are counted, not named. */
const MOST_SOURCES = 8;

/** Patterns of bars: one for the whole page, since a hidden drawing's would not be found. */
const PATTERNS = m`<svg class="defs" aria-hidden="true"><defs>
<pattern id="hatch-system" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="s0" d="M1.5 0V6" stroke="currentColor" stroke-width="2.5"/></pattern>
<pattern id="hatch-client" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><path class="note" d="M1.5 0V6" stroke="currentColor" stroke-width="1.5"/></pattern>
</defs></svg>`;

/** `sources`: what it was made of, by name. */
export function renderPage(report: Report, plotter: Plotter, sources: readonly string[]): string {
  const { calibrations, runs, suites } = report;
  const answer = answerOf(report);
  const figures = figuresOf(report);
  const chapters = suites.map((suite, i) =>
    renderSuite(suite, i, suites.length === 1 && runs.length === 0),
  );
  const zooms = figures.some(({ drawings }) => drawings.some(({ zoom }) => zoom !== undefined));
  const css = styleSheet(zooms ? plotter.css : '');
  const page = m`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(css, zooms ? plotter.script : undefined)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="patterns report">
<link rel="icon" href="data:,">
<title>${answer.title.replaceAll('`', '')} – patterns report</title>
<style>${trusted(css)}</style>
</head>
<body>
${PATTERNS}
<header>
<p class="eyebrow"><b>patterns report</b><span>${startedOf(report)}</span></p>
<h1>${prose(answer.title)}</h1>
<p class="asked">${answer.asked}</p>
${answer.answer !== '' && m`<p class="answer">${answer.answer}</p>`}
${renderHead(report)}
${renderContents([...figures.map(({ id, title }) => [id, title] as const), ...suiteLinks(suites)])}
</header>
<main>
${figures.map((figure) => renderFigure(figure))}
${chapters}
${calibrations.map((calibration, i) => renderFigure(calibrationFigure(calibration, i)))}
${renderAccount(runs)}
${renderEnvironment(report)}
</main>
${renderFooter(report, zooms, sources)}
${zooms && m`<script>${trusted(plotter.script)}</script>`}
</body>
</html>
`;
  return page.text;
}

/** Nothing from anywhere: the page's own style and script by their hashes, and what a file's name slips in never runs. */
function policy(css: string, script: string | undefined): string {
  const hash = (text: string): string =>
    `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const scripts = script === undefined ? "'none'" : hash(script);
  return `default-src 'none'; img-src data:; style-src ${hash(css)}; script-src ${scripts}; base-uri 'none'; form-action 'none'`;
}

function suiteLinks(suites: readonly Suite[]): (readonly [string, string])[] {
  return suites.length > 1 ? suites.map(({ suite }, i) => [`suite-${i + 1}`, suite] as const) : [];
}

function renderContents(links: readonly (readonly [id: string, title: string])[]): Markup {
  if (links.length < 3) return nothing;
  return m`<nav aria-label="Contents"><ul>${links.map(([id, title]) => m`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
}

function renderFooter(
  { runs, suites }: Report,
  zooms: boolean,
  sources: readonly string[],
): Markup {
  const missing = runs.length > 0 && suites.length === 0;
  const { unit } = wordsOf(runs.map(({ result }) => result.loop));
  return m`<footer>
<p>Made by patterns report of ${list(sources, MOST_SOURCES)}, and of nothing else.${
    missing &&
    ' A load does not know how its messages spread over the server’s workers: the bench does.'
  } † marks a percentile with fewer than ten ${unit}s beyond it.${
    zooms &&
    ' Zooming is done by uPlot, © 2022 Leon Sorokin, under the MIT license, whose text is in this file.'
  }</p>
</footer>`;
}

/** When the first load began. */
function startedOf({ runs, suites }: Report): string {
  const times = [
    ...runs.map(({ result }) => result.environment.startedAt),
    ...suites.map(({ environment }) => environment?.at),
  ].filter((time) => typeof time === 'string' && !Number.isNaN(Date.parse(time)));
  const [first] = times.map((time) => Date.parse(String(time))).toSorted((a, b) => a - b);
  return first === undefined
    ? ''
    : `${new Date(first).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
