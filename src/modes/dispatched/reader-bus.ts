/**
 * The reader's way to what its executors follow. Subscribers of topics are connections, which are the reader's own: for
 * those it has no need of a bus.
 */
import type { Bus } from '../../net/bus.ts';
import type { Exchange } from '../../workers/exchange.ts';

export class ReaderBus implements Bus {
  readonly dropped = 0;
  #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  connect(): void {}

  join(): void {}

  leave(): void {}

  publish(topic: string, message: unknown): void {
    if (this.#exchange.isFollowed(topic)) this.#exchange.publish(topic, message);
  }

  follow(topic: string): Promise<void> {
    return Promise.reject(new Error(`No handler runs here that could follow "${topic}".`));
  }

  unfollow(): void {}
}
