/** `patterns load`. Results go to standard output, everything else to standard error. */
import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { asSentence, OptionError, PatternsError } from '../errors.ts';
import {
  calibrate,
  checkThreshold,
  findKnee,
  parseThreshold,
  runLoad,
  type LoadPlan,
  type LoadResult,
  type Threshold,
} from '../load/index.ts';
import { formatCalibration } from '../report/calibration.ts';
import { formatCsv } from '../report/csv.ts';
import { formatCount, formatSeconds } from '../report/format.ts';
import { formatHgrm } from '../report/hgrm.ts';
import { formatHlog } from '../report/hlog.ts';
import { formatJson } from '../report/json.ts';
import { LiveView } from '../report/live.ts';
import { LOOPS } from '../report/loops.ts';
import { formatKnee, formatResult, formatTrial } from '../report/text.ts';
import { inLoadFlags, planFlags, readPlanFlags, several, type Given } from './load-flags.ts';
import { print, stderr } from './output.ts';
import { listenForStop } from './signals.ts';

const EXAMPLES = `
Examples:
  patterns load tcp://127.0.0.1:7000                       closed loop: how much at most?
  patterns load tcp://127.0.0.1:7000 --rate=20000          open loop: how long does it take?
  patterns load resp://127.0.0.1:6379 --rate=5000 --arrivals=poisson --warmup=auto
  patterns load http://127.0.0.1:8080/users --header='accept: text/plain' --depth=16
  patterns load http://127.0.0.1:8080/ --body='{"a":1}' --requests-per-connection=1
  patterns load http://127.0.0.1:8080/clock --protocol=sse   events: delivery time, gaps, resumption
  patterns load ws://127.0.0.1:8080/chat --expect=echo      WebSocket round trips
  patterns load ws://127.0.0.1:8080/chat --publishers=1 --rate=20 -c 101   broadcasts to 100: delivery time
  patterns load unix:/run/echo.sock --protocol=line --expect=echo --json=result.json
  patterns load tcp://127.0.0.1:7000 --find-knee --slo='p99<5ms'
  patterns load tcp://127.0.0.1:7000 --rate=1000 --threshold='p99<5ms' --threshold='errors<0.1%'
  patterns load --calibrate

A target is tcp://host:port, unix:/path, or both with a protocol: resp://host:port,
line+unix:/path; HTTP's go on with a path, over a Unix socket behind a colon:
http+unix:/run/app.sock:/users. An event stream (sse) is asked for once on
each connection, and again with Last-Event-ID when it is lost; an event's delivery time
is counted from the first number of 13 digits in its data or id, ms since 1970, or the
first time such as 2026-11-21T10:20:04.123Z. With
--publishers some connections (ws) send what all others are to hear; what they hear
themselves is not counted. Latencies are counted from when a request was due (response) and
from when it was sent (service); a closed loop has service times only. The verdict
says whose figures they are: SERVER_BOUND, CLIENT_BOUND, NOISY_MACHINE, UNCLEAR.

With --find-knee --json has target, slo, kneePerSecond (0: no rate kept it), missedPerSecond,
limit (server, client, noise, most, least), interrupted, gaveUp, trials and atKnee, the load there.

Exit codes: 0 done, and every threshold kept (requests that fail are counted: limit them
with --threshold='errors<0.1%'); 1 a threshold not kept, no rate that keeps --slo, nothing
answered at all, a server that was gone at the end, a calibration that failed, or ended early
(Ctrl-C still reports); 2 wrong options or nothing there; 130 ended by a second Ctrl-C.`;

/** Formats of a result, by their flags. */
const formats = {
  json: 'one object: see src/load/result.ts for its keys',
  hgrm: "HdrHistogram's percentile distribution, in ms",
  hlog: "HdrHistogram's interval log",
  csv: 'one line for each second',
} as const;
type FormatName = keyof typeof formats;

export function loadCommand(): Command {
  const command = new Command('load')
    .argument('[url]', 'what to load: tcp://host:port, unix:/path, PROTOCOL://host:port')
    .description('Loads a server, measures it, and says how far the figures can be trusted.')
    .addHelpText('after', EXAMPLES);
  for (const option of planFlags()) command.addOption(option);
  for (const option of searchFlags()) command.addOption(option);
  for (const [name, help] of Object.entries(formats)) {
    command.addOption(new Option(`--${name} [file]`, help).helpGroup('Results (text by default):'));
  }
  return command.action(load);
}

function searchFlags(): Option[] {
  return [
    new Option(
      '--threshold <what>',
      "'p99<5ms', 'errors<0.1%': exit code 1 if not kept; may be repeated",
    ).argParser(several),
    new Option('--find-knee', 'find the highest rate that keeps --slo'),
    new Option('--slo <what>', "'p99<5ms'; may be repeated").argParser(several),
    new Option(
      '--calibrate',
      "measure the instrument's own error against a server with scripted stalls",
    ),
  ].map((option) => option.helpGroup('What it must keep:'));
}

/** What goes with one kind of load alone. */
function refuseStrangers(given: Given, outputs: readonly Output[]): void {
  const searches = given.findKnee === true;
  if (given.calibrate === true) {
    const stranger = Object.keys(given).find((name) => name !== 'calibrate' && name !== 'json');
    if (stranger === undefined) return;
    throw new OptionError(
      `--calibrate sets the load itself: leave ${flagOf(stranger)} out, all but --json.`,
    );
  }
  if (searches && given.threshold !== undefined)
    throw new OptionError('--threshold checks one load; --find-knee takes --slo.');
  if (!searches && given.slo !== undefined)
    throw new OptionError('--slo belongs to --find-knee; --threshold checks one load.');
  const format = outputs.find(({ format }) => format !== 'json')?.format;
  if (searches && format !== undefined)
    throw new OptionError(`--${format} is a format of a single load: --find-knee has --json.`);
}

/** 'thinkTime' → '--think-time' */
function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

async function load(url: string | undefined, given: Given): Promise<void> {
  const outputs = readOutputs(given);
  refuseStrangers(given, outputs);
  for (const { file } of outputs) if (file !== undefined) checkFile(file);
  const thresholds = readThresholds(given.threshold);
  const slo = readThresholds(given.slo);
  const view = new LiveView(stderr.stream);
  const ended = new AbortController();
  const stop = listenForStop();
  void stop.first.then(() => ended.abort());
  void stop.second.then(() => process.exit(130));
  const options = { signal: ended.signal, onProgress: view.show.bind(view) };
  try {
    if (given.calibrate === true) {
      await printCalibration(url, outputs, view, options);
      return;
    }
    if (url === undefined)
      throw new OptionError('No target was given: name one, such as tcp://127.0.0.1:7000.');
    const plan = readPlanFlags(url, given);
    if (given.findKnee === true) await printKnee(plan, slo, outputs, view, options);
    else await printLoad(plan, thresholds, outputs, view, options);
  } catch (error) {
    view.clear();
    throw error instanceof OptionError ? inLoadFlags(error) : error;
  }
}

interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: LiveView['show'];
}

async function printLoad(
  plan: LoadPlan,
  thresholds: readonly Threshold[],
  outputs: readonly Output[],
  view: LiveView,
  options: RunOptions,
): Promise<void> {
  const result = await runLoad(plan, options);
  view.clear();
  const checked = thresholds.map((threshold) => checkThreshold(threshold, result));
  const formatters: Readonly<Record<FormatName, () => string>> = {
    json: () => formatJson(result, checked),
    hgrm: () => formatHgrm(result),
    hlog: () => formatHlog(result),
    csv: () => formatCsv(result),
  };
  await write(outputs, formatters, () => formatResult(result, checked));
  const missed = checked.filter(({ passed }) => !passed).map(({ sentence }) => sentence);
  if (missed.length > 0) throw new PatternsError('PATTERNS_THRESHOLD', `${missed.join('; ')}.`);
  if (result.interrupted) throw endedEarly(result.gaveUp);
  if (result.answered === 0) throw new PatternsError('PATTERNS_LOAD', sayNothing(result));
  if (result.serverGoneMs !== null) {
    throw new PatternsError(
      'PATTERNS_LOAD',
      `The server went away: nothing was answered in the last ${formatSeconds(result.serverGoneMs)}.`,
    );
  }
}

/** What was measured has been reported. `why`: null where it was told to end. */
function endedEarly(why: string | null): PatternsError {
  return new PatternsError(
    'PATTERNS_INTERRUPTED',
    why === null ? 'Ended early.' : `Ended early: ${asSentence(why)}`,
  );
}

function sayNothing({ failed, failedTotal, loop, problems, protocol }: LoadResult): string {
  const kinds = Object.entries(failed).filter(([, count]) => count > 0);
  const how = kinds.map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ');
  const why =
    failedTotal > 0 ? `; failed: ${how}` : problems.length > 0 ? `: ${problems[0].problem}` : '';
  const silent = failedTotal === failed.timeout && protocol === 'bytes';
  return `Nothing was ${LOOPS[loop].answered}${asSentence(why)}${silent ? RAW_HINT : ''}`;
}

const RAW_HINT =
  ' An answer in raw bytes (tcp://, unix:) is as many bytes as the request: if the server speaks a protocol, name it (line://, http://).';

async function printKnee(
  plan: LoadPlan,
  slo: readonly Threshold[],
  outputs: readonly Output[],
  view: LiveView,
  options: RunOptions,
): Promise<void> {
  const knee = await findKnee(plan, slo, {
    ...options,
    onTrial: (trial) => {
      view.reset();
      stderr.stream.write(`${formatTrial(trial)}\n`);
    },
  });
  view.clear();
  await write(outputs, { json: () => formatJson(knee) }, () => formatKnee(knee));
  if (knee.interrupted) throw endedEarly(knee.gaveUp);
  if (knee.kneePerSecond === 0) {
    const rates = knee.trials.map(({ rateHz }) => rateHz);
    throw new PatternsError(
      'PATTERNS_THRESHOLD',
      `No rate keeps ${knee.slo.join(', ')}: even ${formatCount(Math.min(...rates))}/s missed it.`,
    );
  }
}

async function printCalibration(
  url: string | undefined,
  outputs: readonly Output[],
  view: LiveView,
  options: RunOptions,
): Promise<void> {
  if (url !== undefined)
    throw new OptionError('--calibrate brings its own server: leave the url out.');
  const calibration = await calibrate({ ...options, onCase: () => view.reset() });
  view.clear();
  await write(outputs, { json: () => formatJson(calibration) }, () =>
    formatCalibration(calibration),
  );
  if (calibration.interrupted) throw endedEarly(null);
  const rows = calibration.cases.flatMap((one) => one.rows);
  const outside = rows.filter(({ judgement }) => judgement === 'OUTSIDE').length;
  if (outside > 0) {
    throw new PatternsError(
      'PATTERNS_CALIBRATION',
      `At ${outside} of ${rows.length} percentiles the truth was outside of the stated bounds.`,
    );
  }
}

interface Output {
  readonly format: FormatName;
  /** Undefined: standard output. */
  readonly file: string | undefined;
}

function readOutputs(given: Given): Output[] {
  const outputs = (Object.keys(formats) as FormatName[])
    .filter((format) => given[format] !== undefined)
    .map((format) => ({
      format,
      file: given[format] === true ? undefined : String(given[format]),
    }));
  const toStdout = outputs
    .filter(({ file }) => file === undefined)
    .map(({ format }) => `--${format}`);
  if (toStdout.length > 1) {
    throw new OptionError(
      `Standard output takes one of ${toStdout.join(', ')}: give the others a file (--csv=out.csv).`,
    );
  }
  return outputs;
}

/** Each output where it belongs; text to standard output, unless that has another format. */
async function write(
  outputs: readonly Output[],
  formatters: Readonly<Partial<Record<FormatName, () => string>>>,
  text: () => string,
): Promise<void> {
  let stdout: string | undefined;
  const unsaved: PatternsError[] = [];
  for (const { file, format } of outputs) {
    const formatted = formatters[format]!();
    if (file === undefined) stdout = formatted;
    else {
      try {
        writeFileSync(file, formatted);
      } catch (error) {
        unsaved.push(new PatternsError('PATTERNS_OUTPUT', sayUnwritable(file, error)));
      }
    }
  }
  await print(stdout ?? text());
  if (unsaved.length > 0) throw unsaved[0]; // what could be written has been
}

/** Before a load that may take its time. @throws OptionError */
function checkFile(file: string): void {
  try {
    if (!existsSync(file)) accessSync(dirname(resolve(file)), constants.W_OK);
    else if (statSync(file).isDirectory()) throw new Error('it is a folder');
    else accessSync(file, constants.W_OK);
  } catch (error) {
    throw new OptionError(sayUnwritable(file, error), { cause: error });
  }
}

function sayUnwritable(file: string, error: unknown): string {
  return `${file} cannot be written: ${(error as Error).message}.`;
}

function readThresholds(given: Given[string]): Threshold[] {
  return Array.isArray(given) ? given.map(parseThreshold) : [];
}
