/** One plan, measured: every arm in every block, each run kept as it ends, and the answer made of all of them. */
import { OptionError } from 'patterns-runtime';
import { sayPlan } from './asked.ts';
import { doubtsOf, hasSettled, isDisturbed, restsOnFew, verdictOf } from './doubts.ts';
import type { Folder } from './folder.ts';
import { ClientRefusal } from './measure/client.ts';
import { runBlocks, type Blocks, type Lost } from './measure/compare.ts';
import { allowedCores } from './measure/cores.ts';
import { quietWaiter } from './measure/quiet.ts';
import { hasTaskset, ServerStartError } from './measure/server.ts';
import { DISTURBED_CORES, runTrial, type Trial } from './measure/trial.ts';
import type { Progress } from './progress.ts';
import type { Arm, Question } from './questions/question.ts';
import { sameCores } from './questions/servers.ts';
import { recommend, type Recommendation } from './recommend.ts';
import { FORMAT, VERSION, type BenchPlan, type BenchResult } from './result.ts';
import { FIGURES, type FigureName } from './suites/suite.ts';
import { short } from './table.ts';

/** How long a run of the bench may wait, in all, for others to leave the machine alone. */
const QUIET_BUDGET_MS = { full: 180_000, quick: 5000 };
/** Disturbed runs that are made again, for each block. A first look makes none again. */
const REPEATS_PER_BLOCK = 2;

export interface Campaign {
  readonly question: Question;
  readonly plan: BenchPlan;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly folder: Folder;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** For others to leave the machine alone, before each run. */
  readonly waits: boolean;
}

export async function runCampaign(campaign: Campaign): Promise<BenchResult> {
  const { question, plan, folder, progress, signal, waits } = campaign;
  const arms = sameCores(await question.arms(plan));
  const lost: Lost[] = [];
  progress.begin(question.name, arms.length * plan.blocks, folder.size);
  const blocks = await runBlocks<Trial>(
    arms.map((arm) => ({
      name: arm.name,
      run: () => {
        progress.run(arm.name);
        return runTwice(arm, signal);
      },
    })),
    {
      blocks: plan.blocks,
      seed: plan.seed,
      repeats: plan.quick ? 0 : plan.blocks * REPEATS_PER_BLOCK,
      repeated: folder.replaced,
      disturbed: isDisturbed,
      settle: quietWaiter(
        DISTURBED_CORES,
        waits ? (plan.quick ? QUIET_BUDGET_MS.quick : QUIET_BUDGET_MS.full) : 0,
        signal,
      ),
      recall: (arm, block) => folder.kept(arm, block),
      progress: ({ arm, block, run, again }) => {
        folder.keep(
          question.name,
          arms.find(({ name }) => name === arm)!,
          block,
          run,
          again,
        );
        progress.done(arm, sayRun(question, run), again);
      },
      lost: (arm, error) => {
        if (error instanceof ClientRefusal) throw new OptionError(error.message, { cause: error });
        const reason = reasonOf(error);
        lost.push({ arm, reason });
        progress.lost(arm, reason, plan.blocks);
      },
      signal,
    },
  );
  progress.end();
  const result = resultOf(campaign, arms, blocks, lost);
  folder.writeResult(result);
  return result;
}

/** A server of ours that refuses says why in its last line; else what was seen from outside. */
function reasonOf(error: Error): string {
  const last = error instanceof ServerStartError ? error.words.split('\n').at(-1)! : '';
  return last.startsWith('patterns: ') ? last.slice('patterns: '.length) : error.message;
}

/** What fails is tried once more, but for a server that refuses to start. */
async function runTwice({ server, client }: Arm, signal: AbortSignal): Promise<Trial> {
  try {
    return await runTrial({ server, client, signal });
  } catch (error) {
    if (signal.aborted || error instanceof ServerStartError || error instanceof ClientRefusal)
      throw error;
    return runTrial({ server, client, signal });
  }
}

function sayRun({ decides }: Question, run: Trial): string {
  const others = run.foreignCores + run.stealCores;
  const disturbed = isDisturbed(run) ? `, others took ${others.toFixed(2)} cores` : '';
  const unsettled = hasSettled(run) ? '' : ', not settled';
  return `${short(FIGURES[decides].of(run))} ${FIGURES[decides].unit}${unsettled}${disturbed}`;
}

function resultOf(
  { question, plan, environment, signal }: Campaign,
  arms: readonly Arm[],
  { runs, repeated, keptDisturbed, order }: Blocks<Trial>,
  lost: readonly Lost[],
): BenchResult {
  const all = [...runs].flatMap(([arm, trials]) => trials.map((trial) => ({ arm, trial })));
  const found = answer(question, plan, arms, runs);
  const more = question.conclude?.(found) ?? [];
  return {
    format: FORMAT,
    version: VERSION,
    suite: question.name,
    question: question.question,
    asked: sayPlan(plan, environment),
    complete: !signal.aborted,
    plan,
    environment,
    arms: arms.map(({ name, group, option, facets }) => ({ name, group, option, facets })),
    decides: question.decides,
    shows: question.shows,
    blocks: { runs: Object.fromEntries(runs), repeated, keptDisturbed, order },
    lost,
    placement: sayPlacement(arms, all[0]?.trial),
    recommendation: { ...found, sentences: [...found.sentences, ...more] },
    doubts: doubtsOf(all),
    note: question.note ?? null,
    outcomes: [],
  };
}

function answer(
  { decides, shows }: Question,
  { seed }: BenchPlan,
  arms: readonly Arm[],
  runs: ReadonlyMap<string, readonly Trial[]>,
): Recommendation {
  const figure = FIGURES[decides];
  const shown = shows.filter((name) => name !== decides);
  const candidates = arms.map(({ name, group, option }) => {
    const trials = runs.get(name) ?? [];
    const cpuUs = trials.map(FIGURES.cpuUs.of);
    return {
      group,
      option,
      values: trials.map(figure.of),
      cpuUs: cpuUs.every((value) => value > 0) ? cpuUs : [],
      verdicts: trials.map(verdictOf).filter((verdict) => verdict !== undefined),
      others: Object.fromEntries(shown.map((key) => [key, trials.map(wellKnown(key))])),
    };
  });
  return recommend(candidates, {
    unit: figure.unit,
    better: figure.better,
    seed,
    show: short,
    others: shown.map((key) => ({ key, unit: FIGURES[key].unit, better: FIGURES[key].better })),
    setting: sharesCores([...runs.values()].flat()[0])
      ? `load and server sharing ${allowedCores().length} cores`
      : undefined,
  });
}

/** NaN where it rests on too few answers to say who leads. */
function wellKnown(name: FigureName): (trial: Trial) => number {
  return (trial) => (restsOnFew(trial, name) ? Number.NaN : FIGURES[name].of(trial));
}

function sharesCores(trial: Trial | undefined): boolean {
  return trial !== undefined && trial.placement === undefined;
}

/** Whether server and client met on the same cores. Exported for its test. */
export function sayPlacement(
  arms: readonly { readonly server: { readonly loops?: number } }[],
  trial: Pick<Trial, 'placement'> | undefined,
): string {
  const cores = allowedCores().length;
  const loops = arms[0]?.server.loops ?? 1;
  if (trial === undefined) return 'No run came to its end.';
  if (trial.placement !== undefined) {
    const { server, client } = trial.placement;
    return `Pinned apart: the server on cores ${server.join(', ')}, the load on ${client.join(', ')}.`;
  }
  if (!hasTaskset) return 'Nothing is pinned: there is no taskset here.';
  return (
    `Nothing is pinned: ${loops === 1 ? 'one loop' : `${loops} loops`} and the load share ${cores} cores, ` +
    'so a second loop cannot show all that it brings.'
  );
}
