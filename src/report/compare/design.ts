/** In which order two sides were run, and so which test is theirs. Pure. */
import type { Design } from '../../statistics/index.ts';
import type { ComparedRun } from './run.ts';

export interface Arranged {
  readonly design: Design;
  /** `paired`: block by block. Else in the order in which they ran. */
  readonly a: readonly ComparedRun[];
  readonly b: readonly ComparedRun[];
  /** B is the side that ran first. */
  readonly bFirst: boolean;
  /** Some run does not say when it was. */
  readonly timeless: boolean;
}

/** Blocks of one bench are pairs; else runs that alternate, a block being one of each in either order: ABBA, ABAB. */
export function arrange(a: readonly ComparedRun[], b: readonly ComparedRun[]): Arranged {
  const blocks = byBlock(a, b) ?? byTime(a, b);
  if (blocks !== undefined) {
    const [pairedA, pairedB] = blocks;
    return { design: 'paired', a: pairedA, b: pairedB, bFirst: false, timeless: false };
  }
  const timeless = [...a, ...b].some(({ startedAtMs }) => !Number.isFinite(startedAtMs));
  if (timeless) return { design: 'mixed', a, b, bFirst: false, timeless };
  const [earlyA, earlyB] = [inTime(a), inTime(b)];
  const aFirst = last(earlyA) < earlyB[0].startedAtMs;
  const bFirst = last(earlyB) < earlyA[0].startedAtMs;
  const design = aFirst || bFirst ? 'sequential' : 'mixed';
  return { design, a: earlyA, b: earlyB, bFirst, timeless };
}

type Blocks = readonly [readonly ComparedRun[], readonly ComparedRun[]];

/** Both sides have exactly one run in each block that they share; blocks of one side are left out. */
function byBlock(a: readonly ComparedRun[], b: readonly ComparedRun[]): Blocks | undefined {
  const [first] = a;
  const runs = [...a, ...b];
  if (first.session === '' || runs.some(({ session }) => session !== first.session)) return;
  const place = (side: readonly ComparedRun[]) => new Map(side.map((run) => [run.block, run]));
  const [inA, inB] = [place(a), place(b)];
  if (inA.size < a.length || inB.size < b.length) return;
  const shared = [...inA.keys()].filter((block) => inB.has(block)).toSorted((x, y) => x - y);
  return [shared.map((block) => inA.get(block)!), shared.map((block) => inB.get(block)!)];
}

function byTime(a: readonly ComparedRun[], b: readonly ComparedRun[]): Blocks | undefined {
  if (a.length !== b.length) return;
  const ofA = new Set(a);
  const all = inTime([...a, ...b]);
  if (all.some(({ startedAtMs }) => !Number.isFinite(startedAtMs))) return;
  const blocks: [ComparedRun[], ComparedRun[]] = [[], []];
  for (let at = 0; at < all.length; at += 2) {
    const [one, other] = [all[at], all[at + 1]];
    if (ofA.has(one) === ofA.has(other)) return;
    blocks[0].push(ofA.has(one) ? one : other);
    blocks[1].push(ofA.has(one) ? other : one);
  }
  return blocks;
}

function inTime(runs: readonly ComparedRun[]): ComparedRun[] {
  return runs.toSorted((x, y) => x.startedAtMs - y.startedAtMs);
}

function last(runs: readonly ComparedRun[]): number {
  return runs.at(-1)!.startedAtMs;
}
