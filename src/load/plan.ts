/** What a load is: every option with its default and its limits, read once into a frozen, structured-cloneable object. */
import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import { OptionError } from '../errors.ts';
import { Board } from './board.ts';
import { STAMP_BYTES } from './drivers/broadcast.ts';
import { parseTarget, resolveAddress, type Address } from './target.ts';

/** setTimeout's own limit. */
const MAX_MS = 2 ** 31 - 1;
const MAX = Number.MAX_SAFE_INTEGER;
const DEFAULT_DURATION_MS = 10_000;
const DEFAULT_WARMUP_MS = 1000;

export const LOOPS = ['closed', 'open', 'push', 'broadcast'] as const;
/** Who decides when: the answers, the schedule, the server, or the schedule of those who publish. */
export type LoopName = (typeof LOOPS)[number];

/** What is sent is due at a time: then `response` counts from there. */
export function isScheduled(loop: LoopName): boolean {
  return loop === 'open' || loop === 'broadcast';
}

export const ARRIVALS = ['uniform', 'poisson'] as const;
export type Arrivals = (typeof ARRIVALS)[number];

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
/** Far more than one machine sends over loopback: a million a second is a good one. */
const MOST_RATE_HZ = 10_000_000;
const rate = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(MOST_RATE_HZ));

const stage = v.strictObject({
  /** How long the rate takes to get there, in a straight line. */
  durationMs: whole(1, MAX_MS),
  rateHz: rate,
});
export type Stage = v.InferOutput<typeof stage>;

const schema = v.strictObject({
  /** `tcp://host:port`, `unix:/path`, `PROTOCOL://host:port`, `PROTOCOL+unix:/path`. */
  target: v.pipe(v.string(), v.nonEmpty()),
  /** The protocol's word. Default: what the target says, else 'bytes', where an answer is complete when as many bytes as were sent have come back. */
  protocol: v.optional(v.string()),
  /** HTTP: default GET, or POST where there is a body. */
  method: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** HTTP: header lines by name and value, beside Host, which is the target's unless it is given. */
  headers: v.optional(v.array(v.tuple([v.string(), v.string()]))),
  /** HTTP: the statuses that count as served, '2xx,404' or 'any'; others have failed as `badStatus`. Default '2xx,3xx'. */
  statuses: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** What the protocol's factory takes. */
  protocolOptions: v.optional(v.record(v.string(), v.unknown()), {}),

  /** Worker threads. Default: one less than the cores, 1 to 4, and never more than the connections. */
  threads: v.optional(whole(1, 256)),
  /** Open connections, over all threads. */
  connections: v.optional(whole(1, 100_000), 64),
  /** Requests on their way on one connection. */
  depth: v.optional(whole(1, 65_536), 1),
  /** Closed loop: the pause between an answer and the next request. 0: none. */
  thinkMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_MS)), 0),

  /** Open loop: requests per second, over all threads. Without `rateHz` and `stages` the loop is closed. */
  rateHz: v.optional(v.pipe(rate, v.gtValue(0))),
  /** Open loop: the rate over time, from `rateHz` (default 0) through each stage's. Its length replaces `durationMs`. */
  stages: v.optional(v.pipe(v.array(stage), v.minLength(1))),
  /**
   * WebSocket: so many of the connections publish, at `rateHz` in all or by `stages`, what the others are to hear. Each
   * message says when it was due, and delivery is timed at each that listens.
   */
  publishers: v.optional(whole(1, 1000)),
  arrivals: v.optional(v.picklist(ARRIVALS), 'uniform'),
  /** Open loop: so many requests are due at the same time, and the next ones so many times later. */
  burst: v.optional(whole(1, 10_000), 1),
  /** Of the Poisson arrivals, and what a payload module makes of it. */
  seed: v.optional(whole(0, 2 ** 32 - 1), 1),

  /** The message sent: bytes, text or JSON, as the protocol has it; HTTP's body. */
  payloadText: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** Size of the message sent, without framing. Default 64. */
  payloadBytes: v.optional(whole(1, 64 * 1024 * 1024)),
  /** The message sent, from a file: bytes, text or JSON, as the protocol has it. */
  payloadFile: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** URL or path of a module that makes requests and may check answers: see payload.ts. */
  payloadModule: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** 'echo': an answer must equal its request. Default: any whole answer will do. */
  expect: v.optional(v.picklist(['echo'])),

  /** A connection is closed after so many requests, and another one opened. Default: never. */
  requestsPerConnection: v.optional(whole(1, MAX)),
  /** A connection is closed when it is so old. Default: never. */
  connectionLifetimeMs: v.optional(whole(1, MAX_MS)),

  /** How long is measured. Default 10 s, or until `count`. */
  durationMs: v.optional(whole(1, MAX_MS)),
  /** Requests to measure, over all threads. Closed loop: `durationMs` may end them sooner. */
  count: v.optional(whole(1, MAX)),
  /** Sent before, and not measured. 'auto': until the rate and the median are steady, at most 30 s. Default 1 s. */
  warmupMs: v.optional(v.union([whole(0, MAX_MS), v.literal('auto')]), DEFAULT_WARMUP_MS),
  /** A request without an answer for so long has failed, and its connection with it. */
  timeoutMs: v.optional(whole(1, MAX_MS), 10_000),
  connectTimeoutMs: v.optional(whole(1, MAX_MS), 5000),
  /**
   * How long after the end answers are still waited for, and requests sent that were due before it. By default what is due
   * is sent for 1 s, and answers are waited for until each request has its own or has failed by `timeoutMs`; broadcasts
   * for 1 s.
   */
  drainMs: v.optional(whole(0, MAX_MS)),
  /** How often counts and histograms are collected, for the live view and `--hlog`. */
  intervalMs: v.optional(whole(100, 60_000), 1000),
});

export type LoadPlan = v.InferInput<typeof schema>;

export interface Plan extends Omit<v.InferOutput<typeof schema>, 'target' | 'protocol'> {
  readonly target: string;
  readonly protocol: string;
  readonly address: Address;
  readonly path: string | undefined;
  readonly host: string | undefined;
  readonly threads: number;
  readonly loop: LoopName;
  /** Of a broadcast: what its threads tell each other (board.ts). */
  readonly board: SharedArrayBuffer | undefined;
  /** Infinity where `count` alone ends it. */
  readonly durationMs: number;
}

/**
 * @throws OptionError that says what was given and what is allowed.
 */
export async function readPlan(input: LoadPlan): Promise<Readonly<Plan>> {
  const parsed = v.safeParse(schema, input);
  if (!parsed.success) throw new OptionError(explain(parsed.issues[0]));
  const given = parsed.output;
  const { url, protocol, address, path, host } = parseTarget(given.target, given.protocol);
  const loop = loopOf(given, protocol);
  refuseContradictions(given, loop);
  refuseStrangers(given, protocol);
  const { connections, publishers = 1 } = given;
  const threads = given.threads ?? Math.min(4, Math.max(1, availableParallelism() - 1));
  return Object.freeze({
    ...given,
    target: url,
    protocol,
    address: await resolveAddress(address),
    path,
    host,
    loop,
    board: loop === 'broadcast' ? Board.make(publishers) : undefined,
    // Who publishes has room in one thread.
    threads: Math.min(threads, Math.floor(connections / publishers)),
    durationMs: durationOf(given),
  });
}

function loopOf(given: v.InferOutput<typeof schema>, protocol: string): LoopName {
  if (protocol === 'sse') return 'push';
  if (given.publishers !== undefined) return 'broadcast';
  return given.rateHz !== undefined || given.stages !== undefined ? 'open' : 'closed';
}

function durationOf(given: v.InferOutput<typeof schema>): number {
  if (given.stages !== undefined)
    return given.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return given.durationMs ?? (given.count === undefined ? DEFAULT_DURATION_MS : Infinity);
}

function refuseContradictions(given: v.InferOutput<typeof schema>, loop: Plan['loop']): void {
  const payloads = (
    ['payloadText', 'payloadBytes', 'payloadFile', 'payloadModule'] as const
  ).filter((name) => given[name] !== undefined);
  if (payloads.length > 1) throw new OptionError(`Give ${payloads.join(' or ')}, not both.`);
  if (loop === 'open' && given.thinkMs > 0) {
    throw new OptionError(
      'thinkMs belongs to the closed loop, and rateHz and stages to the open one.',
    );
  }
  if (loop === 'closed' && given.arrivals !== 'uniform') {
    throw new OptionError('arrivals belong to the open loop: give rateHz or stages.');
  }
  if (loop === 'closed' && given.burst > 1) {
    throw new OptionError('burst belongs to the open loop: give rateHz or stages.');
  }
  if (given.stages !== undefined && given.durationMs !== undefined) {
    throw new OptionError('stages say how long the load takes: leave durationMs out.');
  }
  if (given.stages?.every(({ rateHz }) => rateHz === 0) === true && (given.rateHz ?? 0) === 0) {
    throw new OptionError('No stage has a rate above 0.');
  }
}

/** Options of other protocols than the target's. */
function refuseStrangers(given: v.InferOutput<typeof schema>, protocol: string): void {
  if (given.publishers !== undefined) refuseOfBroadcast(given, given.publishers, protocol);
  if (protocol === 'sse') refuseRequests(given);
  else if (protocol !== 'http') {
    const name = (['method', 'headers', 'statuses'] as const).find(
      (name) => given[name] !== undefined,
    );
    if (name !== undefined) {
      throw new OptionError(`${name} belongs to http, and ${given.target} is ${protocol}.`);
    }
  }
  const closes = given.headers?.some(
    ([name, value]) => /^connection$/i.test(name) && /\bclose\b/i.test(value),
  );
  if (closes === true && given.depth > 1) {
    throw new OptionError(
      `depth is ${given.depth}; it must be 1 where each request asks for the connection's end.`,
    );
  }
}

/** What belongs to requests that are answered, and what a broadcast lacks. */
function refuseOfBroadcast(
  given: v.InferOutput<typeof schema>,
  publishers: number,
  protocol: string,
): void {
  if (protocol !== 'ws') {
    throw new OptionError(`publishers belongs to ws, and ${given.target} is ${protocol}.`);
  }
  if (given.rateHz === undefined && given.stages === undefined) {
    throw new OptionError('publishers send on a schedule: give rateHz or stages.');
  }
  if (publishers >= given.connections) {
    throw new OptionError(
      `publishers is ${publishers} of ${plural(given.connections, 'connection')}; it must be less, for somebody to listen.`,
    );
  }
  const name = (
    [
      'payloadText',
      'payloadFile',
      'payloadModule',
      'expect',
      'requestsPerConnection',
      'connectionLifetimeMs',
    ] as const
  ).find((name) => given[name] !== undefined);
  if (name !== undefined) {
    throw new OptionError(`${name} does not go with publishers: ${NO_ANSWER}.`);
  }
  if (given.depth > 1 || given.thinkMs > 0) {
    throw new OptionError(`depth and thinkMs do not go with publishers: ${NO_ANSWER}.`);
  }
  if (given.payloadBytes !== undefined && given.payloadBytes < STAMP_BYTES) {
    throw new OptionError(
      `payloadBytes is ${given.payloadBytes}; with publishers it must be ${STAMP_BYTES} or more, since each message says when it was due.`,
    );
  }
}

const NO_ANSWER = 'its messages are made by the load itself, and heard by connections that stay';

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** What belongs to requests, and not to a stream that the server sends by itself. */
function refuseRequests(given: v.InferOutput<typeof schema>): void {
  const name = (
    [
      'rateHz',
      'stages',
      'payloadBytes',
      'payloadModule',
      'expect',
      'statuses',
      'requestsPerConnection',
    ] as const
  ).find((name) => given[name] !== undefined);
  if (name !== undefined) {
    throw new OptionError(`${name} belongs to requests, and an event stream is asked for once.`);
  }
  if (given.depth > 1 || given.thinkMs > 0) {
    throw new OptionError(
      'depth and thinkMs belong to requests, and an event stream is asked for once.',
    );
  }
}

function explain(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map((item) => String(item.key)).join('.') ?? 'The plan';
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return `There is no option ${path}.`;
  const given = typeof issue.input === 'string' ? JSON.stringify(issue.input) : String(issue.input);
  return `${path} is ${given}; it must be ${requirement(issue)}.`;
}

function requirement(issue: v.BaseIssue<unknown>): string {
  const bound = String(issue.requirement);
  switch (issue.type) {
    case 'integer':
      return 'a whole number';
    case 'min_value':
      return `${bound} or more`;
    case 'max_value':
      return issue.path?.at(-1)?.key === 'rateHz'
        ? `${bound} requests per second or less: one machine cannot send more`
        : `${bound} or less`;
    case 'gt_value':
      return `more than ${bound}`;
    case 'non_empty':
    case 'min_length':
      return 'not empty';
    default:
      return (
        issue.expected?.replaceAll('"', '').replaceAll(/[()]/g, '').replaceAll(' | ', ' or ') ??
        'valid'
      );
  }
}

/** What part number `index` of `parts` gets of `total`, where the parts are to be whole and as equal as can be. */
export function shareOf(total: number, parts: number, index: number): number {
  return Math.floor((total * (index + 1)) / parts) - Math.floor((total * index) / parts);
}
