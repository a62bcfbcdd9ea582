/** A set with random members: the members in an array, and where each of them stands. */
export class MemberSet {
  #members: string[] = [];
  #places = new Map<string, number>();

  get size(): number {
    return this.#members.length;
  }

  get members(): readonly string[] {
    return this.#members;
  }

  add(member: string): boolean {
    if (this.#places.has(member)) return false;
    this.#places.set(member, this.#members.length);
    this.#members.push(member);
    return true;
  }

  /** Takes a random member out. Not to be called on an empty set. */
  take(): string {
    const members = this.#members;
    const at = members.length === 1 ? 0 : Math.floor(Math.random() * members.length);
    const taken = members[at];
    const last = members.pop()!;
    if (last !== taken) {
      members[at] = last;
      this.#places.set(last, at);
    }
    this.#places.delete(taken);
    return taken;
  }
}
