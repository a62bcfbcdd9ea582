/** The header lines of a message, read when they are asked for. */
import { COLON, HT, SP } from './chars.ts';

/**
 * Names in any case; values without the blanks around them, with one character for each byte (latin1).
 *
 * Nothing is parsed before it is asked for, and nothing is stored under a name that a peer has chosen.
 */
export class HttpHeaders implements Iterable<[string, string]> {
  /** The lines as they came, each with its CR LF. Checked already. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /**
   * The value; undefined where there is none. Several lines of a name are joined by ', ' (RFC 9110, 5.3), those of
   * Cookie by '; ' (RFC 6265, 5.4); for Set-Cookie use `getAll()`.
   */
  get(name: string): string | undefined {
    const { text } = this;
    const lower = name.toLowerCase();
    let found: string | undefined;
    if (lower.includes(':')) return undefined; // no name, and it might be found in a value
    for (let line = 0; line < text.length;) {
      const colon = line + lower.length;
      const isIt = text.charCodeAt(colon) === COLON && startsWith(text, line, lower);
      const end = text.indexOf('\r\n', isIt ? colon : line);
      if (isIt) {
        const value = unblanked(text, colon + 1, end);
        if (found === undefined) found = value;
        else found += (lower === 'cookie' ? '; ' : ', ') + value;
      }
      line = end + 2;
    }
    return found;
  }

  /** The value of each line of that name. */
  getAll(name: string): string[] {
    const lower = name.toLowerCase();
    const values: string[] = [];
    for (const [each, value] of this) if (each === lower) values.push(value);
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Lines. */
  get size(): number {
    let count = 0;
    const { text } = this;
    for (let line = 0; line < text.length; line = text.indexOf('\r\n', line) + 2) count += 1;
    return count;
  }

  /** Name in lower case and value of each line, in order. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    const { text } = this;
    for (let line = 0; line < text.length;) {
      const colon = text.indexOf(':', line);
      const end = text.indexOf('\r\n', colon);
      yield [text.slice(line, colon).toLowerCase(), unblanked(text, colon + 1, end)];
      line = end + 2;
    }
  }
}

export const NO_HEADERS = new HttpHeaders('');

/** `lower` holds what a name may hold: no other byte becomes one of its letters by | 32. */
function startsWith(text: string, at: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i += 1) {
    const code = text.charCodeAt(at + i);
    if (code !== lower.charCodeAt(i) && toLower(code) !== lower.charCodeAt(i)) return false;
  }
  return true;
}

/** What a field's value lists between commas, without the blanks around each (RFC 9110, 5.6.1). */
export function listOf(value: string): string[] {
  return value.split(',').map((one) => unblanked(one, 0, one.length));
}

/** Without the blanks around it: not trim(), which also takes a byte 160 for one. */
function unblanked(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (start < end && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SP || code === HT;
}

function toLower(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code;
}
