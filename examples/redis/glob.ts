/** Patterns as in KEYS: `*`, `?`, `[abc]`, `[^a-z]`, and a backslash before what is meant as it stands. */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  /** Where to go on when the rest does not match: the last `*`, which then swallows one more character. */
  let star = -1;
  let swallowed = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p;
      swallowed = t;
      p += 1;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text[t]) : -1;
    if (next !== -1) {
      p = next;
      t += 1;
    } else if (star === -1) {
      return false;
    } else {
      swallowed += 1;
      p = star + 1;
      t = swallowed;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Where the pattern goes on behind what matched `character`, or -1. */
function matchOne(pattern: string, at: number, character: string): number {
  if (pattern[at] === '?') return at + 1;
  if (pattern[at] === '[') return matchClass(pattern, at + 1, character);
  const literal = pattern[at] === '\\' && at + 1 < pattern.length ? at + 1 : at;
  return pattern[literal] === character ? literal + 1 : -1;
}

function matchClass(pattern: string, first: number, character: string): number {
  const negated = pattern[first] === '^';
  let at = negated ? first + 1 : first;
  let found = false;
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern[at] === '\\' && at + 1 < pattern.length) at += 1;
    if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const [low, high] = [pattern[at], pattern[at + 2]].toSorted();
      found ||= character >= low && character <= high;
      at += 3;
    } else {
      found ||= pattern[at] === character;
      at += 1;
    }
  }
  return found === negated ? -1 : Math.min(at + 1, pattern.length);
}
