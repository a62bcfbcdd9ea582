/** The instrument against servers whose latency is known: how far off was it, and did it say so? */
import { m } from '../../svg/markup.ts';
import { bothRows, type Row } from '../../svg/rows.ts';
import { logEnds, logScale } from '../../svg/scale.ts';
import { logTicks } from '../../svg/ticks.ts';
import { lineSwatch, renderLegend, type Drawing, type Figure, type Table } from '../blocks.ts';
import { percentileName, type Stated } from '../caveats.ts';
import { icon } from '../icons.ts';
import type { CalibrationRun } from '../schema.ts';
import { count, plural, seconds, us, usTick } from '../words.ts';

const TRUTH = 1;
const REPORTED = 0;

export function calibrationFigure(calibration: CalibrationRun, number: number): Figure {
  const { cases, durationMs, interrupted, rateHz } = calibration;
  const rows = cases.flatMap((one) => one.rows);
  const within = rows.filter((row) => row.within).length;
  const caveats: (Stated | false)[] = [
    interrupted && { level: 'bad', text: 'Ended early: cases are missing' },
    within < rows.length && {
      level: 'bad',
      text: `${plural(rows.length - within, 'percentile')} lay outside of the stated bounds`,
    },
    ...cases.map(
      ({ script, verdict }): Stated | false =>
        verdict.name !== 'SERVER_BOUND' && {
          level: 'warn',
          text: `${verdict.name} (${script.kind})`,
        },
    ),
  ];
  return {
    id: number === 0 ? 'calibration' : `calibration-${number + 1}`,
    title: 'The instrument’s own error',
    lead: m`${count(rateHz)} requests a second for ${seconds(durationMs)} against a server with scripted stalls, whose log says what the latency was. The bracket is what the instrument said of its error: ${within} of ${rows.length} truths lie in it.`,
    caveats: caveats.filter((caveat) => caveat !== false),
    drawings: cases.map(drawingOf),
    tables: cases.map(tableOf),
  };
}

type Case = CalibrationRun['cases'][number];

function drawingOf(one: Case): Drawing {
  const rows = one.rows.map(({ leastUs, mostUs, percentile, reportedUs, truthUs, within }): Row => {
    const name = percentileName(percentile);
    return {
      label: name,
      series: REPORTED,
      dots: [
        { value: reportedUs, shape: REPORTED, title: `${name} reported: ${us(reportedUs)}` },
        {
          value: truthUs,
          shape: within ? TRUTH : 'cross',
          title: `${name} in truth: ${us(truthUs)}`,
        },
      ],
      interval: [leastUs, mostUs],
      note: within ? 'within' : 'OUTSIDE',
    };
  });
  const [from, to] = logEnds(
    one.rows.flatMap(({ mostUs, reportedUs, truthUs }) => [mostUs, reportedUs, truthUs]),
  );
  const alternative = one.rows
    .map(
      ({ percentile, reportedUs, truthUs, within }) =>
        `${percentileName(percentile)}: reported ${us(reportedUs)}, in truth ${us(truthUs)}, ${within ? 'within' : 'outside of'} the bounds`,
    )
    .join('; ');
  const image = bothRows({
    rows,
    alternative: `${titleOf(one)}. ${alternative}.`,
    title: 'latency',
    scale: (start: number, end: number) => logScale(from, to, start, end),
    ticks: (narrow) =>
      logTicks(from, to, narrow ? 4 : 8).map((value) => ({ value, label: usTick(value) })),
  });
  return {
    title: titleOf(one),
    legend: renderLegend([
      { name: 'reported', swatch: lineSwatch(REPORTED, 'none', REPORTED) },
      {
        name: 'truth (a cross where it lies outside)',
        swatch: lineSwatch(REPORTED, 'none', TRUTH),
      },
    ]),
    image,
  };
}

/** 'stall (everyMs 1000, stallMs 100)' */
function titleOf({ script: { kind, ...figures } }: Case): string {
  const shape = Object.entries(figures).map(([name, value]) => `${name} ${String(value)}`);
  return `${kind} (${shape.join(', ')})`;
}

function tableOf(one: Case): Table {
  return {
    caption: titleOf(one),
    head: ['', 'truth', 'reported', 'at least', 'at most', ''],
    rows: one.rows.map(({ leastUs, mostUs, percentile, reportedUs, truthUs, within }) => [
      percentileName(percentile),
      us(truthUs),
      us(reportedUs),
      us(leastUs),
      us(mostUs),
      {
        text: m`<span class="sign ${within ? 'good' : 'bad'}">${icon(within ? 'good' : 'bad')}${within ? 'within' : 'outside'}</span>`,
      },
    ]),
  };
}
