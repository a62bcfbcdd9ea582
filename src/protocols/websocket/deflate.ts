/**
 * permessage-deflate (RFC 7692), every message by itself: what one message is compressed with does not outlive it, so
 * that a connection has no state, and any executor can read and write its messages.
 */
import type { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { ProtocolError } from '../../errors.ts';
import { CloseStatus } from './codes.ts';
import { closeFrame } from './frame.ts';

const { Z_SYNC_FLUSH } = constants;
/** An empty stored block, which is taken off what is sent, and put back (RFC 7692, 7.2.1 and 7.2.2). */
const TAIL = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

export interface Deflate {
  /** What the peer decompresses with: 9 to 15 (RFC 7692, 7.1.2.1). */
  readonly windowBits: number;
  readonly level: number;
  readonly thresholdBytes: number;
}

export function compress(payload: Uint8Array, { windowBits, level }: Deflate): Buffer {
  const all = deflateRawSync(payload, { windowBits, level, finishFlush: Z_SYNC_FLUSH });
  return all.subarray(0, all.length - TAIL.length);
}

/**
 * Stops as soon as there are more than `limitBytes`: a bomb costs no more than what it may be.
 *
 * @throws ProtocolError with status 1009 past the limit, 1007 where it is no deflate data
 */
export function decompress(payload: Buffer, limitBytes: number, masked: boolean): Buffer {
  const whole = new Uint8Array(payload.length + TAIL.length);
  whole.set(payload);
  whole.set(TAIL, payload.length);
  try {
    return inflateRawSync(whole, { finishFlush: Z_SYNC_FLUSH, maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ProtocolError(
        'TOO_LARGE',
        `1009: A message has more than ${limitBytes} bytes when it is decompressed.`,
        closeFrame(CloseStatus.TOO_BIG, '', masked),
      );
    }
    throw new ProtocolError(
      'MALFORMED',
      '1007: A message does not decompress.',
      closeFrame(CloseStatus.INVALID_DATA, '', masked),
    );
  }
}
