/**
 * Standard output and standard error that cannot end the process: what a closed pipe, a full disk or a reader that
 * sleeps does not take is dropped and counted.
 */
import { PatternsError } from '../errors.ts';

type Done = (error?: Error | null) => void;
interface Chunk {
  chunk: Buffer | string;
  encoding: BufferEncoding;
}
interface Raw {
  _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void;
  _writev?(chunks: Chunk[], done: Done): void;
}

export interface Guarded {
  readonly stream: NodeJS.WriteStream;
  /** Writes that failed. */
  lost: number;
  /** What the last write failed with; undefined if it did not. */
  failing: NodeJS.ErrnoException | undefined;
}

/**
 * Errors are caught below the stream: an 'error' event would end a process without a listener, and with one it still
 * detaches what is piped into the stream, which is how the output of worker threads comes.
 */
function guard(stream: NodeJS.WriteStream): Guarded {
  const guarded: Guarded = { stream, lost: 0, failing: undefined };
  const raw = stream as unknown as Raw;
  const noting = (done: Done): Done => {
    return (error) => {
      guarded.failing = error ?? undefined;
      if (error) guarded.lost += 1;
      done();
    };
  };
  const write = raw._write.bind(raw);
  raw._write = (chunk, encoding, done) => write(chunk, encoding, noting(done));
  const writev = raw._writev?.bind(raw);
  if (writev !== undefined) raw._writev = (chunks, done) => writev(chunks, noting(done));
  return guarded;
}

export const stdout = guard(process.stdout);
export const stderr = guard(process.stderr);

/** Writes a command's result. A reader that had enough is no error; a full disk is. */
export async function print(text: string): Promise<void> {
  const code = await put(text);
  if (code !== undefined && code !== 'EPIPE')
    throw new PatternsError('PATTERNS_OUTPUT', `Standard output cannot be written: ${code}.`);
}

/** Resolves to the code of the error, if there is one. */
async function put(text: string): Promise<string | undefined> {
  await new Promise<void>((resolve) => {
    stdout.stream.write(text, () => resolve());
  });
  return stdout.failing?.code;
}

/**
 * From now on whatever a program prints goes to standard error; the line that others wait for is written by what this
 * returns. (console, `process.stdout.write` and the output that Node brings from threads all ask for `process.stdout`.)
 */
export function claimStdout(): (line: string) => Promise<string | undefined> {
  Object.defineProperty(process, 'stdout', { ...describe(process.stderr), configurable: true });
  return (line) => put(`${line}\n`);
}

function describe(value: NodeJS.WriteStream): PropertyDescriptor {
  return { value, enumerable: true, writable: true };
}

const FLUSH_MS = 500;

/** Lets a slow reader of standard error take what is waiting, for a while. */
export async function flush(): Promise<void> {
  if (stderr.stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, FLUSH_MS);
    stderr.stream.write('', () => resolve());
  });
}
