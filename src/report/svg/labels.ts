/** Text in a drawing: how wide it is, how it is cut short, and how labels keep out of each other's way. Pure. */

/** Of a sans-serif's character, on average; wide enough for digits. */
const CHARACTER_EM = 0.6;
const segmenter = new Intl.Segmenter('en');

export function textWidth(text: string, fontSize: number): number {
  return charactersOf(text).length * fontSize * CHARACTER_EM;
}

/** At most `most` characters, the middle left out: the ends of names tell them apart. */
export function shorten(text: string, most: number): string {
  const characters = charactersOf(text);
  if (characters.length <= most) return text;
  if (most < 3) return characters.slice(0, Math.max(1, most)).join('');
  const head = Math.ceil((most - 1) / 2);
  const tail = most - 1 - head;
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`;
}

/**
 * Moves places on a line apart until they are `gap` from each other, each as little as can be and all within `from` and
 * `to`; those that do not fit lie evenly. Keeps their order.
 */
export function spread(places: readonly number[], gap: number, from: number, to: number): number[] {
  const order = places.map((_, i) => i).toSorted((a, b) => places[a] - places[b] || a - b);
  const room = places.length > 1 ? Math.min(gap, (to - from) / (places.length - 1)) : gap;
  const result = [...places];
  let blocks = order.map((index) => ({ members: [index], middle: places[index] }));
  for (let merged = true; merged;) {
    merged = false;
    for (const block of blocks) {
      const half = ((block.members.length - 1) * room) / 2;
      block.middle = Math.min(to - half, Math.max(from + half, block.middle));
    }
    for (let i = 1; i < blocks.length; i += 1) {
      const [a, b] = [blocks[i - 1], blocks[i]];
      const need = ((a.members.length + b.members.length) * room) / 2;
      if (b.middle - a.middle >= need - 1e-9) continue;
      const members = [...a.members, ...b.members];
      const middle = members.reduce((sum, index) => sum + places[index], 0) / members.length;
      blocks = [...blocks.slice(0, i - 1), { members, middle }, ...blocks.slice(i + 1)];
      merged = true;
      break;
    }
  }
  for (const { members, middle } of blocks) {
    const first = middle - ((members.length - 1) * room) / 2;
    members.forEach((index, i) => (result[index] = first + i * room));
  }
  return result;
}

/** As people see them: an accent or a flag is not a character by itself. */
function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
