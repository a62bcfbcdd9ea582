/** What a load is sent to: an address, and the driver that speaks to it. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
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
  /** HTTP's and WebSocket's: what is asked for, and whom. */
  readonly path: string | undefined;
  readonly host: string | undefined;
}

/** Protocols whose targets go on with a path, and their ports where none is given. */
const WITH_PATH: Readonly<Record<string, number>> = { http: 80, sse: 80, ws: 80 };

/** For one of several addresses to accept a connection, before the next is tried. */
const ACCEPT_TIMEOUT_MS = 1000;

const FORMS = 'tcp://host:port, unix:/path, PROTOCOL://host:port or PROTOCOL+unix:/path';

/**
 * Reads `tcp://host:port`, `unix:/path`, and both with a protocol's word: `resp://host:port`, `line+unix:/path`; HTTP's
 * and WebSocket's with a path: `http://host/path`, `ws://host/path`, and behind a colon `http+unix:/socket:/path`. An event
 * stream is `sse://host/path`, or `http://host/path` with the protocol sse.
 *
 * @param protocol what the option says; the address may say it instead
 * @throws OptionError
 */
export function parseTarget(url: string, protocol: string | undefined): Target {
  const unix = /^(?:([a-z][a-z0-9-]*)\+)?unix:(.+)$/s.exec(url);
  if (unix !== null) {
    const word = pick(url, unix[1], protocol);
    const whole = unix[2].replace(/^\/\/(?=\/)/, '');
    const parts = Object.hasOwn(WITH_PATH, word) ? /^(.+?):(\/[^\s#]*)$/s.exec(whole) : null;
    const [, socket, path] = parts ?? ['', whole, undefined];
    return { url, protocol: word, address: { path: socket }, path, host: undefined };
  }
  const tcp = /^([a-z][a-z0-9-]*):\/\/(\[[^\]]+\]|[^:/?#]+)(?::(\d{1,5}))?([/?][^\s#]*)?$/.exec(
    url,
  );
  if (tcp === null) throw noTarget(url);
  const [, scheme, name, digits, rest = '/'] = tcp;
  const path = rest.startsWith('?') ? `/${rest}` : rest; // RFC 9112, 3.2.1
  const word = pick(url, scheme === 'tcp' ? undefined : scheme, protocol);
  const port = digits === undefined ? WITH_PATH[word] : Number(digits);
  if (port === undefined || port < 1 || port > 65_535) throw noTarget(url);
  if (path !== '/' && !Object.hasOwn(WITH_PATH, word)) {
    throw new OptionError(`${url} has a path, and ${word} has none: leave ${path} out.`);
  }
  const host = digits === undefined ? name : `${name}:${digits}`;
  return {
    url,
    protocol: word,
    address: { host: name.replace(/^\[(.*)\]$/, '$1'), port },
    ...(Object.hasOwn(WITH_PATH, word) ? { path, host } : { path: undefined, host: undefined }),
  };
}

/** What is spoken without it. */
const OVER_TLS = new Map([
  ['https', 'http'],
  ['wss', 'ws'],
  ['tls', 'tcp'],
]);

function noTarget(url: string): OptionError {
  const hint = hintOf(url);
  return new OptionError(`${JSON.stringify(url)} is no target; it must be ${FORMS}.${hint}`);
}

function hintOf(url: string): string {
  if (/^[\w.-]+:\d{1,5}$/.test(url)) return ` Did you mean tcp://${url}?`;
  if (!URL.canParse(url)) return '';
  const { hash, password, username } = new URL(url);
  if (username !== '' || password !== '')
    return " Leave the name and password out: --header='authorization: …' sends them.";
  return hash === '' ? '' : ` Leave ${hash} out: what follows # is never sent.`;
}

function pick(url: string, inUrl: string | undefined, asOption: string | undefined): string {
  if (inUrl === 'http' && asOption === 'sse') return asOption; // an event stream has an http url
  if (inUrl !== undefined && asOption !== undefined && inUrl !== asOption) {
    throw new OptionError(`${url} says ${inUrl} and the option protocol says ${asOption}.`);
  }
  const word = inUrl ?? asOption ?? 'bytes';
  if (OVER_TLS.has(word)) {
    throw new OptionError(
      `TLS is not spoken yet: load what is behind it, ${url.replace(word, OVER_TLS.get(word)!)} say.`,
    );
  }
  if (!isDriver(word)) {
    throw new OptionError(
      `There is no protocol ${word} to load; it must be one of ${driverNames.join(', ')}.`,
    );
  }
  return word;
}

/**
 * The same address with its name looked up, so that connecting measures the server and not a resolver. Of several addresses
 * the first that accepts a connection: localhost is ::1 on many machines, and servers often listen on 127.0.0.1 alone.
 */
export async function resolveAddress(
  address: Address,
  lookUp: (host: string) => Promise<readonly LookupAddress[]> = lookUpAll,
): Promise<Address> {
  if ('path' in address || isIP(address.host) !== 0) return address;
  const { host, port } = address;
  try {
    const found = (await lookUp(host)).map((one) => ({ host: one.address, port }));
    if (found.length === 1) return found[0];
    for (const one of found) if (await accepts(one)) return one;
    return found[0];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OptionError(`The name ${host} was not found (${code}).`, { cause: error });
  }
}

const lookUpAll = (host: string): Promise<LookupAddress[]> => lookup(host, { all: true });

async function accepts(address: {
  readonly host: string;
  readonly port: number;
}): Promise<boolean> {
  const socket = connect({ ...address, timeout: ACCEPT_TIMEOUT_MS });
  try {
    return await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true));
      socket.once('timeout', () => done(false));
      socket.once('error', () => done(false));
    });
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

export function showAddress(address: Address): string {
  if ('path' in address) return address.path;
  return address.host.includes(':')
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}
