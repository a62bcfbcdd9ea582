/**
 * Whether a peer lives, where its protocol has a heartbeat: the ticks of the last read and of the last heartbeat that was
 * sent. Every due tick is one more than the time has: late rather than early.
 */
import type { Heartbeat } from '../protocols/protocol.ts';
import type { Wheel } from './wheel.ts';

export class Pulse {
  readonly heartbeat: Heartbeat;
  heardAt: number;
  beatAt = -Infinity;
  readonly #wheel: Wheel;

  constructor(heartbeat: Heartbeat, wheel: Wheel) {
    this.heartbeat = heartbeat;
    this.#wheel = wheel;
    this.heardAt = wheel.tick;
  }

  /** A heartbeat is out, and nothing has come since. */
  get isProbed(): boolean {
    return this.beatAt >= this.heardAt + this.#wheel.ticks(this.heartbeat.intervalMs);
  }

  /** When to send the next one, or to give the peer up. */
  get dueAt(): number {
    const { intervalMs, timeoutMs } = this.heartbeat;
    return this.isProbed
      ? this.beatAt + this.#wheel.ticks(timeoutMs) + 1
      : this.heardAt + this.#wheel.ticks(intervalMs) + 1;
  }
}
