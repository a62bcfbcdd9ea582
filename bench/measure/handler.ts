/** What a handler's module says of itself. It is imported in a process of its own: it is the user's code. */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { nodeArgs, programOf } from '../servers.ts';
import { endWithUs } from './children.ts';

const LIMIT_MS = 30_000;

export interface HandlerWords {
  /** The protocol's name; undefined where it brings none. */
  readonly protocol?: string;
  /** It takes the socket itself. */
  readonly socket?: boolean;
  /** Why it is no handler, in a sentence. */
  readonly problem?: string;
}

export async function describeHandler(path: string): Promise<HandlerWords> {
  const words = [...nodeArgs, programOf('measure/describe'), pathToFileURL(path).href];
  try {
    const told = promisify(execFile)(process.execPath, words, {
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    endWithUs(told.child);
    const { stdout } = await told;
    return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1)) as HandlerWords;
  } catch (error) {
    const { killed, message } = error as Error & { killed?: boolean };
    const why = killed === true ? `it took more than ${LIMIT_MS / 1000} s` : message.split('\n')[0];
    return { problem: `the module does not load: ${why}.` };
  }
}
