/** A calibration for a terminal: how far off the instrument was, and whether it had said so. */
import type { Calibration, CalibrationCase, CalibrationRow } from '../load/calibrate.ts';
import { formatCount, formatSeconds, formatUs, percentileName } from './format.ts';
import { sayScript } from './scripts.ts';

const COLUMNS = ['server', '+ path', '= truth', 'reported', 'error', 'at least', 'at most', ''];
/** Where others may have disturbed more of the requests, an error is theirs. */
const NOISY_SHARE = 0.1;
const NAME_WIDTH = 8;
const CELL_WIDTH = 10;

const LEGEND = `truth: what a client that is never late would have seen: what the server's own log says, and the
way to it and back, by a probe that shares nothing with the instrument (its median is shown).
error: reported less truth. at least, at most: what the instrument said of its own error.
within: the truth can be between the two ("up to": it is known within limits, since server and
path are known apart). unclear: it can, for what others did to the machine
meanwhile. OUTSIDE: it cannot, and the instrument was wrong about itself.`;

export function formatCalibration(calibration: Calibration): string {
  const { cases, durationMs, rateHz } = calibration;
  const head = `The instrument against a reference server that logs what it does: ${formatCount(rateHz)} requests/s for ${formatSeconds(durationMs)} each.`;
  const answer = calibration.interrupted ? [] : [sayAnswer(cases)];
  return `${[head, ...cases.map(formatCase), LEGEND, ...answer].join('\n\n')}\n`;
}

function formatCase({ disturbedShare, lagP99Us, rows, script, verdict }: CalibrationCase): string {
  const others =
    disturbedShare < 0.0005
      ? ''
      : `; others disturbed up to ${(disturbedShare * 100).toFixed(1)}% of the requests`;
  return [
    sayScript(script),
    `  sent late by ${formatUs(lagP99Us)} at p99; ${verdict.name}${others}`,
    row('', COLUMNS),
    ...rows.map(formatRow),
  ].join('\n');
}

function formatRow({ percentile, ...row_ }: CalibrationRow): string {
  const { errorUs, judgement, leastUs, mostUs, pathUs, reportedUs, serverUs, truthUs } = row_;
  return row(percentileName(percentile), [
    formatUs(serverUs),
    formatUs(pathUs),
    formatUs(truthUs),
    formatUs(reportedUs),
    sayError(errorUs),
    formatUs(leastUs),
    formatUs(mostUs),
    isPlain(row_) ? judgement : `${judgement}, up to ${formatUs(row_.truthMostUs)}`,
  ]);
}

/** The truth as it is shown lies where the judgement says; else only its range does. */
function isPlain({ judgement, leastUs, truthUs }: Omit<CalibrationRow, 'percentile'>): boolean {
  return judgement !== 'within' || truthUs >= leastUs;
}

/** One sentence: can it be trusted? */
function sayAnswer(cases: Calibration['cases']): string {
  const all = cases.flatMap((one) =>
    one.rows.map((row_) => ({ ...row_, script: one.script, quiet: !isNoisy(one) })),
  );
  const count = (wanted: CalibrationRow['judgement']): number =>
    all.filter(({ judgement }) => judgement === wanted).length;
  const unclear = count('unclear');
  const outside = count('OUTSIDE');
  const noisy = cases.filter(isNoisy).length;
  const told = all.filter(({ judgement, quiet }) => judgement !== 'unclear' && quiet);
  const worst = told.toSorted((a, b) => off(b) - off(a))[0];
  return [
    `${count('within')} of ${all.length} percentiles had the truth within the bounds that the instrument stated.`,
    outside > 0 ? `${outside} had not: do not trust it here.` : '',
    unclear > 0
      ? `${unclear} cannot be told: others were at work on this machine. Calibrate again when it is quiet.`
      : '',
    noisy > 0
      ? `${noisy} of ${cases.length} cases met a busy machine: there the error is the machine's more than the instrument's.`
      : '',
    worst === undefined
      ? ''
      : `Farthest off, as a share of the truth: ${worst.script.kind} ${percentileName(worst.percentile)}, ${sayError(worst.errorUs)} (${(off(worst) * 100).toFixed(1)}%).`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function isNoisy({ disturbedShare, verdict }: CalibrationCase): boolean {
  return verdict.name === 'NOISY_MACHINE' || disturbedShare > NOISY_SHARE;
}

function off({ errorUs, truthUs }: CalibrationRow): number {
  return truthUs === 0 ? 0 : Math.abs(errorUs) / truthUs;
}

function sayError(us: number): string {
  return `${us < 0 ? '-' : '+'}${formatUs(Math.abs(us))}`;
}

function row(name: string, cells: readonly string[]): string {
  const [judgement, ...figures] = cells.toReversed();
  const columns = figures.toReversed().map((cell) => cell.padStart(CELL_WIDTH));
  return `  ${name.padEnd(NAME_WIDTH)}${columns.join('')}   ${judgement}`.trimEnd();
}
