/** Two sides held against each other, figure by figure. Pure. */
import { ALPHA, judge, median, type Design, type JudgementName } from '../../statistics/index.ts';
import { arrange, type Arranged } from './design.ts';
import {
  DOUBTS,
  FIGURES,
  figureNames,
  type ComparedRun,
  type Doubt,
  type FigureName,
  type Side,
} from './run.ts';

export const VERDICTS = ['faster', 'slower', 'equivalent', 'unclear'] as const;
export type VerdictName = (typeof VERDICTS)[number];

/** What is said of B, next to A. */
export interface FigureComparison {
  readonly figure: FigureName;
  /** `faster` is the better side of any figure: less CPU, less memory, more messages. */
  readonly verdict: VerdictName;
  /** Medians over runs. */
  readonly a: number;
  readonly b: number;
  /** B to A: 1.1 is 10 % more. NaN of too few runs. */
  readonly ratio: number;
  /** Where the ratio lies, with probability 1 - alpha. */
  readonly low: number;
  readonly high: number;
  /** `unclear`: about so many more runs of each would tell. Infinity: more than 500. */
  readonly moreRuns: number;
}

/** `patterns compare --json` prints a list of these. Keys are kept stable. */
export interface Comparison {
  readonly arm: string;
  readonly a: { readonly name: string; readonly runs: number };
  readonly b: { readonly name: string; readonly runs: number };
  readonly design: Design;
  readonly alpha: number;
  /** The least effect that matters: 0.05 is 5 %. */
  readonly effect: number;
  readonly figures: readonly FigureComparison[];
  /** In sentences. */
  readonly caveats: readonly string[];
}

export function compareSides(a: Side, b: Side, effect: number, arm = ''): Comparison {
  const arranged = arrange(a.runs, b.runs);
  const figures: FigureComparison[] = [];
  const missing: FigureName[] = [];
  for (const name of figureNames) {
    const [ofA, ofB] = [valuesOf(arranged.a, name), valuesOf(arranged.b, name)];
    const some = [...ofA, ...ofB].some((value) => value > 0);
    const all = [...ofA, ...ofB].every((value) => value > 0);
    if (all && some) figures.push(compareFigure(name, ofA, ofB, arranged, effect));
    else if (some) missing.push(name);
  }
  return {
    arm,
    a: { name: a.name, runs: arranged.a.length },
    b: { name: b.name, runs: arranged.b.length },
    design: arranged.design,
    alpha: ALPHA,
    effect,
    figures,
    caveats: caveatsOf(arranged, missing),
  };
}

function valuesOf(runs: Arranged['a'], name: FigureName): number[] {
  return runs.map(({ figures }) => figures[name] ?? Number.NaN);
}

function compareFigure(
  figure: FigureName,
  a: readonly number[],
  b: readonly number[],
  { bFirst, design }: Arranged,
  effect: number,
): FigureComparison {
  const { name, ...judged } = judge(a, b, { design, effect, bFirst });
  return { figure, verdict: verdictOf(figure, name), a: median(a), b: median(b), ...judged };
}

function verdictOf(figure: FigureName, name: JudgementName): VerdictName {
  if (name === 'equivalent' || name === 'unclear') return name;
  return name === FIGURES[figure].better ? 'faster' : 'slower';
}

/** What a run has of its own, wherever its file lies. */
function identityOf({ block, figures, startedAtMs }: ComparedRun): string {
  return JSON.stringify([startedAtMs, block, figures]);
}

const DESIGN_SAYS: Readonly<Record<Design, string | undefined>> = {
  paired: undefined,
  mixed: undefined,
  sequential:
    'All of one side ran before all of the other, where a drift of the machine looks like a difference. The intervals ' +
    'allow for a steady one, and are twice as wide for it: run the sides in turn (A, B, B, A, …).',
};

function caveatsOf(
  { a, b, design, timeless }: Arranged,
  missing: readonly FigureName[],
): readonly string[] {
  const runs = [...a, ...b];
  const caveats: string[] = [];
  const said = DESIGN_SAYS[design];
  if (said !== undefined) caveats.push(said);
  if (timeless) {
    caveats.push('Some runs do not say when they ran: a drift of the machine is not looked for.');
  }
  const known = new Set(a.map(identityOf));
  const same = b.filter((run) => known.has(identityOf(run))).length;
  if (same > 0) {
    caveats.push(
      `${same === b.length ? 'All' : `${same} of the ${b.length}`} runs of B are runs of A, too: held against itself a run shows no difference, whatever the server.`,
    );
  }
  const machines = [...new Set(runs.map(({ machine }) => machine).filter((text) => text !== ''))];
  if (machines.length > 1) caveats.push(`They ran on different machines: ${machines.join('; ')}.`);
  for (const [doubt, says] of Object.entries(DOUBTS) as [Doubt, string][]) {
    const count = runs.filter(({ doubts }) => doubts.includes(doubt)).length;
    if (count > 0) caveats.push(`In ${count} of ${runs.length} runs ${says}.`);
  }
  for (const name of missing) {
    caveats.push(
      `${FIGURES[name].title} is not compared: some runs lack it, or have too few answers for it.`,
    );
  }
  return caveats;
}
