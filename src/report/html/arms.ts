/** A suite of the bench, run by run in the units of figures. Pure. */
import { most } from '../svg/scale.ts';
import { count, list, plural } from './words.ts';
import type { Stated } from './caveats.ts';
import type { Suite, Trial } from './schema.ts';
import { executing, LEAST_RUNS } from './statistics.ts';

/** More work of others than this, in cores, disturbs a run: as in bench/measure/trial.ts. */
const DISTURBED_CORES = 0.1;
/** A loop that is less busy only supervises: as in bench/suites/suite.ts. */
const LEAST_BUSY = 0.02;

export interface ArmTrial {
  readonly perSecond: number;
  /** NaN where there is no /proc. */
  readonly cpuUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** Of its loops that had work: how late a timer was at most. */
  readonly longestLoopDelayUs: number;
  /** Percentiles with fewer than ten answers beyond them: 'p999'. */
  readonly tooFew: readonly string[];
  readonly bytesPerConnection: number;
  readonly errors: number;
  /** By kind, where the load says so. */
  readonly failed: Readonly<Record<string, number>>;
  readonly disturbed: boolean;
  /** Messages of each worker, or connections where no worker counted messages. */
  readonly work: readonly number[];
  readonly closed: boolean;
  readonly verdict: string | undefined;
  readonly steady: boolean | undefined;
  /** False: it was still warming up. */
  readonly settled: boolean;
}

export interface Arm {
  readonly name: string;
  readonly series: number;
  readonly trials: readonly ArmTrial[];
}

export function armsOf({ blocks }: Suite): Arm[] {
  return Object.entries(blocks.runs)
    .filter(([, trials]) => trials.length > 0)
    .map(([name, trials], series) => ({ name, series, trials: trials.map(trialOf) }));
}

function trialOf({ foreignCores, loops, result, server, stealCores, workers }: Trial): ArmTrial {
  const perMessage = (ms: number | undefined): number =>
    ms === undefined || result.messages === 0 ? Number.NaN : (ms * 1000) / result.messages;
  const rows = executing(workers);
  const messages = rows.map((row) => row.messages);
  const detail = (result.detail ?? {}) as {
    label?: unknown;
    failed?: unknown;
    verdict?: { name?: unknown };
    steady?: unknown;
    settled?: unknown;
    tooFew?: unknown;
  };
  return {
    perSecond: result.seconds > 0 ? result.messages / result.seconds : Number.NaN,
    cpuUs: perMessage(server && server.userMs + server.systemMs),
    userUs: perMessage(server?.userMs),
    systemUs: perMessage(server?.systemMs),
    p50Us: (result.latencyMs?.p50 ?? Number.NaN) * 1000,
    p99Us: (result.latencyMs?.p99 ?? Number.NaN) * 1000,
    p999Us: (result.latencyMs?.p999 ?? Number.NaN) * 1000,
    longestLoopDelayUs: longestDelayUs(loops),
    tooFew: Array.isArray(detail.tooFew) ? detail.tooFew.map(String) : [],
    bytesPerConnection:
      server === undefined
        ? Number.NaN
        : (server.residentBytes - server.residentBytesBefore) / result.messages,
    errors: result.errors,
    failed: countsOf(detail.failed),
    disturbed: foreignCores + stealCores > DISTURBED_CORES,
    work: messages.some((one) => one > 0) ? messages : rows.map(({ accepted }) => accepted),
    closed: typeof detail.label === 'string' && detail.label.startsWith('service times only'),
    verdict: typeof detail.verdict?.name === 'string' ? detail.verdict.name : undefined,
    steady: typeof detail.steady === 'boolean' ? detail.steady : undefined,
    settled: detail.settled !== false,
  };
}

/** NaN where no loop had work, or none was watched. */
function longestDelayUs(loops: Trial['loops']): number {
  const delays = loops
    .filter(({ busyShare }) => busyShare >= LEAST_BUSY)
    .map(({ delayMaxMs }) => delayMaxMs * 1000);
  return delays.length === 0 ? Number.NaN : most(delays);
}

function countsOf(failed: unknown): Record<string, number> {
  if (typeof failed !== 'object' || failed === null) return {};
  const counts = Object.entries(failed).filter(([, number]) => typeof number === 'number');
  return Object.fromEntries(counts) as Record<string, number>;
}

/** A first look makes no run again, so none of its had to be kept. */
function sayKept(number: number, isFirstLook: boolean): string {
  const runs = plural(number, 'disturbed run');
  if (!isFirstLook) return `${runs} had to be kept`;
  return `${runs}, which a first look does not make again`;
}

/** What touches the figures of a suite. */
export function caveatsOfSuite(
  { blocks, complete, lost, note, placement, plan }: Suite,
  arms: readonly Arm[],
): Stated[] {
  const trials = arms.flatMap((arm) => arm.trials.map((trial) => ({ ...trial, arm: arm.name })));
  const of = (test: (trial: ArmTrial) => boolean) => trials.filter(test);
  const clientBound = of(({ verdict }) => verdict === 'CLIENT_BOUND');
  const unclear = of(({ verdict }) => verdict === 'UNCLEAR');
  const noisy = of(({ verdict }) => verdict === 'NOISY_MACHINE');
  const disturbed = of((trial) => trial.disturbed);
  const failed = of(({ errors }) => errors > 0);
  const unsteady = of(({ steady }) => steady === false);
  const unsettled = of(({ settled }) => !settled);
  const armsIn = (few: readonly { readonly arm: string }[]): string =>
    list([...new Set(few.map(({ arm }) => arm))]);
  /** Where every arm has some, none of them is worse off than the rest. */
  const whose = (few: readonly { readonly arm: string }[]): string =>
    new Set(few.map(({ arm }) => arm)).size === arms.length
      ? ', some of each arm: a quiet machine would show better figures'
      : ` (${armsIn(few)}): do not hold ${few.length === 1 ? 'it' : 'them'} against the rest`;
  const some = (few: readonly unknown[]): string =>
    `${count(few.length)} of ${plural(trials.length, 'run')}`;
  const stated: (Stated | false)[] = [
    blocks.keptDisturbed > 0 && {
      level: 'bad',
      text: `${sayKept(blocks.keptDisturbed, plan?.quick === true)}${whose(disturbed)}`,
    },
    failed.length > 0 && {
      level: 'bad',
      text: `${plural(
        failed.reduce((sum, { errors }) => sum + errors, 0),
        'request',
      )} failed, in ${some(failed)}: they are in no figure`,
    },
    clientBound.length > 0 && {
      level: 'bad',
      text: `CLIENT_BOUND in ${some(clientBound)}: messages a second are the client's; CPU per message is still the server's`,
    },
    noisy.length > 0 && {
      level: 'warn',
      text: `NOISY_MACHINE in ${some(noisy)}`,
    },
    unclear.length > 0 && {
      level: 'warn',
      text: `UNCLEAR in ${some(unclear)}: whose limit is not known`,
    },
    unsettled.length > 0 && {
      level: 'warn',
      text: `Still warming up in ${some(unsettled)} (${armsIn(unsettled)}): it does better in the long run`,
    },
    unsteady.length > 0 && {
      level: 'warn',
      text: `Not steady in ${some(unsteady)}`,
    },
    arms.some((arm) => arm.trials.length < LEAST_RUNS) && {
      level: 'warn',
      text: `Fewer than ${LEAST_RUNS} runs of an arm: intervals say nothing`,
    },
    trials.some(({ closed }) => closed) && {
      level: 'warn',
      text: 'Latencies are service time only: closed loop',
    },
    !complete && { level: 'bad', text: 'Ended early: patterns bench --resume goes on' },
    ...lost.map(({ arm, reason }): Stated => ({
      level: 'note',
      text: `Not run: ${arm}: ${reason}`,
    })),
    placement !== undefined && { level: 'note', text: placement },
    note !== null && { level: 'note', text: note },
    blocks.repeated > 0 && {
      level: 'note',
      text: `${plural(blocks.repeated, 'disturbed run')} ${blocks.repeated === 1 ? 'was' : 'were'} made again`,
    },
  ];
  return stated.filter((one) => one !== false);
}
