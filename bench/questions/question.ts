/**
 * The contract of a question: what a person asks, the arms that answer it, and which figure decides. One file each, one
 * line in index.ts. `arms()` MUST give the same arms for the same plan and machine, since a run that was ended early goes
 * on with them; arms of one group MUST see the same load. A question MUST NOT format anything but its own sentences.
 */
import type { ClientCommand } from '../measure/client.ts';
import type { ServerCommand } from '../measure/server.ts';
import type { Recommendation } from '../recommend.ts';
import type { ArmOf, BenchPlan } from '../result.ts';
import type { FigureName } from '../suites/suite.ts';

export interface Arm extends ArmOf {
  readonly server: ServerCommand;
  readonly client: ClientCommand;
}

export interface Question {
  /** Its word on the command line. */
  readonly name: string;
  /** What it answers, as a person would ask it. */
  readonly question: string;
  /** Why it cannot be asked here, in a sentence; undefined where it can. */
  unavailable?(plan: BenchPlan): string | undefined;
  /** Once, before the plan is written: what its arms rest on and a second sitting must not measure anew. */
  prepare?(plan: Pick<BenchPlan, 'handler'>): Readonly<Record<string, number>>;
  arms(plan: BenchPlan): Promise<readonly Arm[]> | readonly Arm[];
  readonly decides: FigureName;
  /** Columns of its table, besides what tells arms apart. */
  readonly shows: readonly FigureName[];
  /** Sentences over all groups. */
  conclude?(recommendation: Recommendation): readonly string[];
  /** What one should know to read it, a sentence. */
  readonly note?: string;
}

/** An arm named for its facets: those in `groupBy` make its group. */
export function armOf(
  facets: Readonly<Record<string, string>>,
  groupBy: readonly string[],
  commands: { readonly server: ServerCommand; readonly client: ClientCommand },
): Arm {
  const words = (within: boolean): string =>
    Object.entries(facets)
      .filter(([key, value]) => groupBy.includes(key) === within && value !== '')
      .map(([, value]) => value)
      .join(' ');
  const [group, option] = [words(true), words(false)];
  return {
    name: [group, option].filter((part) => part !== '').join(' '),
    group,
    option,
    facets,
    ...commands,
  };
}
