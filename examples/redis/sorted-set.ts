/**
 * Members in the order of their scores, and of their bytes where scores are equal. Chunks of some hundred entries: an
 * insertion moves what lies behind it in one chunk, not in the whole set.
 *
 *     [[9 z] [8 k] …]  [[5 b] [5 a] …]  … [[1 q] [0 x]]     the highest first, so that the lowest pops off the end
 */
interface Entry {
  score: number;
  readonly member: string;
}

const MOST_IN_CHUNK = 512;

export class SortedSet {
  #scores = new Map<string, number>();
  #chunks: Entry[][] = [];

  get size(): number {
    return this.#scores.size;
  }

  score(member: string): number | undefined {
    return this.#scores.get(member);
  }

  /** Adds the member, or moves it to its new score. */
  set(member: string, score: number): void {
    const before = this.#scores.get(member);
    if (before !== undefined) this.#remove(before, member);
    this.#scores.set(member, score);
    this.#insert({ score: score + 0, member }); // no -0, as in small sorted sets of redis
  }

  /** Takes out the member with the lowest score. Not to be called on an empty set. */
  takeLowest(): Entry {
    const chunk = this.#chunks.at(-1)!;
    const entry = chunk.pop()!;
    if (chunk.length === 0) this.#chunks.pop();
    this.#scores.delete(entry.member);
    return entry;
  }

  #insert(entry: Entry): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push([entry]);
      return;
    }
    const at = Math.min(this.#chunkOf(entry.score, entry.member), chunks.length - 1);
    const chunk = chunks[at];
    const place = placeIn(chunk, entry.score, entry.member);
    if (place === chunk.length) chunk.push(entry);
    else chunk.splice(place, 0, entry);
    if (chunk.length > MOST_IN_CHUNK) chunks.splice(at + 1, 0, chunk.splice(MOST_IN_CHUNK / 2));
  }

  #remove(score: number, member: string): void {
    const at = this.#chunkOf(score, member);
    const chunk = this.#chunks[at];
    chunk.splice(placeIn(chunk, score, member), 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** The first chunk whose lowest entry is not above it: it stands there, if anywhere. */
  #chunkOf(score: number, member: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAbove(this.#chunks[middle].at(-1)!, score, member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Of entries in falling order, the first that is not above it. */
function placeIn(entries: readonly Entry[], score: number, member: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAbove(entries[middle], score, member)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAbove(entry: Entry, score: number, member: string): boolean {
  return entry.score === score ? entry.member > member : entry.score > score;
}
