/** The folder of a run (result.ts says what is in it): made, filled as runs end, and read again. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OptionError } from 'patterns-runtime';
import type { Trial } from './measure/trial.ts';
import {
  FORMAT,
  VERSION,
  type ArmOf,
  type BenchPlan,
  type BenchResult,
  type Stored,
} from './result.ts';
import { FIGURES, type FigureName } from './suites/suite.ts';
import { isDisturbed } from './doubts.ts';

export class Folder {
  readonly path: string;
  readonly #trials: string;
  /** By arm and block: what was kept. */
  readonly #kept = new Map<string, Trial>();
  /** Runs that were made again. */
  #replaced = 0;

  private constructor(path: string) {
    this.path = path;
    this.#trials = join(path, 'trials');
  }

  /** @throws OptionError where there is a run already, and where nothing can be written */
  static create(path: string, plan: BenchPlan, environment: object): Folder {
    const folder = new Folder(path);
    try {
      mkdirSync(folder.#trials, { recursive: true });
      writeFileSync(join(path, 'plan.json'), pretty(plan), { flag: 'wx' });
      writeFileSync(join(path, 'environment.json'), pretty(environment));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new OptionError(
        code === 'EEXIST'
          ? `${path} holds a run already: go on with it by --resume ${path}, or name another folder.`
          : `${path} cannot be written: ${message}.`,
        { cause: error },
      );
    }
    return folder;
  }

  /** @throws OptionError for a folder that is none, or of another version */
  static open(path: string): {
    folder: Folder;
    plan: BenchPlan;
    environment: Record<string, unknown>;
  } {
    const plan = readJson(path, 'plan.json') as Partial<BenchPlan>;
    if (plan.format !== FORMAT || plan.version !== VERSION) {
      throw new OptionError(
        `${path} holds no run of this patterns bench: its plan is of version ${String(plan.version)}, and this one writes ${VERSION}.`,
      );
    }
    const folder = new Folder(path);
    folder.#recall();
    const environment = readJson(path, 'environment.json') as Record<string, unknown>;
    return { folder, plan: plan as BenchPlan, environment };
  }

  get replaced(): number {
    return this.#replaced;
  }

  get size(): number {
    return this.#kept.size;
  }

  kept(arm: string, block: number): Trial | undefined {
    return this.#kept.get(keyOf(arm, block));
  }

  /** `again`: it was disturbed, and is made again. */
  keep(suite: string, { name }: ArmOf, block: number, trial: Trial, again: boolean): void {
    const stored: Stored = {
      format: FORMAT,
      version: VERSION,
      suite,
      arm: name,
      block,
      disturbed: isDisturbed(trial),
      replaced: again,
      at: new Date().toISOString(),
      trial,
      figures: allFigures(trial),
    };
    const number = String(block + 1).padStart(3, '0');
    if (again) this.#replaced += 1;
    else this.#kept.set(keyOf(name, block), trial);
    const prefix = again ? `again-${this.#replaced}-` : '';
    this.#write(join('trials', `${prefix}${number}-${slug(name)}.json`), stored);
  }

  writeResult(result: BenchResult): void {
    this.#write('result.json', result);
  }

  /** Whole or not at all: a run may be ended while it is written. */
  #write(name: string, value: object): void {
    const path = join(this.path, name);
    writeFileSync(`${path}.new`, pretty(value));
    renameSync(`${path}.new`, path);
  }

  #recall(): void {
    for (const name of readdirSync(this.#trials)) {
      if (!name.endsWith('.json')) continue;
      const { arm, block, replaced, trial } = readJson(this.#trials, name) as Stored;
      if (replaced) this.#replaced += 1;
      else this.#kept.set(keyOf(arm, block), trial);
    }
  }
}

export function allFigures(trial: Trial): Record<FigureName, number | null> {
  const values = Object.entries(FIGURES).map(([name, { of }]) => {
    const value = of(trial);
    return [name, Number.isFinite(value) ? value : null];
  });
  return Object.fromEntries(values) as Record<FigureName, number | null>;
}

function keyOf(arm: string, block: number): string {
  return `${block} ${arm}`;
}

/** 'sharded thread, 64 B' → 'sharded-thread-64-b' */
export function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

function pretty(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function readJson(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `there is no ${name} in it` : `${name}: ${message}`;
    throw new OptionError(`${folder} holds no run of patterns bench: ${why}.`, { cause: error });
  }
}
