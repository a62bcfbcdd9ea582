/** What casts doubt on the figures of a bench, in sentences. Pure. */
import { DISTURBED_CORES, type Trial } from './measure/trial.ts';

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
  const failed = runs.reduce((sum, { trial }) => sum + trial.result.errors, 0);
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
  if (failed > 0) {
    const arms = new Set(runs.filter(({ trial }) => trial.result.errors > 0).map(({ arm }) => arm));
    sentences.push(
      `${failed} requests failed, with ${[...arms].join(', ')}: they are in no figure.`,
    );
  }
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

export function isDisturbed({ foreignCores, stealCores }: Trial): boolean {
  return foreignCores + stealCores > DISTURBED_CORES;
}

/** False: it was still warming up when it was measured. */
export function hasSettled({ result }: Trial): boolean {
  return (result.detail as Detail | undefined)?.settled !== false;
}

/** What our load generator says of itself. */
interface Detail {
  readonly verdict?: { readonly name?: unknown };
  readonly label?: unknown;
  readonly settled?: unknown;
}

function verdictOf({ result }: Trial): unknown {
  return (result.detail as Detail | undefined)?.verdict?.name;
}

function isClosedLoop({ result }: Trial): boolean {
  const label = (result.detail as Detail | undefined)?.label;
  return typeof label === 'string' && label.startsWith('service times only');
}
