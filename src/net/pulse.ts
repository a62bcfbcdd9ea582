/** Whether a peer lives: the ticks of the last read and of the last heartbeat that was sent. Every due tick is one more than the time has: late rather than early. */
import type { Heartbeat } from '../protocols/protocol.ts';
import type { Wheel } from './wheel.ts';

export class Pulse {
  heardAt = 0;
  beatAt = -Infinity;

  /** A heartbeat is out, and nothing has come since. */
  isProbed({ intervalMs }: Heartbeat, wheel: Wheel): boolean {
    return this.beatAt >= this.heardAt + wheel.ticks(intervalMs);
  }

  /** When to send the next one, or to give the peer up. */
  dueAt(heartbeat: Heartbeat, wheel: Wheel): number {
    return this.isProbed(heartbeat, wheel)
      ? this.beatAt + wheel.ticks(heartbeat.timeoutMs) + 1
      : this.heardAt + wheel.ticks(heartbeat.intervalMs) + 1;
  }
}
