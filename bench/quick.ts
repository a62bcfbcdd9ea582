/**
 * What `make bench` runs: the echo handler in every mode, each loaded for a few seconds, in about a minute. A first look
 * at this machine, one run each: `bench/speed.ts` is what figures are quoted from.
 */
import { availableParallelism } from 'node:os';
import { load } from './load.ts';
import { beTheOnlyOne } from './measure/only-one.ts';
import { hasProc } from './measure/proc.ts';
import { variation } from './measure/statistics.ts';
import { DISTURBED_CORES, runTrial, type Trial } from './measure/trial.ts';
import { ours, unpinned } from './servers.ts';
import { FIGURES, type Settings } from './suites/suite.ts';
import { short, table } from './table.ts';

const MODES = [
  { mode: 'single' },
  { mode: 'pooled', unit: 'thread' },
  { mode: 'pooled', unit: 'process' },
  { mode: 'dispatched', unit: 'thread' },
  { mode: 'shared', unit: 'process' },
  { mode: 'sharded', unit: 'thread' },
  { mode: 'sharded', unit: 'process' },
  { mode: 'blocking' },
] as const;

const LOAD = { protocol: 'line', connections: 64, bytes: 64 };

const settings: Settings = {
  warmUpSeconds: 1,
  seconds: 2.5,
  blocks: 1,
  seed: 1,
  say: (text) => process.stderr.write(`${text}\n`),
};

const HEAD = [
  'mode',
  'unit',
  'messages/s',
  'p50 ms',
  'p99 ms',
  'p99.9 ms',
  'CPU µs/message',
  'workers',
  'messages spread',
];

interface Row {
  readonly cells: readonly string[];
  readonly perSecond: number;
  readonly disturbed: boolean;
}

await beTheOnlyOne(settings.say);
const rows: Row[] = [];
const refused: string[] = [];
for (const { mode, ...rest } of MODES) {
  const unit = 'unit' in rest ? rest.unit : undefined;
  const server = unpinned(ours({ mode, unit, protocol: LOAD.protocol }));
  settings.say(`${server.name} ...`);
  try {
    const trial = await runTrial({ server, client: load(LOAD, settings) });
    rows.push(rowOf(mode, unit, trial));
  } catch (error) {
    refused.push(`Not run: ${firstLine(error)}`);
  }
}
print();

function rowOf(mode: string, unit: string | undefined, trial: Trial): Row {
  const { latencyMs, errors } = trial.result;
  const worked = trial.workers.map(({ messages }) => messages).filter((count) => count > 0);
  const perSecond = FIGURES.perSecond.of(trial);
  if (errors > 0) refused.push(`${mode}: ${errors} requests failed.`);
  return {
    perSecond,
    disturbed: trial.foreignCores + trial.stealCores > DISTURBED_CORES,
    cells: [
      mode,
      unit ?? '',
      Math.round(perSecond).toLocaleString('en'),
      ...[latencyMs?.p50, latencyMs?.p99, latencyMs?.p999].map((ms) => short(ms ?? Number.NaN)),
      short(FIGURES.cpuUs.of(trial)),
      worked.length === 0 ? '–' : String(worked.length),
      spread(worked),
    ],
  };
}

/** The least and the most that a worker had of all messages, and the coefficient of variation over workers. */
function spread(messages: readonly number[]): string {
  if (messages.length < 2) return '';
  const total = messages.reduce((sum, count) => sum + count, 0);
  const percent = (part: number): string => `${((100 * part) / total).toFixed(1)} %`;
  const [least, most] = [Math.min(...messages), Math.max(...messages)];
  return `${percent(least)} to ${percent(most)}, CoV ${variation(messages).toFixed(2)}`;
}

function print(): void {
  const { connections, bytes, protocol } = LOAD;
  const lines = [
    `Echo of ${bytes} bytes over ${protocol}, ${connections} connections, closed loop, ` +
      `${settings.seconds} s each, Node ${process.version}, ${availableParallelism()} cores`,
    '',
    table(
      HEAD,
      rows.map(({ cells }) => cells),
    ),
    '',
    conclusion(),
    `One run each, and the client takes its share of the same ${availableParallelism()} cores: where the load alone ` +
      'fills one, a second worker cannot show what it brings. Closed-loop latency is service time: a client that waits ' +
      'for its answer sends nothing while the server stalls. `node bench/speed.ts` repeats, interleaves and gives intervals.',
    ...(hasProc ? [] : ['There is no /proc here, so no CPU column.']),
    ...refused,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** In one sentence, what the table shows. */
function conclusion(): string {
  const [best] = rows.toSorted((a, b) => b.perSecond - a.perSecond);
  if (best === undefined) return 'No mode could be run.';
  const cheapest = rows.toSorted((a, b) => Number(a.cells[6]) - Number(b.cells[6]))[0];
  const name = ({ cells: [mode, unit] }: Row): string => (unit ? `${mode} by ${unit}` : mode);
  const disturbed = rows.filter((row) => row.disturbed).map(name);
  const cpu = hasProc
    ? `, and ${name(cheapest)} spent the least CPU on each (${cheapest.cells[6]} µs)`
    : '';
  const doubt =
    disturbed.length === 0
      ? ''
      : ` Others were busy on this machine during ${disturbed.join(', ')}: those rows are too low.`;
  return `For work this small ${name(best)} answered most messages (${best.cells[2]} a second)${cpu}.${doubt}`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0];
}
