/** From the words of the command line to two sides, or to the arms that two benches have in common. */
import { existsSync, statSync } from 'node:fs';
import { OptionError } from '../../errors.ts';
import { readResults } from '../html/files.ts';
import { isBenchFolder, readBenchFolder, suiteRuns, type RunsByArm } from './bench-runs.ts';
import { loadRun } from './load-runs.ts';
import type { ComparedRun, Side } from './run.ts';

/** The arm of results that have none. */
const NO_ARM = '';
const MOST_NAMED = 8;

export interface Matched {
  /** '' where there are no arms, or each side names its own. */
  readonly arm: string;
  readonly a: Side;
  readonly b: Side;
}

export interface Sides {
  readonly matched: readonly Matched[];
  /** What there is on one side only, in sentences. */
  readonly leftOut: readonly string[];
}

/**
 * Each side is files and folders with commas between them, or `FOLDER:ARM` for one arm of a bench.
 *
 * @throws OptionError for what cannot be read, for arms that are not there, for sides that were not asked the same
 */
export function readSides(a: string, b: string): Sides {
  const [ofA, ofB] = [readSide(a), readSide(b)];
  if (ofA.size === 1 && ofB.size === 1) {
    const [[armA, runsA]] = ofA;
    const [[armB, runsB]] = ofB;
    const matched = {
      arm: armA === armB ? armA : NO_ARM,
      a: { name: a, runs: runsA },
      b: { name: b, runs: runsB },
    };
    return { matched: [askedTheSame(matched)], leftOut: [] };
  }
  const arms = [...ofA.keys()].filter((arm) => ofB.has(arm));
  if (arms.length === 0) {
    const [many, text] = ofA.size > 1 ? [ofA, a] : [ofB, b];
    throw new OptionError(
      `${a} and ${b} have no arm in common: name one, such as ${text}:${[...many.keys()][0]}. ` +
        `There are ${list([...many.keys()])}.`,
    );
  }
  return {
    matched: arms.map((arm) =>
      askedTheSame({
        arm,
        a: { name: a, runs: ofA.get(arm)! },
        b: { name: b, runs: ofB.get(arm)! },
      }),
    ),
    leftOut: [...onlyIn(a, ofA, ofB), ...onlyIn(b, ofB, ofA)],
  };
}

function onlyIn(name: string, side: RunsByArm, other: RunsByArm): string[] {
  const arms = [...side.keys()].filter((arm) => !other.has(arm));
  return arms.length === 0 ? [] : [`Only in ${name}: ${list(arms)}.`];
}

function readSide(text: string): RunsByArm {
  const side: RunsByArm = new Map();
  for (const part of text.split(',').filter((word) => word !== '')) {
    for (const [arm, runs] of readPart(part)) side.set(arm, [...(side.get(arm) ?? []), ...runs]);
  }
  if (side.size > 0) return side;
  throw new OptionError(`"${text}" names no result: a file, a folder or FOLDER:ARM is wanted.`);
}

/** A path that exists is a path, whatever colons it has. */
function readPart(part: string): RunsByArm {
  const colon = part.lastIndexOf(':');
  if (existsSync(part) || colon < 0) return readPath(part);
  const [path, wanted] = [part.slice(0, colon), part.slice(colon + 1)];
  const byArm = readPath(path);
  const found = [...byArm.keys()].filter((arm) => arm === wanted || arm.endsWith(`/${wanted}`));
  if (found.length === 1) return new Map([[wanted, byArm.get(found[0])!]]);
  const arms = [...byArm.keys()].filter((arm) => arm !== NO_ARM);
  throw new OptionError(
    arms.length === 0
      ? `${path} has no arms, so there is no ${wanted} in it.`
      : `${path} has ${found.length > 1 ? 'several arms' : 'no arm'} ${wanted}: there are ${list(arms)}.`,
  );
}

function readPath(path: string): RunsByArm {
  if (existsSync(path) && statSync(path).isDirectory() && isBenchFolder(path)) {
    return readBenchFolder(path);
  }
  const { environment, results } = readResults([path]);
  const byArm: RunsByArm = new Map();
  for (const { file, found } of results) {
    if (found.kind === 'suite') {
      for (const [arm, runs] of suiteRuns(file, { environment, ...found.result })) {
        byArm.set(arm, [...(byArm.get(arm) ?? []), ...runs]);
      }
    } else if (found.kind === 'load') {
      byArm.set(NO_ARM, [...(byArm.get(NO_ARM) ?? []), loadRun(file, found.result)]);
    } else {
      throw new OptionError(
        `${file} is the result of a ${found.kind}: runs of patterns load and benches are compared.`,
      );
    }
  }
  return byArm;
}

function askedTheSame(matched: Matched): Matched {
  const runs: ComparedRun[] = [...matched.a.runs, ...matched.b.runs];
  const [first] = runs;
  const other = runs.find(({ asked }) => asked !== first.asked);
  if (other === undefined) return matched;
  throw new OptionError(
    `They were not asked the same: ${first.file} had ${first.asked}; ` +
      `${other.file} had ${other.asked}. Load both sides with the same options.`,
  );
}

function list(words: readonly string[]): string {
  const named = words.slice(0, MOST_NAMED).join(', ');
  return words.length > MOST_NAMED ? `${named} and ${words.length - MOST_NAMED} more` : named;
}
