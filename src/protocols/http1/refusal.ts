/** What a peer is told whose bytes are refused: a status, and that the connection ends. */
import { Buffer } from 'node:buffer';
import { ProtocolError, type ProtocolErrorCode } from '../../errors.ts';
import type { HeadLines } from './head-lines.ts';

const TOO_LARGE = new Set([413, 414, 431]);

export function refusal(status: number, reason: string, lines: HeadLines): ProtocolError {
  const code: ProtocolErrorCode = TOO_LARGE.has(status) ? 'TOO_LARGE' : 'MALFORMED';
  return new ProtocolError(code, `${status}: ${reason}`, refusalBytes(status, lines));
}

export function refusalBytes(status: number, lines: HeadLines): Buffer {
  return Buffer.from(
    `${lines.of(status)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    'latin1',
  );
}
