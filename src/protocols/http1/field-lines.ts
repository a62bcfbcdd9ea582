/**
 * Header lines to send. Names and values are checked, so that no line can end in the middle of one and no response can
 * be split (RFC 9110, 5.1 and 5.5; CVE-2016-2216 and its like).
 */
import { show } from '../framing/options.ts';
import { HttpHeaders } from './headers.ts';
import type { HeadersInit } from './request.ts';

/** Names that say something to the encoder. */
export const Field = {
  OTHER: 0,
  CONTENT_LENGTH: 1,
  TRANSFER_ENCODING: 2,
  CONNECTION: 3,
  DATE: 4,
  HOST: 5,
} as const;

interface Name {
  /** CR LF, the name, and ': '. */
  readonly prefix: string;
  readonly kind: number;
}

const KINDS = new Map<string, number>([
  ['content-length', Field.CONTENT_LENGTH],
  ['transfer-encoding', Field.TRANSFER_ENCODING],
  ['connection', Field.CONNECTION],
  ['date', Field.DATE],
  ['host', Field.HOST],
]);

/** Names seen; a program has few. */
const names = new Map<string, Name>();
const MOST_NAMES = 1024;
const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
/** Beyond what a value may hold without a second look. */
const NOT_PLAIN = /[^\t\x20-\x7e]/;
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** What was found on the way, beside the lines. */
export class FieldLines {
  /** Every line with a CR LF in front of it. Text of one byte to a character. */
  text = '';
  /** A value holds a byte beyond ASCII: the text cannot be sent as UTF-8. */
  latin1 = false;
  contentLength: number | undefined = undefined;
  close = false;
  date = false;
  host = false;
  /** An option of Connection's that the encoder writes again where it switches. */
  upgrade = false;

  /** What `text` was made of, while that was a record of strings and numbers: most replies have the headers of the last. */
  #names: string[] = [];
  #values: unknown[] = [];

  /** @throws TypeError that names the header. */
  read(headers: HeadersInit | HttpHeaders | undefined): void {
    if (headers !== undefined && this.#isSame(headers)) return;
    this.#names = [];
    this.#values = [];
    this.text = '';
    this.latin1 = false;
    this.contentLength = undefined;
    this.close = this.date = this.host = this.upgrade = false;
    if (headers === undefined) return;
    if (headers instanceof HttpHeaders) {
      // Of a message that was received, and is framed anew.
      for (const [name, value] of headers) if (name !== 'transfer-encoding') this.#add(name, value);
      return;
    }
    if (Array.isArray(headers)) {
      for (const [name, value] of headers as Array<[string, string]>) this.#add(name, value);
      return;
    }
    const record = headers as Readonly<Record<string, string | number | readonly string[]>>;
    for (const name in record) {
      if (!Object.hasOwn(record, name)) continue;
      const value = record[name];
      if (typeof value === 'string') this.#add(name, value);
      else if (Array.isArray(value)) for (const one of value as string[]) this.#add(name, one);
      else if (value !== undefined) this.#add(name, value as number);
    }
    this.#remember(record);
  }

  /** Compared value by value: a record may have been changed since. */
  #isSame(headers: object): boolean {
    const names = this.#names;
    if (names.length === 0 || Array.isArray(headers) || headers instanceof HttpHeaders)
      return false;
    const record = headers as Readonly<Record<string, unknown>>;
    let i = 0;
    for (const name in record) {
      if (names[i] !== name || this.#values[i] !== record[name]) return false;
      i += 1;
    }
    return i === names.length;
  }

  #remember(record: Readonly<Record<string, unknown>>): void {
    const values = Object.values(record);
    if (values.some((value) => typeof value === 'object')) return;
    this.#names = Object.keys(record);
    this.#values = values;
  }

  #add(given: string, value: string | number): void {
    const name = names.get(given) ?? learn(given);
    const text = typeof value === 'string' ? value : number(given, value);
    if (NOT_PLAIN.test(text)) {
      if (NOT_VALUE.test(text)) {
        throw new TypeError(
          `The header ${given} has the value ${show(text)}: it may hold no CR, LF, NUL or other control byte, and nothing beyond latin1.`,
        );
      }
      this.latin1 = true;
    }
    if (name.kind !== Field.OTHER && this.#special(name.kind, given, text)) return;
    this.text += name.prefix + text;
  }

  /** True: the encoder writes it itself. */
  #special(kind: number, given: string, value: string): boolean {
    switch (kind) {
      case Field.CONTENT_LENGTH: {
        const length = Number(value);
        if (!/^[0-9]+$/.test(value) || !Number.isSafeInteger(length)) {
          throw new TypeError(
            `The header ${given} has the value ${show(value)}: it must be a whole number.`,
          );
        }
        if (this.contentLength !== undefined && this.contentLength !== length) {
          throw new TypeError(
            `There are two Content-Lengths, ${this.contentLength} and ${length}.`,
          );
        }
        this.contentLength = length;
        return true;
      }
      case Field.TRANSFER_ENCODING:
        throw new TypeError(
          `The header ${given} is set for you: give a stream as body, and leave it out.`,
        );
      case Field.CONNECTION: {
        const option = value.toLowerCase();
        if (option === 'close') this.close = true;
        else if (option === 'upgrade') this.upgrade = true;
        else if (option !== 'keep-alive') return false;
        return true;
      }
      case Field.DATE:
        this.date = true;
        return false;
      default:
        this.host = true;
        return false;
    }
  }
}

function learn(given: string): Name {
  if (given === '' || NOT_TOKEN.test(given)) {
    throw new TypeError(
      `${show(given)} is not a header name: it must be a token (RFC 9110, 5.6.2).`,
    );
  }
  const name = { prefix: `\r\n${given}: `, kind: KINDS.get(given.toLowerCase()) ?? Field.OTHER };
  if (names.size < MOST_NAMES) names.set(given, name);
  return name;
}

function number(name: string, value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw new TypeError(
    `The header ${name} has ${show(value)} as its value: it must be a string or a number.`,
  );
}
