/** Beats for many streams: one timer for all of those that want the same interval. */

export interface Beating {
  beat(): void;
}

const hearts = new Map<number, Heart>();

class Heart {
  readonly streams = new Set<Beating>();
  readonly timer: NodeJS.Timeout;

  constructor(intervalMs: number) {
    this.timer = setInterval(() => {
      for (const stream of this.streams) stream.beat();
    }, intervalMs).unref();
  }
}

/** Calls `stream.beat()` every `intervalMs` until the function that it returns is called. */
export function addHeartbeat(stream: Beating, intervalMs: number): () => void {
  let heart = hearts.get(intervalMs);
  if (heart === undefined) hearts.set(intervalMs, (heart = new Heart(intervalMs)));
  const { streams, timer } = heart;
  streams.add(stream);
  return () => {
    streams.delete(stream);
    if (streams.size > 0 || hearts.get(intervalMs) !== heart) return;
    clearInterval(timer);
    hearts.delete(intervalMs);
  };
}
