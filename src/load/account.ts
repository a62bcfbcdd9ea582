/** Where every request went: sent = answered + failed (by kind) + in flight at the end. */

/** The kinds of failure, as in results. */
export const FAILURES = [
  'refused', // nobody listens there
  'connectTimeout', // no connection within connectTimeoutMs
  'reset', // the peer or the network broke the connection
  'closedEarly', // the peer ended the connection before the answer
  'timeout', // no answer within timeoutMs: of the request itself, or of one before it on its connection
  'wrongAnswer', // a whole answer, and not the right one
  'protocolError', // what came is no answer
  'local', // this machine had no port, descriptor or memory left: the fault is the client's
  'badStatus', // HTTP: a whole answer, with a status that does not count
  'missed', // SSE and broadcasts: an event that never came, as the ids of the others tell
] as const;
export type FailureName = (typeof FAILURES)[number];
export type FailureCounts = Readonly<Record<FailureName, number>>;

/** Indices into FAILURES. */
export const Failure = {
  REFUSED: 0,
  CONNECT_TIMEOUT: 1,
  RESET: 2,
  CLOSED_EARLY: 3,
  TIMEOUT: 4,
  WRONG_ANSWER: 5,
  PROTOCOL_ERROR: 6,
  LOCAL: 7,
  BAD_STATUS: 8,
  MISSED: 9,
} as const;
export type Failure = (typeof Failure)[keyof typeof Failure];

export interface Counts {
  readonly sent: number;
  readonly answered: number;
  readonly failed: readonly number[];
}

export class Account {
  sent = 0;
  answered = 0;
  readonly failed: number[] = FAILURES.map(() => 0);

  get failures(): number {
    return this.failed.reduce((sum, count) => sum + count, 0);
  }

  get inFlight(): number {
    return this.sent - this.answered - this.failures;
  }

  counts(): Counts {
    return { sent: this.sent, answered: this.answered, failed: [...this.failed] };
  }

  add({ sent, answered, failed }: Counts): void {
    this.sent += sent;
    this.answered += answered;
    failed.forEach((count, kind) => (this.failed[kind] += count));
  }
}

export function nameFailures(failed: readonly number[]): FailureCounts {
  return Object.fromEntries(FAILURES.map((name, kind) => [name, failed[kind]])) as FailureCounts;
}

const OUT_OF = new Set([
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EPERM',
  'EACCES',
]);

/** The kind of a socket's error. */
export function failureOf(code: string | undefined, connecting: boolean): Failure {
  if (code !== undefined && OUT_OF.has(code)) return Failure.LOCAL;
  if (code === 'ETIMEDOUT') return connecting ? Failure.CONNECT_TIMEOUT : Failure.TIMEOUT;
  return connecting && code !== 'ECONNRESET' ? Failure.REFUSED : Failure.RESET;
}
