/** What is sent and what must come back, whatever the driver: a message of a size, from a file, or by a module. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { asSentence, OptionError } from '../errors.ts';
import type { HttpRequestInit } from '../protocols/http1/request.ts';

const DEFAULT_PAYLOAD_BYTES = 64;
/** Longer messages are not repeated in an error. */
const MOST_HINT_CHARS = 80;

/** What a payload module's default export is. One instance serves each thread. */
export interface LoadModule {
  /** Once per thread, before the first request. `seed` is the plan's. */
  start?(context: { readonly seed: number; readonly thread: number }): void | Promise<void>;
  /**
   * The message of request `sequence`: measured ones count from 0 over all threads, those of the warm-up from -1 downwards.
   * It is sent at once, and so is no promise. Where it throws the load ends, with what was measured until then.
   */
  request(sequence: number): unknown;
  /**
   * Whether the answer is right; a string says what is wrong with it. Without it any whole answer will do. Where it throws,
   * the answer is a wrong one.
   */
  check?(answer: unknown, request: unknown, sequence: number): boolean | string;
}

/** What a driver sends and expects. */
export interface Work {
  /** The one message of every request; undefined where `messageAt` makes each. */
  readonly constant: unknown;
  messageAt(sequence: number): unknown;
  /** Undefined: right. Else a sentence. Missing where any whole answer is right. */
  readonly check:
    | ((answer: unknown, request: unknown, sequence: number) => string | undefined)
    | undefined;
  /** `check` is that of `expect: 'echo'`: the answer equals the request. */
  readonly expectEcho: boolean;
  /** HTTP: which statuses count as served (drivers/http.ts). */
  readonly statuses?: string | undefined;
}

/** How a protocol's messages are made from what the user gives, and read. */
interface Words {
  /** Without a size: what is usual. */
  readonly ofSize: (bytes: number | undefined, plan: PayloadPlan) => unknown;
  readonly ofFile: (content: Buffer, plan: PayloadPlan) => unknown;
  /** A module's request, with what the plan says of all of them. Default: as it is. */
  readonly complete?: (request: unknown, plan: PayloadPlan) => unknown;
  /** Default: deep equality. */
  readonly echoes?: (answer: unknown, request: unknown) => boolean;
  /** An answer within the protocol that says no. */
  readonly refusal?: (answer: unknown) => string | undefined;
}

const rawBytes: Words = {
  ofSize: (bytes = DEFAULT_PAYLOAD_BYTES) => Buffer.alloc(bytes, 'x'),
  ofFile: (content) => content,
};
const text: Words = {
  ofSize: (bytes = DEFAULT_PAYLOAD_BYTES) => 'x'.repeat(bytes),
  ofFile: (content) => content.toString().replace(/\r?\n$/, ''),
};
const json: Words = {
  ofSize: (bytes = DEFAULT_PAYLOAD_BYTES) => 'x'.repeat(bytes),
  ofFile: (content) =>
    parseJson(content, (given) => `it must be JSON, and text has its quotes: ${given}`),
};

/** @throws Error with a hint made of what was given, as JSON */
function parseJson(content: Buffer, hint: (given: string) => string, asGiven = asText): unknown {
  const given = content.toString();
  try {
    return JSON.parse(given) as unknown;
  } catch (error) {
    const short = given.length > MOST_HINT_CHARS ? 'PING' : given.trim();
    throw new Error(hint(`'${JSON.stringify(asGiven(short))}'`), { cause: error });
  }
}

const asText = (given: string): unknown => given;
const asCommand = (given: string): unknown => given.split(/\s+/);

const words: Readonly<Record<string, Words>> = {
  bytes: rawBytes,
  'length-prefix': rawBytes,
  line: text,
  ws: text,
  'json-lines': json,
  msgpack: json,
  resp: {
    ofSize: (bytes = DEFAULT_PAYLOAD_BYTES) => ['ECHO', 'x'.repeat(bytes)],
    ofFile: (content) =>
      parseJson(content, (given) => `a command is a JSON list, such as ${given}`, asCommand),
    echoes: (answer, request) =>
      isDeepStrictEqual(answer, request) ||
      isDeepStrictEqual(answer, (request as unknown[]).at(-1)),
    refusal: (answer) =>
      typeof answer === 'object' && answer !== null && 'error' in answer
        ? `the server answered with the error ${String(answer.error)}`
        : undefined,
  },
  http: {
    ofSize: (bytes, plan) => httpRequest(plan, bytes === undefined ? undefined : 'x'.repeat(bytes)),
    ofFile: (content, plan) => httpRequest(plan, content),
    echoes: (answer, request) =>
      Buffer.from((request as { body?: string | Buffer }).body ?? '').equals(
        (answer as { body: Buffer }).body,
      ),
    complete: (request, plan) => completed(request as HttpRequestInit, plan),
  },
  sse: {
    ofSize: (_bytes, plan) => completed(ASKING, plan),
    ofFile: (content, plan) => completed({ ...ASKING, body: content }, plan),
  },
};

/** As EventSource asks (WHATWG HTML, 9.2.2). */
const ASKING: HttpRequestInit = {
  headers: [
    ['accept', 'text/event-stream'],
    ['cache-control', 'no-store'],
  ],
};

/** A GET, or a POST where there is something to send, unless a method is given. */
function httpRequest(plan: PayloadPlan, body: string | Buffer | undefined): HttpRequestInit {
  return completed(body === undefined ? {} : { body }, plan);
}

/** What the plan says goes for whatever the request leaves open. */
function completed(request: HttpRequestInit, plan: PayloadPlan): HttpRequestInit {
  if (typeof request !== 'object' || request === null) return request; // the encoder says what is wrong
  const { headers: own = {}, ...rest } = request;
  const lines = (
    Symbol.iterator in own
      ? [...own]
      : Object.entries(own).flatMap(([name, value]) => [value].flat().map((one) => [name, one]))
  ) as Array<readonly [string, string]>;
  const names = new Set(lines.map(([name]) => name.toLowerCase()));
  const usual: Array<readonly [string, string]> = [...(plan.headers ?? [])];
  if (!usual.some(([name]) => name.toLowerCase() === 'host')) {
    usual.unshift(['host', plan.host ?? 'localhost']);
  }
  return {
    target: plan.path ?? '/',
    method: plan.method ?? (request.body === undefined ? 'GET' : 'POST'),
    ...rest,
    headers: [...usual.filter(([name]) => !names.has(name.toLowerCase())), ...lines],
  };
}

export interface PayloadPlan {
  readonly protocol: string;
  /** Of the target: what HTTP and WebSocket ask for, and of whom. */
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  readonly method?: string | undefined;
  readonly headers?: ReadonlyArray<readonly [string, string]> | undefined;
  readonly statuses?: string | undefined;
  readonly payloadText?: string | undefined;
  readonly payloadBytes?: number | undefined;
  readonly payloadFile?: string | undefined;
  readonly payloadModule?: string | undefined;
  readonly expect?: 'echo' | undefined;
  readonly seed: number;
}

/** @throws OptionError where the file or the module cannot be used. */
export async function readWork(plan: PayloadPlan, thread: number): Promise<Work> {
  const vocabulary = words[plan.protocol] ?? json;
  if (plan.payloadModule !== undefined)
    return moduleWork(plan, plan.payloadModule, thread, vocabulary);
  const constant = readConstant(plan, vocabulary);
  return {
    constant,
    messageAt: () => constant,
    check: checker(plan, vocabulary, undefined),
    expectEcho: plan.expect === 'echo',
    statuses: plan.statuses,
  };
}

function readConstant(plan: PayloadPlan, vocabulary: Words): unknown {
  const { payloadBytes, payloadFile, payloadText } = plan;
  if (payloadText !== undefined) {
    return read(plan, 'payloadText', Buffer.from(payloadText), vocabulary);
  }
  if (payloadFile !== undefined) return readFile(plan, payloadFile, vocabulary);
  return vocabulary.ofSize(payloadBytes, plan);
}

function readFile(plan: PayloadPlan, path: string, vocabulary: Words): unknown {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new OptionError(`The payload ${path} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (content.length === 0) throw new OptionError(`The payload ${path} is empty.`);
  return read(plan, `The payload ${path}`, content, vocabulary);
}

/** `what` begins the sentence. */
function read(plan: PayloadPlan, what: string, content: Buffer, vocabulary: Words): unknown {
  try {
    return vocabulary.ofFile(content, plan);
  } catch (error) {
    const why = asSentence((error as Error).message);
    throw new OptionError(`${what} is not what the protocol sends: ${why}`, { cause: error });
  }
}

async function moduleWork(
  plan: PayloadPlan,
  name: string,
  thread: number,
  vocabulary: Words,
): Promise<Work> {
  const url = /^[a-z]+:/i.test(name) ? name : pathToFileURL(resolve(name)).href;
  let loaded: { default?: Partial<LoadModule> };
  try {
    loaded = (await import(url)) as typeof loaded;
  } catch (error) {
    throw new OptionError(
      `The payload module ${name} does not load: ${asSentence((error as Error).message)}`,
      { cause: error },
    );
  }
  const module = loaded.default;
  if (typeof module?.request !== 'function') {
    throw new OptionError(
      `The payload module ${name} has no default export with a request(sequence) function.`,
    );
  }
  const load = module as LoadModule;
  const { complete } = vocabulary;
  const request = requester(load, name);
  try {
    await load.start?.({ seed: plan.seed, thread });
  } catch (error) {
    throw threw(name, 'start()', error);
  }
  return {
    constant: undefined,
    messageAt: complete === undefined ? request : (sequence) => complete(request(sequence), plan),
    check: checker(plan, vocabulary, load),
    expectEcho: plan.expect === 'echo',
    statuses: plan.statuses,
  };
}

/** A request that could not be made or encoded, in a sentence that names its module, if one made it. */
export function blameModule(name: string | undefined, sequence: number, error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (name === undefined || cause instanceof OptionError) return cause;
  return new OptionError(
    `The payload module ${name} made a request(${sequence}) that cannot be sent: ${asSentence(cause.message)}`,
    { cause },
  );
}

function requester(load: LoadModule, name: string): (sequence: number) => unknown {
  return (sequence) => {
    let message: unknown;
    try {
      message = load.request(sequence);
    } catch (error) {
      throw threw(name, `request(${sequence})`, error);
    }
    if (!(message instanceof Promise)) return message;
    message.catch(() => undefined);
    throw new OptionError(
      `The payload module ${name} gave a promise at request(${sequence}); it must give the message itself: what takes time belongs in start().`,
    );
  };
}

function threw(name: string, where: string, error: unknown): OptionError {
  return new OptionError(`The payload module ${name} threw at ${where}: ${said(error)}`, {
    cause: error,
  });
}

function said(error: unknown): string {
  return asSentence(error instanceof Error ? error.message : String(error));
}

function checker(
  plan: PayloadPlan,
  vocabulary: Words,
  module: LoadModule | undefined,
): Work['check'] {
  const { refusal, echoes = isDeepStrictEqual } = vocabulary;
  const echo = plan.expect === 'echo';
  const own = module?.check?.bind(module);
  if (refusal === undefined && !echo && own === undefined) return undefined;
  return (answer, request, sequence) => {
    const refused = refusal?.(answer);
    if (refused !== undefined) return refused;
    if (echo && !echoes(answer, request)) return 'the answer is not what was sent';
    return own === undefined ? undefined : ownVerdict(() => own(answer, request, sequence));
  };
}

function ownVerdict(check: () => unknown): string | undefined {
  let verdict: unknown;
  try {
    verdict = check() ?? true;
  } catch (error) {
    return `the check of the payload module threw: ${said(error).replace(/\.$/, '')}`;
  }
  if (verdict === true) return undefined;
  if (typeof verdict === 'string') return verdict;
  if (!(verdict instanceof Promise)) return 'the check of the payload module refused the answer';
  verdict.catch(() => undefined);
  return 'the check of the payload module gave a promise; it must give true, false or a string';
}
