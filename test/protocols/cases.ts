/** The protocols under test: one line each, with what is asked of it. Its cases are in the file of its name. */
import type { Buffer } from 'node:buffer';
import type fc from 'fast-check';
import type { ProtocolErrorCode } from '../../src/errors.ts';
import { bytesCases } from './bytes.ts';
import { jsonLinesCases } from './json-lines.ts';
import { lengthPrefixCases } from './length-prefix.ts';
import { lineCases } from './line.ts';
import { msgpackCases } from './msgpack.ts';
import { respCases } from './resp.ts';

export interface Vector {
  readonly bytes: Buffer;
  readonly values: readonly unknown[];
  /** Why encoding the values does not give the bytes back. */
  readonly oneWay?: string;
}

export interface Hostile {
  readonly what: string;
  readonly bytes: Buffer;
  readonly code: ProtocolErrorCode;
  /** What the failure's sentence says. */
  readonly says: RegExp | string;
  readonly reply?: string;
}

/** One side: what it decodes, and what the other side encodes. */
export interface Side {
  readonly vectors: readonly Vector[];
  readonly hostile: readonly Hostile[];
  readonly any: fc.Arbitrary<unknown>;
  /** What arrives where `any` was sent. Default: an equal value. */
  readonly arrives?: (sent: unknown) => unknown;
  /** Values that cannot be sent, and what the TypeError says. */
  readonly refused: ReadonlyArray<readonly [unknown, RegExp]>;
}

export interface Case {
  readonly protocol: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Why messages do not keep their boundaries. */
  readonly unbounded?: string;
  readonly server: Side;
  readonly client: Side;
}

export const CASES: readonly Case[] = [
  ...bytesCases,
  ...lineCases,
  ...lengthPrefixCases,
  ...msgpackCases,
  ...jsonLinesCases,
  ...respCases,
];
