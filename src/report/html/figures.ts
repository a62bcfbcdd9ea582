/** The figures of loads, each with the caveats that touch it. */
import type { Figure } from './blocks.ts';
import {
  caveatsOf,
  caveatsOfSearch,
  stateCaveats,
  type FigureName,
  type Stated,
} from './caveats.ts';
import { cpuFigure } from './figures/cpu.ts';
import { dotsFigure } from './figures/dots.ts';
import { percentilesFigure } from './figures/percentiles.ts';
import { ratesFigure } from './figures/rates.ts';
import { timeFigure } from './figures/time.ts';
import type { Report } from './runs.ts';
import { sweepsOf } from './sweep.ts';

export function figuresOf({ knees, runs }: Report): Figure[] {
  const named = runs.map((run) => ({ run, name: run.name, caveats: caveatsOf(run) }));
  const about = (figure: FigureName): Stated[] => stateCaveats(named, figure);
  // The load at a knee is one of the search's own, which has caveats of its own.
  const loads = named.filter(({ run }) => knees.every((search) => search.run !== run));
  const rates = ratesFigure(sweepsOf(runs, knees), [
    ...knees.flatMap(({ knee }) => caveatsOfSearch(knee)),
    ...stateCaveats(loads, 'rates'),
  ]);
  const percentiles = percentilesFigure(runs, about('percentiles'));
  const figures = [
    ...(knees.length > 0 ? [rates, percentiles] : [percentiles, rates]),
    cpuFigure(runs, about('cpu')),
    timeFigure(runs, about('time')),
    dotsFigure(runs, about('dots')),
  ];
  return figures.filter((figure) => figure !== undefined);
}
