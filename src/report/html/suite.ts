/** A suite of the bench: its claims, its runs, where CPU went and how work spread over workers. */
import type { Markup } from '../svg/markup.ts';
import { askedOfSuite, sayClaims } from './answer.ts';
import { armsOf, caveatsOfSuite } from './arms.ts';
import { renderFigure, type Figure } from './blocks.ts';
import { claimsTable } from './figures/claims.ts';
import { cpuDrawing } from './figures/cpu.ts';
import { armDrawings } from './figures/dots.ts';
import { workersDrawing } from './figures/workers.ts';
import type { Suite } from './schema.ts';

const HOW =
  'Every dot is a run: a fresh server and a fresh client. The upright line is the median of an arm, the bracket its 95\u00A0% bootstrap interval; a hollow dot is a run that others on the machine disturbed.';

/** `alone`: its question and its answer are the page's already. */
export function renderSuite(suite: Suite, number: number, alone: boolean): Markup {
  const arms = armsOf(suite);
  const memory = suite.outcomes.some(({ claim }) => claim.figure === 'bytesPerConnection');
  const dots = armDrawings(arms, memory);
  const others = memory ? [] : [cpuDrawing(arms), workersDrawing(arms)];
  const more = others.filter((one) => one !== undefined);
  const figure: Figure = {
    id: `suite-${number + 1}`,
    title: alone ? 'The claims' : suite.question,
    lead: alone ? HOW : `${askedOfSuite(suite)} ${sayClaims([suite])} ${HOW}`,
    caveats: caveatsOfSuite(suite, arms),
    drawings: [...dots.drawings, ...more.map(({ drawing }) => drawing)],
    tables: [dots.table, ...more.map(({ table }) => table)],
  };
  return renderFigure(figure, claimsTable(suite));
}
