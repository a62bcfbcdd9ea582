/** Which bytes may stand where: a table of 256 for each rule, 1 where allowed. */

export const HT = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const COMMA = 44;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;

/** Methods, header names, chunk extensions (RFC 9110, 5.6.2: tchar). */
export const TOKEN = table((byte) => isAlnum(byte) || "!#$%&'*+-.^_`|~".includes(char(byte)));

/** Header values (RFC 9110, 5.5: field-content), with obs-text; no other control byte than HT. */
export const VALUE = table((byte) => byte === HT || (byte >= SP && byte !== 127));

/**
 * Targets: what RFC 3986 allows, and what browsers leave as it is in a query (WHATWG URL, "query percent-encode set"):
 * `\ ^ { | }` and the backtick. Not `" # < >`, nor anything beyond ASCII.
 */
export const TARGET = table((byte) => byte > SP && byte < 127 && !'"#<>'.includes(char(byte)));

/** Host names and IPv4 addresses as nearly all of them are: no case for a regular expression. */
export const PLAIN_HOST = table((byte) => isAlnum(byte) || byte === 45 || byte === 46);

/** A hexadecimal digit's value, or 255. */
export const HEX = new Uint8Array(256).map((_, byte) => {
  const value = '0123456789abcdef'.indexOf(char(byte).toLowerCase());
  return value === -1 ? 255 : value;
});

/** Whether `[from, to)` is `word`, which is in lower case, in any case. `bytes` holds letters, digits and '-'. */
export function isWord(bytes: Uint8Array, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i += 1) {
    if ((bytes[from + i] | 32) !== word.charCodeAt(i)) return false;
  }
  return true;
}

function table(allowed: (byte: number) => boolean): Uint8Array {
  return new Uint8Array(256).map((_, byte) => (allowed(byte) ? 1 : 0));
}

function char(byte: number): string {
  return String.fromCharCode(byte);
}

function isAlnum(byte: number): boolean {
  return /[0-9A-Za-z]/.test(char(byte));
}
