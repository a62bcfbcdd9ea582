/**
 * The log: pino's, to standard error; for people on a terminal, in JSON lines elsewhere. It never blocks on a reader
 * that sleeps and never fails: lines that cannot be written are dropped and counted (output.ts), and the count is told
 * when writing works again.
 */
import { pino, type Logger } from 'pino';
import { stderr } from './output.ts';

export type { Logger } from 'pino';

/** Bytes that may wait for a reader of standard error; past them lines are dropped. */
const MOST_WAITING_BYTES = 1024 * 1024;

export async function makeLog(level: string): Promise<Logger> {
  const format = stderr.stream.isTTY ? await prettyFormat() : (line: string) => line;
  let toldLost = 0;
  const log = pino(
    { level, serializers: { err: describeError } },
    {
      write(line: string) {
        if (stderr.stream.writableLength > MOST_WAITING_BYTES) {
          stderr.lost += 1;
          return;
        }
        if (stderr.failing === undefined && stderr.lost > toldLost) {
          const lost = stderr.lost - toldLost;
          toldLost = stderr.lost;
          log.warn(
            { lost },
            `${lost === 1 ? '1 write' : `${lost} writes`} to standard error got lost`,
          );
        }
        stderr.stream.write(format(line));
      },
    },
  );
  return log;
}

/** `stats` is for programs. */
async function prettyFormat(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  return prettyFactory({
    colorize: process.env.NO_COLOR === undefined || process.env.NO_COLOR === '',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,stats',
    singleLine: true,
  });
}

/** An error, also one that came from another thread or process and lost its class. */
function describeError(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  const { name, message, code, stack } = error as NodeJS.ErrnoException;
  return { type: name, message, code, stack };
}
