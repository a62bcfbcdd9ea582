/** What a load is sent to: an address, and the driver that speaks to it. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { OptionError } from '../errors.ts';
import { driverNames, isDriver } from './drivers/index.ts';

/** Where to connect. Structured-cloneable, and without names: they were looked up once, before the load. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

export interface Target {
  /** As it was given. */
  readonly url: string;
  /** The protocol's word. */
  readonly protocol: string;
  readonly address: Address;
}

const FORMS = 'tcp://host:port, unix:/path, PROTOCOL://host:port or PROTOCOL+unix:/path';

/**
 * Reads `tcp://host:port`, `unix:/path`, and both with a protocol's word: `resp://host:port`, `line+unix:/path`.
 *
 * @param protocol what the option says; the address may say it instead
 * @throws OptionError
 */
export function parseTarget(url: string, protocol: string | undefined): Target {
  const unix = /^(?:([a-z][a-z0-9-]*)\+)?unix:(.+)$/s.exec(url);
  if (unix !== null) {
    const path = unix[2].replace(/^\/\/(?=\/)/, '');
    return { url, protocol: pick(url, unix[1], protocol), address: { path } };
  }
  const tcp = /^([a-z][a-z0-9-]*):\/\/(\[[^\]]+\]|[^:/?#]+):(\d{1,5})\/?$/.exec(url);
  const port = Number(tcp?.[3]);
  if (tcp === null || port < 1 || port > 65_535) {
    throw new OptionError(`${JSON.stringify(url)} is no target; it must be ${FORMS}.`);
  }
  const host = tcp[2].replace(/^\[(.*)\]$/, '$1');
  const word = tcp[1] === 'tcp' ? undefined : tcp[1];
  return { url, protocol: pick(url, word, protocol), address: { host, port } };
}

function pick(url: string, inUrl: string | undefined, asOption: string | undefined): string {
  if (inUrl !== undefined && asOption !== undefined && inUrl !== asOption) {
    throw new OptionError(`${url} says ${inUrl} and the option protocol says ${asOption}.`);
  }
  const word = inUrl ?? asOption ?? 'bytes';
  if (!isDriver(word)) {
    throw new OptionError(
      `There is no protocol ${word} to load; it must be one of ${driverNames.join(', ')}.`,
    );
  }
  return word;
}

/** The same address with its name looked up, so that connecting measures the server and not a resolver. */
export async function resolveAddress(address: Address): Promise<Address> {
  if ('path' in address || isIP(address.host) !== 0) return address;
  try {
    const found = await lookup(address.host);
    return { host: found.address, port: address.port };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OptionError(`The name ${address.host} was not found (${code}).`, { cause: error });
  }
}

export function showAddress(address: Address): string {
  if ('path' in address) return address.path;
  return address.host.includes(':')
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}
