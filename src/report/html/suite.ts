/** A suite of the bench: its claims, its runs, where CPU went and how work spread over workers. */
import type { Markup } from '../svg/markup.ts';
import { askedOfSuite, sayFound } from './answer.ts';
import { armsOf, caveatsOfSuite, type Arm } from './arms.ts';
import { renderFigure, type Figure, type Table } from './blocks.ts';
import { claimsTable } from './figures/claims.ts';
import { cpuDrawing } from './figures/cpu.ts';
import { armDrawings } from './figures/dots.ts';
import { workersDrawing } from './figures/workers.ts';
import { glanceTable, inRank } from './glance.ts';
import type { Suite } from './schema.ts';
import { LEAST_RUNS } from './statistics.ts';
import { most } from '../svg/scale.ts';
import { capital, list } from './words.ts';

/** Only what is drawn is explained. */
function howToRead(arms: readonly Arm[]): string {
  const repeats = most(arms.map(({ trials }) => trials.length));
  const disturbed = arms.some(({ trials }) => trials.some((trial) => trial.disturbed));
  const marks = [
    repeats > 1 && 'the upright line is the median of an arm',
    repeats >= LEAST_RUNS && 'the bracket its 95\u00A0% bootstrap interval',
    disturbed && 'a hollow mark is a run that others on the machine disturbed',
  ].filter((words) => words !== false);
  const rest = marks.length === 0 ? '' : ` ${capital(list(marks))}.`;
  return `Every mark is a run: a fresh server and a fresh client.${rest}`;
}

/** `alone`: its question and its answer are the page's already. */
export function renderSuite(suite: Suite, number: number, alone: boolean): Markup {
  const arms = inRank(armsOf(suite), suite);
  const how = howToRead(arms);
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
    lead: alone ? how : `${askedOfSuite(suite)} ${sayFound(suite)} ${how}`,
    caveats: caveatsOfSuite(suite, arms),
    drawings: [...dots.drawings, ...more.map(({ drawing }) => drawing)],
    tables: [dots.table, ...more.map(({ table }) => table)],
  };
  return renderFigure(
    figure,
    adviceTable(suite) ?? claimsTable(suite) ?? glanceTable(arms, suite, memory),
  );
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
