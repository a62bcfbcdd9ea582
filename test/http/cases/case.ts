/**
 * The table of cases, written from the RFCs: bytes of a client's, and what is heard in them. Each is heard in every way
 * by the decoders (decoder.test.ts) and over a socket in every mode (wire.test.ts).
 */
import type { HttpOptions } from '../../../src/protocols/http1/http.ts';
import type { PlainRequest } from '../support.ts';

export interface Case {
  readonly what: string;
  readonly text: string;
  readonly options: HttpOptions;
  /** Requests that are heard, in order. */
  readonly heard: readonly PlainRequest[];
  /** The status that the rest is refused with; 0: nothing is refused. */
  readonly status: number;
  /** What the refusal's sentence says. */
  readonly says: RegExp;
}

/** Small limits, shared by the cases that try them: a server for each set of options would take its time. */
export const TIGHT: HttpOptions = Object.freeze({
  targetLimitBytes: 64,
  headerLimit: 3,
  headLimitBytes: 200,
  bodyLimitBytes: 64,
  chunkLineLimitBytes: 8,
});

/** Where an area's file puts its cases. */
export class Area {
  readonly name: string;
  readonly cases: Case[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** What must be refused, with which status, and what the sentence says. */
  readonly refuses = (
    what: string,
    text: string,
    status: number,
    says: RegExp = /./,
    options: HttpOptions = {},
  ): void => {
    this.cases.push({ what: `refuses ${what}`, text, options, heard: [], status, says });
  };

  /** What must be taken. The defaults are those of `GET / HTTP/1.1` with `Host: a`. */
  readonly takes = (
    what: string,
    text: string,
    expected: Partial<PlainRequest> | ReadonlyArray<Partial<PlainRequest>>,
    options: HttpOptions = {},
  ): void => {
    const list = Array.isArray(expected) ? expected : [expected];
    const heard = list.map((each: Partial<PlainRequest>) => Object.assign(plain(), each));
    this.cases.push({ what: `takes ${what}`, text, options, heard, status: 0, says: /^$/ });
  };
}

const plain = (): PlainRequest => ({
  method: 'GET',
  target: '/',
  minorVersion: 1,
  keepAlive: true,
  upgrade: false,
  headers: [['host', 'a']],
  body: '',
  trailers: [],
});
