/**
 * Bytes that no message was made of yet: the beginning of one that is cut, or what came while a gate was closed.
 *
 *     [ consumed | start ── looked at ── seen ── new ── end | room ]
 */
export class Kept {
  buffer: Buffer;
  start = 0;
  /** Up to here the decoder has looked, and said MORE. */
  seen = 0;
  end: number;

  /** `wantBytes`: how many the decoder needs in all, 0 if unknown. */
  constructor(bytes: Buffer, from: number, to: number, wantBytes: number) {
    this.end = to - from;
    this.buffer = Buffer.allocUnsafeSlow(room(this.end, wantBytes));
    bytes.copy(this.buffer, 0, from, to);
  }

  append(bytes: Buffer, from: number, to: number, wantBytes: number): void {
    const more = to - from;
    if (this.end + more > this.buffer.length) {
      // Always a new buffer: messages may be views of the old one.
      const have = this.end - this.start;
      const grown = Buffer.allocUnsafeSlow(
        room(have + more, wantBytes === 0 ? have * 2 : wantBytes),
      );
      this.buffer.copy(grown, 0, this.start, this.end);
      this.buffer = grown;
      this.seen -= this.start;
      this.start = 0;
      this.end = have;
    }
    bytes.copy(this.buffer, this.end, from, to);
    this.end += more;
  }
}

const LEAST_BYTES = 16 * 1024;

/** As much as is wanted, but no more than twice what is there: a peer pays for our memory with bytes, not with a length. */
function room(needBytes: number, wantBytes: number): number {
  return Math.max(needBytes, Math.min(wantBytes, Math.max(needBytes * 2, LEAST_BYTES)));
}
