/** CPU per message: what a shared machine disturbs least. Of loads server and client, of a suite's arms user and system. */
import { bothBars, type Bar } from '../../svg/bars.ts';
import { m, type Markup } from '../../svg/markup.ts';
import { most, stepAbove } from '../../svg/scale.ts';
import { linearTicks } from '../../svg/ticks.ts';
import { boxSwatch, renderLegend, type Drawing, type Figure, type Table } from '../blocks.ts';
import type { Stated } from '../caveats.ts';
import { wordsOf } from '../../loops.ts';
import type { Run } from '../runs.ts';
import type { Arm } from '../arms.ts';
import { medianInterval } from '../statistics.ts';
import { percent, rate, short, us, usTick } from '../words.ts';

/** Runs that have bars; tables have them all. */
const DRAWN_BARS = 24;
/** Rates that differ by more batch differently, and so cost differently. */
const SAME_RATE = 1.1;

export function cpuFigure(runs: readonly Run[], caveats: readonly Stated[]): Figure | undefined {
  const measured = runs.filter(({ result }) => Number.isFinite(serverUs(result)));
  if (measured.length === 0) return undefined;
  const rates = measured.map(({ result }) => result.ratePerSecond);
  const differ = most(rates) > Math.min(...rates) * SAME_RATE;
  const rest: Stated = {
    level: 'note',
    text: 'At different rates: a busier loop finds more in each turn, and a message costs less',
  };
  const { unit, answered } = wordsOf(measured.map(({ result }) => result.loop));
  const bars = measured.slice(0, DRAWN_BARS).flatMap((run) => barsOf(run, measured.length > 1));
  return {
    id: 'cpu',
    title: 'CPU per message',
    lead: m`CPU time of the server’s processes for each ${unit}${
      measured.some(({ result }) => result.loop === 'open')
        ? ', and of the load generator’s threads without the idle spins of their clock'
        : ', and of the load generator'
    }. A load measures both as wholes; user and system time apart come from the bench. Less is better.`,
    caveats: measured.length > 1 && differ ? [...caveats, rest] : caveats,
    drawings: [
      {
        legend: renderLegend([
          { name: 'server', swatch: boxSwatch('bar whole') },
          { name: 'client', swatch: boxSwatch('bar client') },
        ]),
        image: drawing(bars, 'CPU per message'),
      },
    ],
    tables: [tableOf(measured, answered)],
  };
}

function serverUs({ server }: Run['result']): number {
  return server?.cpuPerRequestUs ?? Number.NaN;
}

function barsOf({ name, result }: Run, named: boolean): Bar[] {
  const bar = (who: string, value: number, kind: 'whole' | 'client'): Bar => ({
    label: named ? name : who,
    note: us(value),
    parts: [{ kind, value, title: `${named ? `${name}, ` : ''}${who}: ${us(value)}` }],
    joins: named && kind === 'client',
  });
  const server = bar('server', serverUs(result), 'whole');
  const clientUs = result.client.cpuPerRequestUs;
  return Number.isFinite(clientUs) ? [server, bar('client', clientUs, 'client')] : [server];
}

/** The same of a suite's arms, medians of their runs, in user and system time. */
export function cpuDrawing(arms: readonly Arm[]): { drawing: Drawing; table: Table } | undefined {
  const measured = arms.filter(({ trials }) => trials.some(({ cpuUs }) => Number.isFinite(cpuUs)));
  if (measured.length === 0) return undefined;
  const bars = measured.map(({ name, trials }): Bar => {
    const whole = trials.map(({ cpuUs }) => cpuUs);
    const [middle] = trials.toSorted((a, b) => a.cpuUs - b.cpuUs).slice(trials.length >> 1);
    return {
      label: name,
      note: us(middle.cpuUs),
      interval: medianInterval(whole),
      parts: [
        { kind: 'user', value: middle.userUs, title: `${name}, user ${us(middle.userUs)}` },
        { kind: 'system', value: middle.systemUs, title: `system ${us(middle.systemUs)}` },
      ],
    };
  });
  return {
    drawing: {
      title: 'Server CPU per message, of the middle run: less is better',
      legend: renderLegend([
        { name: 'user', swatch: boxSwatch('bar user') },
        { name: 'system', swatch: boxSwatch('bar system') },
      ]),
      image: drawing(bars, 'Server CPU per message'),
    },
    table: {
      caption: 'Server CPU per message, run by run',
      head: ['arm', 'run', 'user', 'system', 'together'],
      rows: measured.flatMap(({ name, trials }) =>
        trials.map(({ cpuUs, systemUs, userUs }, i) => [
          name,
          String(i + 1),
          us(userUs),
          us(systemUs),
          us(cpuUs),
        ]),
      ),
    },
  };
}

function drawing(bars: readonly Bar[], what: string): Markup {
  const sums = bars.map(({ interval, parts }) =>
    Math.max(
      parts.reduce((sum, { value }) => sum + value, 0),
      interval?.[1] ?? 0,
    ),
  );
  const step = stepAbove(Math.max(0.01, most(sums)) / 6);
  const to = Math.ceil((most(sums) / step) * 1.0001) * step;
  const alternative = `${what}. ${bars.map(({ parts }) => parts.map(({ title }) => title).join(', ')).join('; ')}.`;
  return bothBars({
    bars,
    alternative,
    title: 'CPU time per message',
    to,
    ticks: (narrow) =>
      linearTicks(0, to, narrow ? 4 : 6).map((value) => ({ value, label: usTick(value) })),
  });
}

function tableOf(runs: readonly Run[], answered: string): Table {
  return {
    caption: 'CPU of server and client',
    head: [
      'run',
      answered,
      'server, a message',
      'its busiest thread',
      'client, a message',
      'its busiest thread',
      'its garbage collector',
    ],
    rows: runs.map(({ name, result: { client, ratePerSecond, server } }) => [
      name,
      rate(ratePerSecond),
      us(server?.cpuPerRequestUs ?? Number.NaN),
      percent(server?.busiestThreadShare ?? Number.NaN),
      us(client.cpuPerRequestUs),
      percent(client.busyShare),
      `${short(client.gcMs)} ms, at most ${short(client.gcLongestMs)} ms`,
    ]),
  };
}
