/**
 * What a run of `patterns bench` leaves behind, for programs and for people. A folder:
 *
 *     plan.json                      what was asked, written first: `--resume` reads it
 *     environment.json               the machine, as it was when the run began
 *     trials/BLOCK-NUMBER-ARM.json   one Stored each, written as it ends; again-… those that were disturbed and made again
 *     result.json                    all of it together, with the answer; written at the end, and at Ctrl-C
 *
 * Keys are kept stable; another shape gets another VERSION. Times are in the unit that their name ends in, NaN is null.
 */
import type { LoadPlan } from 'patterns-runtime/load';
import type { Lost } from './measure/compare.ts';
import type { Trial } from './measure/trial.ts';
import type { Recommendation } from './recommend.ts';
import type { FigureName } from './suites/suite.ts';

export const FORMAT = 'patterns-bench';
export const VERSION = 1;

/** What was asked: with the same plan and the same machine, the same arms in the same order. */
export interface BenchPlan {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** The question's word: 'modes', 'nagle', … */
  readonly suite: string;
  /** One block, short runs: a first look. */
  readonly quick: boolean;
  /** How often every arm is run. */
  readonly blocks: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Of the order in which arms run, and of all that a load draws. */
  readonly seed: number;
  /** Loops of a server that has several; null: each mode's own default. */
  readonly workers: number | null;
  /** 'mode' or 'mode:unit'; null: all. */
  readonly modes: readonly string[] | null;
  /** Of `modes`: a built-in's word or a module's absolute path. */
  readonly handler: string;
  /** The handler's protocol. */
  readonly protocol: string;
  /** `patterns serve` is told the protocol: the handler brings none. */
  readonly tellProtocol: boolean;
  /** HTTP: what is asked for. */
  readonly path: string;
  /** What the question measured before its first run. */
  readonly prepared: Readonly<Record<string, number>>;
  /** What was said of the load, over what the question sends by itself. */
  readonly load: Readonly<Omit<LoadPlan, 'target'>>;
}

/** One run: a fresh server and a fresh client. */
export interface Stored {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly suite: string;
  readonly arm: string;
  /** Counted from 0. Runs of one block met the same minutes of the machine: compare them in pairs. */
  readonly block: number;
  /** Others used more of the machine than DISTURBED_CORES (measure/trial.ts). */
  readonly disturbed: boolean;
  /** It was made again, and is in no figure. */
  readonly replaced: boolean;
  readonly at: string;
  readonly trial: Trial;
  /** The figures of suites/suite.ts, of this run; null where it has none. */
  readonly figures: Readonly<Record<FigureName, number | null>>;
}

/** An arm, and what tells it from the others. */
export interface ArmOf {
  readonly name: string;
  /** What it is compared under: arms of one group saw the same load. '' where there is one group. */
  readonly group: string;
  /** What it is within its group. */
  readonly option: string;
  /** Columns of a table: `{ size: '64 B', mode: 'sharded', unit: 'thread' }`. */
  readonly facets: Readonly<Record<string, string>>;
}

export interface BenchResult {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly suite: string;
  readonly question: string;
  /** The plan in words, with every default: handler, protocol, path, payload, connections, times, runs. */
  readonly asked: string;
  /** False: it was ended early, and `--resume` goes on. */
  readonly complete: boolean;
  readonly plan: BenchPlan;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly arms: readonly ArmOf[];
  /** What decides, and what else a table shows. */
  readonly decides: FigureName;
  readonly shows: readonly FigureName[];
  readonly blocks: {
    /** By arm, in the order of the blocks. */
    readonly runs: Readonly<Record<string, readonly Trial[]>>;
    /** Runs made again because others disturbed them. */
    readonly repeated: number;
    /** Runs kept although others disturbed them. */
    readonly keptDisturbed: number;
    /** The order in which arms ran, block by block. */
    readonly order: readonly (readonly string[])[];
  };
  /** Arms that could not be measured, with the reason. */
  readonly lost: readonly Lost[];
  /** Whether server and client were pinned apart, in a sentence. */
  readonly placement: string;
  readonly recommendation: Recommendation;
  /** What casts doubt on the figures, in sentences. */
  readonly doubts: readonly string[];
  /** What one should know to read them. */
  readonly note: string | null;
  /** Claims with targets are the speed table's: none. */
  readonly outcomes: readonly never[];
}
