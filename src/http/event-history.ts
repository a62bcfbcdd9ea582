/** The last events of a channel, found by their ids: for clients that come back. */
import { Recent } from '../recent.ts';
import type { Encoded } from './event-body.ts';

export interface Kept extends Encoded {
  readonly id: string;
}

export class EventHistory extends Recent<Kept> {
  /** Of those that are kept, and of the one before. */
  readonly #numbers = new Map<string, number>();
  #before: Kept | undefined = undefined;

  override add(event: Kept): void {
    this.#numbers.set(event.id, this.last + 1);
    super.add(event);
  }

  /** What came behind the event of that id; undefined where that is not known (any more). */
  afterId(id: string): readonly Encoded[] | undefined {
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.after(number);
  }

  protected override leftOut(event: Kept): void {
    const before = this.#before;
    this.#before = event;
    if (before === undefined) return;
    const number = this.#numbers.get(before.id)!;
    if (number < this.oldest - 1) this.#numbers.delete(before.id);
  }
}
