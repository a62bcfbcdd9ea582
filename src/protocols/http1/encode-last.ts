/** The last response of a connection that the server ends (RFC 9112, 9.6). */
import { Buffer } from 'node:buffer';

const END = '\r\n\r\n';
/** What ResponseEncoder says of the connection. */
const SAID = /\r\nConnection: (close|keep-alive|Upgrade)(?=\r\n|$)/;
const CLOSE = '\r\nConnection: close';
/** Where the status is in 'HTTP/1.1 200'. */
const STATUS_AT = 9;
const ONE = 0x31;

/** @param response the bytes of ResponseEncoder: as many interim ones (1xx) as there are, and the head of the final one. */
export function encodeLast(response: Uint8Array): Uint8Array {
  const bytes = Buffer.from(response.buffer, response.byteOffset, response.length);
  let from = 0;
  while (bytes[from + STATUS_AT] === ONE) from = bytes.indexOf(END, from) + END.length;
  const end = bytes.indexOf(END, from);
  const head = bytes.toString('latin1', from, end);
  const said = SAID.exec(head)?.[1];
  if (said === 'close') return response;
  const last = said === undefined ? head + CLOSE : head.replace(SAID, CLOSE);
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(last, 'latin1'), bytes.subarray(end)]);
}
