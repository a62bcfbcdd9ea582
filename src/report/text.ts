/** A load's result for a terminal: the verdict first, then where every request went, then the latencies. */
import type { KneeResult, KneeTrial } from '../load/find-knee.ts';
import type { LatencySummary, LoadResult } from '../load/result.ts';
import type { Checked } from '../load/threshold.ts';
import { capital, formatCount, formatSeconds, formatUs, percentileName, plural } from './format.ts';
import { KNEE_LIMITS } from './knees.ts';
import { delivers, latencyOf, LOOPS, offerOf } from './loops.ts';

const COLUMNS = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;
const NAME_WIDTH = 14;
const CELL_WIDTH = 10;

export function formatResult(result: LoadResult, checked: readonly Checked[] = []): string {
  const lines = [
    headOf(result),
    `  ${warmupOf(result)}`,
    '',
    `  ${result.verdict.name}: ${result.verdict.evidence}`,
    '',
    ...requestsOf(result),
    '',
    ...latenciesOf(result),
    ...notesOf(result),
    ...checked.map(({ passed, sentence }) => `  ${passed ? 'ok' : 'NOT OK'}  ${sentence}`),
  ];
  return `${lines.join('\n')}\n`;
}

function headOf(result: LoadResult): string {
  const { connections, depth, durationMs, loop, offeredPerSecond, protocol, target, threads } =
    result;
  const stages = result.stages === null ? '' : ` by stages (${offerOf(result)})`;
  const rate = offeredPerSecond === null ? '' : ` at ${formatCount(offeredPerSecond)}/s`;
  const how = LOOPS[loop].name + rate + stages;
  const inFlight = delivers(loop) ? '' : `depth ${depth}, `;
  const shape = `${plural(connections, 'connection')}, ${inFlight}${plural(threads, 'thread')}`;
  const ended = result.interrupted ? ', ended early' : '';
  return `${target} (${protocol}): ${how}, ${formatSeconds(durationMs)}${ended}; ${shape}`;
}

/** Of a delivery time. */
const CLOCKS =
  'Between machines it has the difference between their clocks in it; a stamp of whole milliseconds makes it up to 1 ms longer.';

function warmupOf({ steady, warmup }: LoadResult): string {
  const before = `warm-up ${formatSeconds(warmup.durationMs)}${say(warmup.steady)}`;
  return `${before}; the measurement${steady === null ? ' was too short to tell whether it was steady' : say(steady)}`;
}

function say(steady: boolean | null): string {
  return steady === null ? '' : steady ? ' steady' : ' NOT STEADY';
}

function requestsOf(result: LoadResult): string[] {
  if (result.push !== null) return eventsOf(result, result.push);
  if (result.broadcast !== null) return broadcastsOf(result, result.broadcast);
  const {
    answered,
    carried,
    connections,
    failed,
    failedTotal,
    inFlight,
    ratePerSecond,
    scheduled,
    sent,
    serverGoneMs,
    silentConnections,
    unsent,
  } = result;
  const kinds = Object.entries(failed)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${formatCount(count)} ${kind}`);
  const due =
    scheduled === null
      ? ''
      : `${formatCount(scheduled)} due, ${formatCount(unsent)} of them never sent; `;
  return [
    `  ${formatCount(ratePerSecond)} answers/s`,
    `  ${due}${formatCount(sent)} sent = ${formatCount(answered)} answered + ${formatCount(failedTotal)} failed + ${formatCount(inFlight)} in flight`,
    ...(kinds.length > 0 ? [`  failed: ${kinds.join(', ')}`] : []),
    ...(carried > 0
      ? [
          `  ${formatCount(carried)} of those sent are of the warm-up, which never got an answer to them`,
        ]
      : []),
    ...(silentConnections > 0
      ? [
          `  ${formatCount(silentConnections)} of ${plural(connections, 'connection')} had no answer at all`,
        ]
      : []),
    ...(serverGoneMs === null
      ? []
      : [
          `  The server went away: nothing was answered in the last ${formatSeconds(serverGoneMs)}`,
        ]),
    ...statusesOf(result),
    ...connectionsOf(result),
    ...problemsOf(result),
  ];
}

/** Only where something became of them that no request tells. */
function connectionsOf({ connects }: LoadResult): string[] {
  const { broken, failed, lost, opened } = connects;
  if (failed + lost === 0) return [];
  const parts = [
    `${plural(opened, 'connection')} opened`,
    ...(lost > 0 ? [`${formatCount(lost)} lost`] : []),
    ...(broken > 0 ? [`${formatCount(broken)} of them for what nothing had asked for`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed to open`] : []),
  ];
  return [`  ${parts.join(', ')}`];
}

function problemsOf({ problems }: LoadResult): string[] {
  return problems.map(({ count, problem }) => `    ${formatCount(count)} × ${problem}`);
}

function statusesOf({ statuses }: LoadResult): string[] {
  if (statuses === null) return [];
  const each = Object.entries(statuses).map(
    ([status, count]) => `${formatCount(count)} × ${status}`,
  );
  return [`  statuses: ${each.join(', ')}`];
}

/** Nothing was sent: what the server sent by itself, on each of the connections. */
function eventsOf(result: LoadResult, push: NonNullable<LoadResult['push']>): string[] {
  const { answered, connects, failedTotal, ratePerSecond, sent } = result;
  const { gaps, repeated, resumed, unstamped } = push;
  const notes = [
    repeated > 0 ? `${formatCount(repeated)} came again` : '',
    unstamped > 0 ? `${formatCount(unstamped)} without a time, and so without a delivery time` : '',
  ].filter((note) => note !== '');
  return [
    `  ${formatCount(ratePerSecond)} events/s over all connections`,
    `  ${formatCount(sent)} published = ${formatCount(answered)} delivered + ${formatCount(failedTotal)} missed${failedTotal > 0 ? ` in ${plural(gaps, 'gap')}` : ''}`,
    ...(notes.length === 0 ? [] : [`  ${notes.join(', ')}`]),
    `  ${plural(connects.opened, 'connection')} opened, ${lostOf(connects)}; ${formatCount(resumed)} went on where another was lost`,
    ...statusesOf(result),
    ...problemsOf(result),
  ];
}

function lostOf({ broken, lost }: LoadResult['connects']): string {
  const why =
    broken === 0 ? '' : `, ${formatCount(broken)} of them since the server broke the protocol`;
  return `${formatCount(lost)} lost${why}`;
}

/** What some connections published, and each of the others was to hear. */
function broadcastsOf(
  result: LoadResult,
  broadcast: NonNullable<LoadResult['broadcast']>,
): string[] {
  const { answered, connects, failed, failedTotal, ratePerSecond, scheduled, sent, unsent } =
    result;
  const { foreign, listeners, published, publishers, repeated } = broadcast;
  const unpublished = failedTotal - failed.missed;
  const notes = [
    repeated > 0 ? `${formatCount(repeated)} came again` : '',
    foreign > 0 ? `${formatCount(foreign)} were not of this load` : '',
    unpublished > 0 ? `${formatCount(unpublished)} could not be published` : '',
  ].filter((note) => note !== '');
  return [
    `  ${formatCount(ratePerSecond)} deliveries/s`,
    `  ${formatCount(scheduled ?? 0)} due, ${formatCount(unsent)} of them never sent; ${formatCount(published)} published by ${plural(publishers, 'connection')} to ${plural(listeners, 'listener')}`,
    `  ${formatCount(sent - unpublished)} to be delivered = ${formatCount(answered)} delivered + ${formatCount(failed.missed)} missing`,
    ...(notes.length === 0 ? [] : [`  ${notes.join(', ')}`]),
    `  ${plural(connects.opened, 'connection')} opened, ${lostOf(connects)}`,
    ...problemsOf(result),
  ];
}

function latenciesOf(result: LoadResult): string[] {
  const { connect, lag, loop, service } = result;
  const rows = [row('', COLUMNS)];
  const main = latencyOf(result);
  rows.push(latencyRow(LOOPS[loop].latency, main), boundRow(main));
  if (loop === 'open') rows.push(latencyRow('service', service));
  if (loop === 'broadcast') rows.push(latencyRow('from sending', service));
  if (connect.count > 0) rows.push(latencyRow('connect', connect));
  if (lag !== null) rows.push(latencyRow('schedule lag', lag));
  return rows;
}

function notesOf(result: LoadResult): string[] {
  const { label, loop } = result;
  const { count, tooFew } = latencyOf(result);
  const few =
    tooFew.length === 0
      ? ''
      : ` ${tooFew.map(percentileName).join(', ')}: fewer than ten ${LOOPS[loop].unit}s beyond.`;
  return [
    '',
    `  ${capital(label)}.`,
    ...withoutLatency(result),
    ...(loop === 'push' ? [`  ${CLOCKS}`] : []),
    ...(count === 0 ? [] : [`  ${AT_LEAST}${few}`]),
  ];
}

const AT_LEAST =
  '"At least": what is left without all that the client itself may have added. The truth is in between.';

/** What never came is slower than all that did. */
function withoutLatency({ answered, loop, sent, unsent }: LoadResult): string[] {
  const missing = sent - answered + unsent;
  if (delivers(loop) || missing <= 0 || answered === 0) return [];
  const share = missing / (sent + unsent);
  const from = Number(((1 - share) * 100).toPrecision(4));
  return [
    `  ${plural(missing, 'request')} without an answer are in no latency: above p${from} the percentiles are too low.`,
  ];
}

function latencyRow(name: string, latency: LatencySummary): string {
  const { maxUs, p50Us, p90Us, p95Us, p999Us, p99Us } = latency;
  if (latency.count === 0)
    return row(
      name,
      COLUMNS.map(() => '-'),
    );
  return row(name, [p50Us, p90Us, p95Us, p99Us, p999Us, maxUs].map(formatUs));
}

function boundRow({ bounds, count }: LoadResult['response']): string {
  if (count === 0)
    return row(
      '  at least',
      COLUMNS.map(() => '-'),
    );
  const { p50, p90, p95, p99, p999 } = bounds;
  return row(
    '  at least',
    [p50, p90, p95, p99, p999].map(({ leastUs }) => formatUs(leastUs)),
  );
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')}`.trimEnd();
}

export function formatKnee(knee: KneeResult): string {
  const least = knee.limit === 'noise' || knee.limit === 'client' ? 'at least ' : '';
  const rate = knee.kneePerSecond === 0 ? 'none' : `${least}${formatCount(knee.kneePerSecond)}/s`;
  const why = knee.interrupted ? 'ended early' : KNEE_LIMITS[knee.limit];
  const head = `${knee.target}: the highest rate that keeps ${knee.slo.join(', ')} is ${rate} (${why})`;
  const tail = knee.atKnee === null ? '' : `\n${formatResult(knee.atKnee)}`;
  return `${head}\n${knee.trials.map((trial) => `  ${formatTrial(trial)}\n`).join('')}${tail}`;
}

export function formatTrial(trial: KneeTrial): string {
  const { met, missed, p50Us, p99Us, rateHz, ratePerSecond, verdict } = trial;
  const rate = `${formatCount(rateHz)}/s`.padStart(12);
  const latency =
    ratePerSecond === 0 ? 'nothing answered' : `p50 ${formatUs(p50Us)}, p99 ${formatUs(p99Us)}`;
  return `${rate}  ${met ? 'met   ' : 'missed'}  ${latency}  ${verdict.name}${met ? '' : `  ${missed.join('; ')}`}`;
}
