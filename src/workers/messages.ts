/** What the main loop and its workers say to each other. */
import type { Address } from '../net/listener.ts';
import type { Counters } from '../net/loop.ts';
import type { BusToMain, BusToWorker } from './bus.ts';
import type { HandlerErrorNote } from './error-relay.ts';

/** An error that crossed a thread or process. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly modes?: readonly string[];
}

export type ToWorker =
  | { readonly type: 'stats'; readonly request: number }
  | { readonly type: 'drain' }
  | { readonly type: 'bus'; readonly body: BusToWorker }
  /** A mode's own. */
  | { readonly type: 'mode'; readonly body: unknown };

export type ToMain =
  | {
      readonly type: 'ready';
      readonly address: Address | undefined;
      readonly threadId: number | undefined;
    }
  | { readonly type: 'failed'; readonly error: PackedError }
  /** A process dies of an error that nobody caught (of a thread its parent is told by Node). */
  | { readonly type: 'crashed'; readonly error: PackedError }
  | { readonly type: 'stats'; readonly request: number; readonly stats: Counters }
  | { readonly type: 'drained' }
  | { readonly type: 'bus'; readonly body: BusToMain }
  | HandlerErrorNote
  | { readonly type: 'mode'; readonly body: unknown };

/** A worker's way to its mode's main half. */
export interface WorkerPort {
  post(body: unknown): void;
}

/** The error again, of the class Error. */
export function reviveError({ name, message, code, stack }: PackedError): Error {
  const error = Object.assign(new Error(message), { name });
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const { code, modes } = error as { code?: unknown; modes?: readonly string[] };
  return { name, message, stack, code: typeof code === 'string' ? code : undefined, modes };
}
