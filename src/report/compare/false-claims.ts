/**
 * How often identical servers are called different, from real runs in blocks of two. Which of a block's two runs is A
 * means nothing here, so each way to name them is a comparison that could have been. Pure.
 */
import { LEAST_RUNS } from '../../statistics/index.ts';
import { formatSeconds } from '../format.ts';
import { compareSides } from './compare.ts';
import type { ComparedRun, FigureName } from './run.ts';
import { FIGURES } from './run.ts';

export type Block = readonly [ComparedRun, ComparedRun];

/** As many as a bench makes. */
const BLOCKS_OF_ONE = 5;

export interface FalseClaims {
  readonly figure: FigureName;
  /** As the runs were made: the first server of a block is A. */
  readonly comparisons: number;
  readonly claims: number;
  /** Named in every other way. */
  readonly namings: number;
  readonly namingClaims: number;
}

/** Blocks are taken five at a time; fewer than five in all are one comparison. */
export function countFalseClaims(blocks: readonly Block[], effect: number): FalseClaims[] {
  const counts = new Map<FigureName, FalseClaims>();
  for (const group of groupsOf(blocks)) {
    const namings = 2 ** (group.length - 1); // A for B and B for A is the same claim
    for (let naming = 0; naming < namings; naming += 1) {
      const sides = [0, 1].map((side) => ({
        name: '',
        runs: group.map((block, i) => block[side ^ ((naming >> i) & 1)]),
      }));
      for (const { figure, verdict } of compareSides(sides[0], sides[1], effect).figures) {
        const claim = verdict === 'faster' || verdict === 'slower' ? 1 : 0;
        const asMade = naming === 0 ? 1 : 0;
        const before = counts.get(figure) ?? NONE;
        counts.set(figure, {
          figure,
          comparisons: before.comparisons + asMade,
          claims: before.claims + claim * asMade,
          namings: before.namings + 1,
          namingClaims: before.namingClaims + claim,
        });
      }
    }
  }
  return [...counts.values()];
}

const NONE = { comparisons: 0, claims: 0, namings: 0, namingClaims: 0 };

function groupsOf(blocks: readonly Block[]): (readonly Block[])[] {
  if (blocks.length < LEAST_RUNS) return [];
  if (blocks.length < BLOCKS_OF_ONE) return [blocks];
  return Array.from({ length: Math.floor(blocks.length / BLOCKS_OF_ONE) }, (_, i) =>
    blocks.slice(i * BLOCKS_OF_ONE, (i + 1) * BLOCKS_OF_ONE),
  );
}

export function formatFalseClaims(
  counts: readonly FalseClaims[],
  blocks: number,
  tookMs: number,
): string {
  const head = `${2 * blocks} runs of identical servers in ${formatSeconds(tookMs)}, two in each of ${blocks} blocks.`;
  if (counts.length === 0) {
    return `${head}\nThat is too few to compare: it takes ${LEAST_RUNS} blocks, so give it more --time.\n`;
  }
  const width = Math.max(...counts.map(({ figure }) => FIGURES[figure].title.length));
  const rows = counts.map(
    ({ claims, comparisons, figure, namingClaims, namings }) =>
      `${FIGURES[figure].title.padEnd(width)}  ${claims} of ${comparisons} as run, ${namingClaims} of ${namings} named in every way`,
  );
  const sum = (of: (count: FalseClaims) => number): number =>
    counts.reduce((total, count) => total + of(count), 0);
  const share = (100 * sum(({ namingClaims }) => namingClaims)) / sum(({ namings }) => namings);
  return (
    `${head}\nFalse claims of a difference, which at most 5 % should be:\n\n${rows.join('\n')}\n\n` +
    `${sum(({ claims }) => claims)} of ${sum(({ comparisons }) => comparisons)} as run, ${share.toFixed(1)} % over every naming.\n`
  );
}
