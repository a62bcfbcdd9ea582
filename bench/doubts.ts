/** What casts doubt on the figures of a bench, in sentences. Pure. */
import { DISTURBED_CORES, type Trial } from './measure/trial.ts';
import type { FigureName } from './suites/suite.ts';

export interface Doubtful {
  readonly arm: string;
  readonly trial: Trial;
}

/** The least share of runs whose limit was the load that is worth a sentence of its own about the ranking. */
const MANY = 0.5;

export function doubtsOf(runs: readonly Doubtful[]): string[] {
  const of = (test: (trial: Trial) => boolean): number =>
    runs.filter(({ trial }) => test(trial)).length;
  const verdict = (name: string) => of((trial) => verdictOf(trial) === name);
  const clientBound = verdict('CLIENT_BOUND');
  const unclear = verdict('UNCLEAR');
  const disturbed = of(isDisturbed);
  const some = (count: number): string => `${count} of ${runs.length} runs`;
  const sentences: string[] = [];
  if (clientBound > 0) {
    const more =
      clientBound >= runs.length * MANY
        ? ' Differences in messages/s are then understated; CPU a message is the server’s all the same.'
        : '';
    sentences.push(`In ${some(clientBound)} the load was the limit, not the server.${more}`);
  }
  if (unclear > 0) sentences.push(`In ${some(unclear)} it is not clear whose limit was met.`);
  if (disturbed > 0) {
    const arms = [...new Set(runs.filter(({ trial }) => isDisturbed(trial)).map(({ arm }) => arm))];
    const all = new Set(runs.map(({ arm }) => arm)).size;
    const which =
      arms.length === all
        ? ': a quiet one would show better figures'
        : ` (${arms.join(', ')}): do not hold them against the rest`;
    sentences.push(
      `In ${some(disturbed)} others used more than ${DISTURBED_CORES} cores of the machine${which}.`,
    );
  }
  const failures = sayFailures(runs);
  if (failures !== undefined) sentences.push(`${failures}. They are in no figure.`);
  const unsettled = new Set(runs.filter(({ trial }) => !hasSettled(trial)).map(({ arm }) => arm));
  if (unsettled.size > 0) {
    sentences.push(
      `${[...unsettled].join(', ')} had not settled when it was measured: it does better in the long run.`,
    );
  }
  if (of(isClosedLoop) > 0) {
    sentences.push(
      'Latency is service time, closed loop: a client that waits for its answer sends nothing while the server stalls.',
    );
  }
  return sentences;
}

/** How many requests failed, how, with which arms, and what the server said first; without a full stop. */
export function sayFailures(runs: readonly Doubtful[]): string | undefined {
  const failing = runs.filter(({ trial }) => trial.result.errors > 0);
  if (failing.length === 0) return undefined;
  const total = failing.reduce((sum, { trial }) => sum + trial.result.errors, 0);
  const kinds = new Map<string, number>();
  for (const { trial } of failing) {
    for (const [kind, count] of Object.entries(detailOf(trial).failed ?? {})) {
      if (count > 0) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    }
  }
  const how = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const arms = new Set(failing.map(({ arm }) => arm));
  const what = `${total} requests failed${how === '' ? '' : ` (${how})`}, with ${[...arms].join(', ')}`;
  const error = failing.find(({ trial }) => trial.firstError !== undefined)?.trial.firstError;
  if (error !== undefined) return `${what}; the server's first error was ${JSON.stringify(error)}`;
  const problem = failing.map(({ trial }) => detailOf(trial).problems?.[0]?.problem).find(Boolean);
  return problem === undefined ? what : `${what}; the first was ${JSON.stringify(problem)}`;
}

export function isDisturbed({ foreignCores, stealCores }: Trial): boolean {
  return foreignCores + stealCores > DISTURBED_CORES;
}

/** False: it was still warming up when it was measured. */
export function hasSettled({ result }: Trial): boolean {
  return detailOf({ result }).settled !== false;
}

/** What our load generator says of itself. */
interface Detail {
  readonly verdict?: { readonly name?: unknown };
  readonly label?: unknown;
  readonly settled?: unknown;
  /** Percentiles with too few answers beyond them: 'p999'. */
  readonly tooFew?: readonly string[];
  /** By kind. */
  readonly failed?: Readonly<Record<string, number>>;
  readonly problems?: ReadonlyArray<{ readonly problem: string }>;
}

function detailOf({ result }: Pick<Trial, 'result'>): Detail {
  return (result.detail as Detail | undefined) ?? {};
}

/** Whose limit it met; undefined where the client does not say. */
export function verdictOf(trial: Trial): string | undefined {
  const name = detailOf(trial).verdict?.name;
  return typeof name === 'string' ? name : undefined;
}

/** A percentile with fewer than ten answers beyond it. */
export function restsOnFew(trial: Trial, figure: FigureName): boolean {
  return detailOf(trial).tooFew?.some((key) => `${key}Ms` === figure) ?? false;
}

function isClosedLoop(trial: Trial): boolean {
  const { label } = detailOf(trial);
  return typeof label === 'string' && label.startsWith('service times only');
}
