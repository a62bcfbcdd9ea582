/** The drivers by their words: each protocol of the runtime, raw bytes by a driver of their own. */
import { makeProtocol, protocolNames } from '../../protocols/index.ts';
import type { Work } from '../payload.ts';
import { bytesDriver } from './bytes.ts';
import { codecDriver } from './codec.ts';
import type { Driver } from './driver.ts';
import { httpDriver } from './http.ts';
import { referenceDriver } from './reference.ts';
import { sseDriver } from './sse.ts';
import { websocketDriver, type Place } from './websocket.ts';

type MakeDriver = (work: Work, options: Readonly<Record<string, unknown>>, place: Place) => Driver;

/** Those with a file of their own; every other protocol is spoken by its client codec. */
const own: Readonly<Record<string, MakeDriver>> = {
  bytes: bytesDriver,
  http: httpDriver,
  reference: referenceDriver,
  sse: sseDriver,
  ws: websocketDriver,
};

/** Those for people: the reference server is not to be had from the command line. */
export const driverNames: readonly string[] = [...protocolNames, 'sse', 'ws'];

export function isDriver(name: string): boolean {
  return Object.hasOwn(own, name) || driverNames.includes(name);
}

/** @throws OptionError for a name that is none, and for options that the protocol does not take. */
export function makeDriver(
  name: string,
  options: Readonly<Record<string, unknown>>,
  work: Work,
  place: Place = {},
): Driver {
  return Object.hasOwn(own, name)
    ? own[name](work, options, place)
    : codecDriver(work, makeProtocol(name, options));
}
