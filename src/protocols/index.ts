/** The protocols by their words on the command line. Adding one is writing its file and a line here. */
import { OptionError } from '../errors.ts';
import { bytes } from './bytes.ts';
import { http } from './http1/http.ts';
import { jsonLines } from './json-lines.ts';
import { lengthPrefix } from './length-prefix.ts';
import { line } from './line.ts';
import { msgpack } from './msgpack.ts';
import type { Protocol } from './protocol.ts';
import { resp } from './resp.ts';

export const protocols = {
  bytes,
  line,
  'length-prefix': lengthPrefix,
  msgpack,
  'json-lines': jsonLines,
  resp,
  http,
} as const;

export type ProtocolName = keyof typeof protocols;

export const protocolNames = Object.freeze(Object.keys(protocols)) as readonly ProtocolName[];

/**
 * The protocol with that name. `protocol.name` and `protocol.options` build an equal one, in another thread too.
 *
 * @throws OptionError for a name that is none, and for options that the protocol does not take.
 */
export function makeProtocol(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): Protocol {
  if (!Object.hasOwn(protocols, name)) {
    throw new OptionError(
      `There is no protocol ${JSON.stringify(name)}; it must be one of ${protocolNames.join(', ')}.`,
    );
  }
  const make = protocols[name as ProtocolName] as (options: object) => Protocol;
  return make(options);
}
