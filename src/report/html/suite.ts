/** A suite of the bench: its claims, its runs, where CPU went and how work spread over workers. */
import type { Markup } from '../svg/markup.ts';
import { askedOfSuite, sayFound } from './answer.ts';
import { armsOf, caveatsOfSuite } from './arms.ts';
import { renderFigure, type Figure, type Table } from './blocks.ts';
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
  const decides = [suite.decides, ...suite.outcomes.map(({ claim }) => claim.figure)];
  const memory = decides.includes('bytesPerConnection');
  const dots = armDrawings(arms, memory);
  const others = memory ? [] : [cpuDrawing(arms), workersDrawing(arms)];
  const more = others.filter((one) => one !== undefined);
  const figure: Figure = {
    id: `suite-${number + 1}`,
    title: alone
      ? suite.recommendation === undefined
        ? 'The claims'
        : 'The runs'
      : suite.question,
    lead: alone ? HOW : `${askedOfSuite(suite)} ${sayFound(suite)} ${HOW}`,
    caveats: caveatsOfSuite(suite, arms),
    drawings: [...dots.drawings, ...more.map(({ drawing }) => drawing)],
    tables: [dots.table, ...more.map(({ table }) => table)],
  };
  return renderFigure(figure, adviceTable(suite) ?? claimsTable(suite));
}

/** Where a suite asked under several conditions: what to take under each. */
function adviceTable({ recommendation }: Suite): Table | undefined {
  if (recommendation === undefined || recommendation.groups.length < 2) return undefined;
  return {
    caption: 'What follows',
    head: ['at', recommendation.sure ? 'take' : 'ahead', 'evidence'],
    rows: recommendation.groups.map(({ choose, group, sentences }) => [
      group,
      choose ?? '–',
      sentences.join(' '),
    ]),
  };
}
