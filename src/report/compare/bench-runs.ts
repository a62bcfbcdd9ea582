/**
 * What a bench left behind, as runs by arm: the folder of `patterns bench` (a file for each trial, in `trials/`), and the
 * results of a suite with all its runs in one object (its `result.json`, and the speed table's). Only what is compared
 * is read, and everything else let through.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { OptionError } from '../../errors.ts';
import type { Suite, Trial } from '../html/schema.ts';
import type { ComparedRun, Doubt, FigureName } from './run.ts';

export type RunsByArm = Map<string, ComparedRun[]>;

const TRIALS = 'trials';
/** Its messages are connections; elsewhere memory over messages means nothing. */
const MEMORY_SUITE = 'memory';
/** As the bench has it: more of others' work than this disturbs a run. */
const DISTURBED_CORES = 0.1;

const figure = v.optional(v.nullable(v.number()));
const stored = v.object({
  format: v.literal('patterns-bench'),
  suite: v.string(),
  arm: v.string(),
  block: v.number(),
  disturbed: v.boolean(),
  /** It was made again, and this one does not count. */
  replaced: v.boolean(),
  /** When it ended. */
  at: v.string(),
  figures: v.object({
    perSecond: figure,
    cpuUs: figure,
    p50Ms: figure,
    p99Ms: figure,
    p999Ms: figure,
    bytesPerConnection: figure,
  }),
  trial: v.object({
    result: v.object({
      errors: v.number(),
      detail: v.optional(v.unknown()),
    }),
  }),
});
type Stored = v.InferOutput<typeof stored>;

export function isBenchFolder(folder: string): boolean {
  return existsSync(join(folder, TRIALS));
}

/** @throws OptionError for a trial that is none */
export function readBenchFolder(folder: string): RunsByArm {
  const machine = machineOf(readJson(join(folder, 'environment.json')));
  const names = readdirSync(join(folder, TRIALS)).filter((name) => name.endsWith('.json'));
  const byArm: RunsByArm = new Map();
  for (const name of names.toSorted()) {
    const file = join(folder, TRIALS, name);
    const parsed = v.safeParse(stored, readJson(file));
    if (!parsed.success) {
      const path = v.getDotPath(parsed.issues[0]) ?? 'content';
      throw new OptionError(
        `${file} is no trial of this patterns bench: its ${path} is missing or wrong.`,
      );
    }
    const trial = parsed.output;
    if (!trial.replaced) add(byArm, trial.arm, storedRun(file, folder, machine, trial));
  }
  for (const runs of byArm.values()) runs.sort((a, b) => a.block - b.block);
  if (byArm.size > 0) return byArm;
  throw new OptionError(`${folder} holds no finished trial: patterns bench --resume ${folder}.`);
}

/** @param at when it was run: its trials say it no more closely than that. */
export function suiteRuns(file: string, { blocks, environment, suite }: Suite): RunsByArm {
  const at = Date.parse(String(environment?.at));
  const byArm: RunsByArm = new Map();
  for (const [arm, trials] of Object.entries(blocks.runs)) {
    const runs = trials.map((trial, block): ComparedRun => ({
      file,
      startedAtMs: at + block,
      session: file,
      block,
      figures: trialFigures(trial),
      asked: '',
      machine: machineOf(environment),
      doubts: doubtsOf(trial.result, trial.foreignCores + trial.stealCores > DISTURBED_CORES),
    }));
    byArm.set(`${suite}/${arm}`, runs);
  }
  return byArm;
}

function add(byArm: RunsByArm, arm: string, run: ComparedRun): void {
  const runs = byArm.get(arm);
  if (runs === undefined) byArm.set(arm, [run]);
  else runs.push(run);
}

function storedRun(file: string, session: string, machine: string, trial: Stored): ComparedRun {
  const { at, block, disturbed, figures } = trial;
  const us = (ms: number | null | undefined): number => (ms ?? Number.NaN) * 1000;
  return {
    file,
    startedAtMs: Date.parse(at),
    session,
    block,
    figures: known({
      perSecond: figures.perSecond,
      cpuUs: figures.cpuUs,
      p50Us: us(figures.p50Ms),
      p99Us: us(figures.p99Ms),
      p999Us: us(figures.p999Ms),
      bytesPerConnection: trial.suite === MEMORY_SUITE ? figures.bytesPerConnection : undefined,
    }),
    asked: '',
    machine,
    doubts: doubtsOf(trial.trial.result, disturbed),
  };
}

function trialFigures({ result, server }: Trial): ComparedRun['figures'] {
  const { latencyMs, messages, seconds } = result;
  const cpuMs = server === undefined ? Number.NaN : server.userMs + server.systemMs;
  return known({
    perSecond: messages / seconds,
    cpuUs: (cpuMs * 1000) / messages,
    p50Us: (latencyMs?.p50 ?? Number.NaN) * 1000,
    p99Us: (latencyMs?.p99 ?? Number.NaN) * 1000,
    p999Us: (latencyMs?.p999 ?? Number.NaN) * 1000,
  });
}

function known(
  figures: Readonly<Partial<Record<FigureName, number | null | undefined>>>,
): ComparedRun['figures'] {
  return Object.fromEntries(
    Object.entries(figures).filter(([, value]) => Number.isFinite(value)),
  ) as Partial<Record<FigureName, number>>;
}

/** `detail`: what the load generator said of itself, where it was ours. */
function doubtsOf(
  { detail, errors }: { readonly errors: number; readonly detail?: unknown },
  disturbed: boolean,
): Doubt[] {
  const { verdict } = (detail ?? {}) as { verdict?: { name?: unknown } };
  const doubts: [Doubt, boolean][] = [
    ['clientBound', verdict?.name === 'CLIENT_BOUND'],
    ['noisy', disturbed],
    ['failed', errors > 0],
  ];
  return doubts.filter(([, is]) => is).map(([doubt]) => doubt);
}

function machineOf(environment: unknown): string {
  const { cores, cpu, kernel, node } = (environment ?? {}) as Record<string, string | undefined>;
  return [node, kernel, cpu, cores].filter((part) => part !== undefined).join(', ');
}

/** Undefined of a file that is missing or no JSON. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}
