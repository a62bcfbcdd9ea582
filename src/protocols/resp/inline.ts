/** Inline commands: what somebody types into telnet. */
import { Buffer } from 'node:buffer';

const SPACES = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]);
/** What ends a word outside of quotes. The vertical tab and the form feed do not, though they separate: so in redis. */
const ENDS = new Set([0x20, 0x09, 0x0a, 0x0d]);
const DOUBLE = 0x22;
const SINGLE = 0x27;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<number, number>> = {
  0x6e: 0x0a, // \n
  0x72: 0x0d, // \r
  0x74: 0x09, // \t
  0x62: 0x08, // \b
  0x61: 0x07, // \a
};

/**
 * Splits a line into words as redis does (sdssplitargs in sds.c): white space separates them; "double quotes" know
 * \xHH, \n, \r, \t, \b, \a and a backslash before any other byte; 'single quotes' know \' alone; a closing quote ends
 * its word and stands before white space or the end. A NUL ends the line.
 *
 * @returns undefined where quotes are unbalanced.
 */
export function splitInline(line: Buffer): Buffer[] | undefined {
  const nul = line.indexOf(0);
  const stop = nul === -1 ? line.length : nul;
  const words: Buffer[] = [];
  let at = 0;
  for (;;) {
    while (at < stop && SPACES.has(line[at])) at += 1;
    if (at >= stop) return words;
    const word: number[] = [];
    let quote = 0;
    for (;;) {
      const byte = at < stop ? line[at] : -1;
      if (quote === 0) {
        if (byte === -1 || ENDS.has(byte)) break;
        if (byte === DOUBLE || byte === SINGLE) quote = byte;
        else word.push(byte);
      } else if (byte === -1) {
        return undefined;
      } else if (byte === quote) {
        at += 1;
        if (at < stop && !SPACES.has(line[at])) return undefined;
        break;
      } else if (byte === BACKSLASH && at + 1 < stop) {
        const next = line[at + 1];
        if (quote === SINGLE) {
          if (next === SINGLE) at += 1;
          word.push(line[at]);
        } else {
          const hex = next === 0x78 && at + 3 < stop ? line.toString('latin1', at + 2, at + 4) : '';
          if (/^[0-9a-f]{2}$/i.test(hex)) {
            word.push(Number.parseInt(hex, 16));
            at += 3;
          } else {
            word.push(ESCAPES[next] ?? next);
            at += 1;
          }
        }
      } else {
        word.push(byte);
      }
      at += 1;
    }
    words.push(Buffer.from(word));
  }
}
