/** What it takes to give bytes to node:http without a socket. */
import { Duplex } from 'node:stream';

/** A connection in memory, as far as node:http wants to know. */
export class Peer extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }
  // node:http asks for these of a socket.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}

/** node:http's raw header lines, names in lower case. */
export function pairs(raw: readonly string[]): Array<[string, string]> {
  const list: Array<[string, string]> = [];
  for (let i = 0; i < raw.length; i += 2) list.push([raw[i].toLowerCase(), raw[i + 1]]);
  return list;
}
