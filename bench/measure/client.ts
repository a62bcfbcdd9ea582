/**
 * A load client: a fresh process for each run. It says when its window begins, behind the warm-up, and when it ends, so
 * that the server's CPU time is taken over just that window; then it gives its result. A line of JSON for each.
 */
import { killGroup, startChild } from './children.ts';
import { pinned } from './server.ts';

const KEPT_BYTES = 1024 * 1024;

/** A client ends with this code for a load that cannot be, whatever the server. */
export const REFUSED = 2;

/** The message is the client's own sentence. */
export class ClientRefusal extends Error {}

/** What a client says of its window. */
export interface LoadResult {
  /** Answered messages; of a client that churns, connections; of one that idles, those open. */
  readonly messages: number;
  readonly seconds: number;
  readonly errors: number;
  /** Closed loop: service time. Open loop: from the intended send. Percentiles that a client does not say are missing. */
  readonly latencyMs?: Readonly<Record<'p50' | 'p99' | 'p999' | 'max', number>> &
    Readonly<Partial<Record<'p90' | 'p95', number>>>;
  /** Whatever else is worth keeping in the results. */
  readonly detail?: unknown;
}

export interface ClientCommand {
  readonly command: string;
  args(server: { host: string; port: number }): readonly string[];
  /** No run takes longer; then the client is killed, and the run fails. */
  readonly limitMs: number;
}

/** What a client prints, in this order. */
export type Mark =
  | { readonly mark: 'begin' }
  | { readonly mark: 'end' }
  | { readonly mark: 'result'; readonly result: LoadResult };

export interface Hooks {
  /** The window begins. `pid` is the client's. */
  begin(pid: number): void;
  /** The window has ended; the client may still be there. */
  end(pid: number): void;
}

/** Runs it to its end. Rejects with its last words if it fails. */
export async function runClient(
  client: ClientCommand,
  server: { host: string; port: number },
  hooks: Hooks,
  options: { readonly cores?: readonly number[]; readonly signal?: AbortSignal } = {},
): Promise<LoadResult> {
  const [command, args] = pinned(options.cores, client.command, client.args(server));
  const child = startChild(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => killGroup(child);
  options.signal?.addEventListener('abort', kill);
  let output = '';
  let errors = '';
  let result: LoadResult | undefined;
  const timer = setTimeout(() => {
    errors += `killed after ${client.limitMs} ms.`;
    kill();
  }, client.limitMs);
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-KEPT_BYTES);
  });
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-KEPT_BYTES);
    const lines = output.split('\n');
    output = lines.pop()!;
    for (const line of lines) {
      const mark = JSON.parse(line) as Mark;
      if (mark.mark === 'result') result = mark.result;
      else hooks[mark.mark](child.pid!);
    }
  });
  const code = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => {
      errors += error.message;
      resolve(null);
    });
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', kill);
  options.signal?.throwIfAborted();
  if (code !== 0 || result === undefined) {
    if (code === REFUSED) throw new ClientRefusal(errors.trim());
    throw new Error(`The client ended with ${code}: ${errors.trim().slice(-2000)}`);
  }
  return result;
}
