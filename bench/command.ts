/** `patterns bench`, behind its flags: src/cli/bench.ts imports this by its URL. */
import { join } from 'node:path';
import { OptionError, PatternsError } from 'patterns-runtime';
import { runCampaign } from './campaign.ts';
import { sayFailures } from './doubts.ts';
import { Folder } from './folder.ts';
import { environment } from './measure/environment.ts';
import { beTheOnlyOne } from './measure/only-one.ts';
import { Progress } from './progress.ts';
import { questions } from './questions/index.ts';
import type { Question } from './questions/question.ts';
import { plansOf, type BenchRequest } from './request.ts';
import type { BenchPlan, BenchResult } from './result.ts';
import { showResult } from './show.ts';

/** Where a run's folder is made, in the working directory, unless --out says otherwise. */
const RESULTS = 'patterns-results';

export interface BenchIo {
  /** Standard output. */
  print(text: string): Promise<void>;
  /** Standard error. */
  readonly terminal: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    write(text: string): unknown;
  };
  /** Ctrl-C: what was measured is kept and shown. */
  readonly signal: AbortSignal;
}

/** For help. */
export const suites: readonly { readonly name: string; readonly question: string }[] = questions;

/**
 * A suite that measures nothing does not keep the others from it: which ones did is said at the end.
 *
 * @throws OptionError for what cannot be asked, PatternsError for a run that was ended early or measured nothing
 */
export async function bench(request: BenchRequest, io: BenchIo): Promise<void> {
  const progress = new Progress(io.terminal);
  const jobs = request.resume === undefined ? await newJobs(request) : [resumed(request.resume)];
  if (!request.anyway) await waitForOthers(progress, io.signal);
  const failed: { readonly suite: string; readonly why: string }[] = [];
  for (const { question, plan, folder, environment } of jobs) {
    const open = folder();
    const result = await runCampaign({
      question,
      plan,
      environment,
      folder: open,
      progress,
      signal: io.signal,
      waits: !request.anyway,
    });
    await io.print(showResult(result, open.path));
    if (!result.complete) {
      throw new PatternsError(
        'PATTERNS_INTERRUPTED',
        `Ended early: go on with patterns bench --resume ${open.path}.`,
      );
    }
    const why = whyNothing(result);
    if (why !== undefined) failed.push({ suite: question.name, why });
  }
  if (failed.length > 0) throw new PatternsError('PATTERNS_BENCH', sayNothing(failed, jobs.length));
}

function sayNothing(
  failed: readonly { readonly suite: string; readonly why: string }[],
  suites: number,
): string {
  if (suites === 1) return `Nothing could be measured: ${failed[0].why}`;
  const each = failed.map(({ suite, why }) => `${suite}: ${why}`).join(' ');
  return `Nothing could be measured by ${failed.length} of ${suites} suites: ${each}`;
}

/** Undefined where any run was answered anything. */
function whyNothing({ blocks, lost }: BenchResult): string | undefined {
  const runs = Object.entries(blocks.runs).flatMap(([arm, trials]) =>
    trials.map((trial) => ({ arm, trial })),
  );
  if (runs.some(({ trial }) => trial.result.messages > 0)) return undefined;
  const failures = sayFailures(runs);
  const why = failures === undefined ? lost[0]?.reason : `${failures}.`;
  return why ?? 'no request was answered.';
}

async function waitForOthers(progress: Progress, signal: AbortSignal): Promise<void> {
  try {
    await beTheOnlyOne((text) => progress.say(text), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new PatternsError('PATTERNS_INTERRUPTED', 'Ended before anything was measured.');
  }
}

interface Job {
  readonly question: Question;
  readonly plan: BenchPlan;
  readonly environment: Record<string, unknown>;
  /** Made when its turn comes. */
  readonly folder: () => Folder;
}

async function newJobs(request: BenchRequest): Promise<Job[]> {
  const plans = await plansOf(request);
  const at = environment();
  // '2026-11-21T07-40-12Z': to the second, and without what a path cannot have everywhere
  const time = String(at.at).replace(/\.\d+/, '').replaceAll(':', '-');
  return plans.map((plan) => {
    const question = questionOf(plan);
    const path =
      request.out === undefined
        ? join(RESULTS, `${time}-${plan.suite}`)
        : plans.length === 1
          ? request.out
          : join(request.out, plan.suite);
    return { question, plan, environment: at, folder: () => Folder.create(path, plan, at) };
  });
}

function resumed(path: string): Job {
  const { folder, plan, environment } = Folder.open(path);
  return { question: questionOf(plan), plan, environment, folder: () => folder };
}

/** @throws OptionError where it cannot be asked on this machine */
function questionOf(plan: BenchPlan): Question {
  const question = questions.find(({ name }) => name === plan.suite);
  if (question === undefined)
    throw new OptionError(`There is no suite ${plan.suite} in this version.`);
  const reason = question.unavailable?.(plan);
  if (reason !== undefined)
    throw new OptionError(`The suite ${plan.suite} cannot run here: ${reason}`);
  return question;
}
