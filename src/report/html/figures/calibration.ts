/** The instrument against servers whose latency is known: how far off was it, and did it say so? */
import { m } from '../../svg/markup.ts';
import { bothRows, type Row } from '../../svg/rows.ts';
import { logEnds, logScale } from '../../svg/scale.ts';
import { logTicks } from '../../svg/ticks.ts';
import { lineSwatch, renderLegend, type Drawing, type Figure, type Table } from '../blocks.ts';
import type { Stated } from '../caveats.ts';
import { icon } from '../icons.ts';
import type { CalibrationRun } from '../schema.ts';
import { sayScript } from '../../scripts.ts';
import { count, percent, percentileName, plural, seconds, us, usTick } from '../words.ts';

const TRUTH = 1;
const REPORTED = 0;

export function calibrationFigure(calibration: CalibrationRun, number: number): Figure {
  const { cases, durationMs, interrupted, rateHz } = calibration;
  const rows = cases.flatMap((one) => one.rows);
  const judged = (wanted: Judgement): number =>
    rows.filter(({ judgement }) => judgement === wanted).length;
  const caveats: (Stated | false)[] = [
    interrupted && { level: 'bad', text: 'Ended early: cases are missing' },
    judged('OUTSIDE') > 0 && {
      level: 'bad',
      text: `${plural(judged('OUTSIDE'), 'percentile')} lay outside of the stated bounds`,
    },
    judged('unclear') > 0 && {
      level: 'warn',
      text: `${plural(judged('unclear'), 'percentile')} cannot be told: others were at work on this machine`,
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
    lead: m`${count(rateHz)} requests a second for ${seconds(durationMs)} against a server with a script, whose log says what it did to each; a probe of its own measured the way there and back, which any client sees. Both together are the truth, known within limits since they are known apart (“up to”). The bracket is what the instrument said of its own error: ${judged('within')} of ${rows.length} truths lie in it.`,
    caveats: caveats.filter((caveat) => caveat !== false),
    drawings: cases.map(drawingOf),
    tables: cases.map(tableOf),
  };
}

type Case = CalibrationRun['cases'][number];
type Judgement = Case['rows'][number]['judgement'];

const SIGNS: Readonly<Record<Judgement, 'good' | 'warn' | 'bad'>> = {
  within: 'good',
  unclear: 'warn',
  OUTSIDE: 'bad',
};

function drawingOf(one: Case): Drawing {
  const rows = one.rows.map(
    ({ judgement, leastUs, mostUs, percentile, reportedUs, truthMostUs, truthUs }): Row => {
      const name = percentileName(percentile);
      return {
        label: name,
        series: REPORTED,
        dots: [
          { value: reportedUs, shape: REPORTED, title: `${name} reported: ${us(reportedUs)}` },
          {
            value: truthUs,
            shape: judgement === 'OUTSIDE' ? 'cross' : TRUTH,
            title: `${name} in truth: ${us(truthUs)}`,
          },
        ],
        interval: [leastUs, mostUs],
        note: sayJudgement({ judgement, leastUs, truthMostUs, truthUs }),
      };
    },
  );
  const [from, to] = logEnds(
    one.rows.flatMap(({ mostUs, reportedUs, truthUs }) => [mostUs, reportedUs, truthUs]),
  );
  const alternative = one.rows
    .map(
      ({ judgement, percentile, reportedUs, truthUs }) =>
        `${percentileName(percentile)}: reported ${us(reportedUs)}, in truth ${us(truthUs)}, ${judgement}`,
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

/** The truth as it is drawn lies where the judgement says; else only its range does. */
function sayJudgement({
  judgement,
  leastUs,
  truthMostUs,
  truthUs,
}: Pick<Case['rows'][number], 'judgement' | 'leastUs' | 'truthMostUs' | 'truthUs'>): string {
  return judgement === 'within' && truthUs < leastUs
    ? `within: up to ${us(truthMostUs)}`
    : judgement;
}

function titleOf({ disturbedShare, script }: Case): string {
  const others =
    disturbedShare < 0.0005 ? '' : ` (others disturbed up to ${percent(disturbedShare)} of it)`;
  return `${sayScript(script)}${others}`;
}

function tableOf(one: Case): Table {
  return {
    caption: titleOf(one),
    head: ['', 'server', '+ path', '= truth', 'reported', 'error', 'at least', 'at most', ''],
    rows: one.rows.map(({ errorUs, judgement, percentile, ...row }) => [
      percentileName(percentile),
      us(row.serverUs),
      us(row.pathUs),
      us(row.truthUs),
      us(row.reportedUs),
      `${errorUs < 0 ? '−' : '+'}${us(Math.abs(errorUs))}`,
      us(row.leastUs),
      us(row.mostUs),
      {
        text: m`<span class="sign ${SIGNS[judgement]}">${icon(SIGNS[judgement])}${sayJudgement({ ...row, judgement })}</span>`,
      },
    ]),
  };
}
