/** Spread over workers: what part of the messages each worker of a suite's arms had. */
import { bothRows, type Row } from '../../svg/rows.ts';
import { linearScale, most } from '../../svg/scale.ts';
import { linearTicks } from '../../svg/ticks.ts';
import type { Arm } from '../arms.ts';
import type { Drawing, Table } from '../blocks.ts';
import { median, variation } from '../statistics.ts';
import { count, percent, short } from '../words.ts';

export function workersDrawing(
  arms: readonly Arm[],
): { drawing: Drawing; table: Table } | undefined {
  const spread = arms
    .map((arm) => ({ ...arm, runs: arm.trials.map(({ work }) => work).filter(isShared) }))
    .filter(({ runs }) => runs.length > 0);
  if (spread.length === 0) return undefined;
  const rows = spread.map(({ name, runs, series }): Row => ({
    label: name,
    series,
    dots: runs.flatMap((work, run) =>
      ratios(work).map((value, worker) => ({
        value,
        title: `${name}, run ${run + 1}, worker ${worker + 1}: ${count(work[worker])}, ${percent(value / work.length)} of all`,
      })),
    ),
    note: `CoV ${short(median(runs.map(variation)))}`,
  }));
  const to = Math.max(2, most(rows.flatMap(({ dots }) => dots.map(({ value }) => value))) * 1.05);
  const alternative = `What part of the messages each worker had, 1 being an even share. ${rows
    .map(({ dots, label, note }) => {
      const values = dots.map(({ value }) => value);
      return `${label}: from ${short(Math.min(...values))} to ${short(Math.max(...values))} of an even share, ${note}`;
    })
    .join('; ')}.`;
  const image = bothRows({
    rows,
    alternative,
    title: 'messages of a worker, over an even share of them',
    scale: (start: number, end: number) => linearScale(0, to, start, end),
    ticks: (narrow) =>
      linearTicks(0, to, narrow ? 4 : 8).map((value) => ({ value, label: `${value}×` })),
    reference: { value: 1, label: 'even' },
  });
  return {
    drawing: {
      title: 'Spread over workers: the closer to even the better',
      image,
    },
    table: {
      caption: 'Messages of each worker (connections, where no worker counted messages)',
      head: ['arm', 'run', 'workers', 'least', 'most', 'coefficient of variation'],
      rows: spread.flatMap(({ name, runs }) =>
        runs.map((work, run) => [
          name,
          String(run + 1),
          String(work.length),
          count(Math.min(...work)),
          count(Math.max(...work)),
          short(variation(work)),
        ]),
      ),
    },
  };
}

function isShared(work: readonly number[]): boolean {
  return work.length > 1 && work.some((one) => one > 0);
}

/** Over the mean. */
function ratios(work: readonly number[]): number[] {
  const mean = work.reduce((sum, one) => sum + one, 0) / work.length;
  return work.map((one) => one / mean);
}
