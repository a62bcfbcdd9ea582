/** A suite, measured: its runs, and what became of each claim. */
import { runBlocks, type Blocks } from '../measure/compare.ts';
import { quietWaiter } from '../measure/quiet.ts';
import {
  medianInterval,
  ratioInterval,
  seededRandom,
  type Interval,
} from '../measure/statistics.ts';
import { DISTURBED_CORES, type Trial } from '../measure/trial.ts';
import { bestArm, figuresOf, type Claim, type Settings, type Suite } from './suite.ts';

/** How long a suite may wait, in all, for others to leave the machine alone. */
const QUIET_BUDGET_MS = 180_000;

export const VERDICTS = ['stretch', 'pass', 'miss', 'unmeasured'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Outcome {
  readonly claim: Claim;
  /** The arm it was compared with, of several the best. */
  readonly over?: string;
  readonly measured: Interval;
  /** By the estimate. */
  readonly verdict: Verdict;
  /** The whole interval is on one side of the limit. */
  readonly sure: boolean;
}

export interface SuiteResult {
  readonly suite: string;
  readonly question: string;
  readonly blocks: Blocks<Trial>;
  readonly outcomes: readonly Outcome[];
}

export async function runSuite(suite: Suite, settings: Settings): Promise<SuiteResult> {
  const arms = await suite.arms(settings);
  const blocks = await runBlocks(arms, {
    blocks: settings.blocks,
    seed: settings.seed,
    repeats: settings.blocks * 2,
    disturbed: ({ foreignCores, stealCores }) => foreignCores + stealCores > DISTURBED_CORES,
    settle: quietWaiter(DISTURBED_CORES, QUIET_BUDGET_MS),
    progress: ({ arm, block, run, again }) => {
      const figure = run.result.messages / run.result.seconds;
      const others = run.foreignCores + run.stealCores;
      settings.say(
        `${suite.name} ${block + 1}/${settings.blocks} ${arm}: ${Math.round(figure)}/s` +
          (again ? `, disturbed (${others.toFixed(2)} cores for others): again` : ''),
      );
    },
  });
  const outcomes = suite.claims.map((claim) => judge(claim, blocks.runs, settings.seed));
  return { suite: suite.name, question: suite.question, blocks, outcomes };
}

/** Exported for its test. */
export function judge(
  claim: Claim,
  runs: ReadonlyMap<string, readonly Trial[]>,
  seed: number,
): Outcome {
  const random = seededRandom(seed);
  const values = figuresOf(runs.get(claim.of) ?? [], claim.figure);
  if (claim.over === undefined) {
    return { claim, ...verdict(claim, medianInterval(values, random)) };
  }
  const over = bestArm(runs, claim.over, claim.figure);
  const others = figuresOf(runs.get(over) ?? [], claim.figure);
  return { claim, over, ...verdict(claim, ratioInterval(values, others, random)) };
}

function verdict(claim: Claim, measured: Interval): Pick<Outcome, 'measured' | 'verdict' | 'sure'> {
  const { atMost, atLeast, stretch } = claim;
  const less = atMost !== undefined;
  const limit = atMost ?? atLeast!;
  const meets = (value: number, bound: number): boolean => (less ? value <= bound : value >= bound);
  if (!Number.isFinite(measured.estimate)) return { measured, verdict: 'unmeasured', sure: false };
  const passes = meets(measured.estimate, limit);
  const beyond = stretch !== undefined && meets(measured.estimate, stretch);
  return {
    measured,
    verdict: beyond ? 'stretch' : passes ? 'pass' : 'miss',
    sure: meets(measured.low, limit) === passes && meets(measured.high, limit) === passes,
  };
}
