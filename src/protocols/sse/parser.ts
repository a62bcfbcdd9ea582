/**
 * Reads an event stream (WHATWG HTML, 9.2.5 and 9.2.6), for the client. It may be cut at any byte.
 *
 * Lines end in LF, CR LF or CR. A CR ends its line at once: whether an LF belongs to it shows with the next byte, and no
 * event is to wait for that. Stricter than a browser in one point: what is no UTF-8 is refused, not replaced.
 */
import { Utf8Pieces } from './utf8-pieces.ts';

const CR = 13;
const LF = 10;
const SP = 32;
const BOM = 0xfe_ff;
/** Longest event, its lines and the one under way together, in characters. */
const EVENT_LIMIT = 1024 * 1024;

export class EventParser {
  /** Of the event that `next()` found. */
  type = '';
  data = '';
  /** What a client that reconnects sends as Last-Event-ID: set it to go on with. */
  lastEventId = '';
  /** The last `retry` that came: how long to wait before reconnecting. */
  retryMs: number | undefined = undefined;
  /** Comment lines so far. */
  comments = 0;
  /** Why nothing more is read; '' while all is well. */
  failure = '';

  readonly #limit: number;
  readonly #pieces = new Utf8Pieces();
  #text = '';
  #at = 0;
  /** The last line ended in CR: an LF that follows is part of its end. */
  #afterCr = false;
  #begun = false;
  #hasCr = false;
  // The event under way.
  #type = '';
  #id = '';
  #data = '';
  #hasData = false;

  constructor(limit = EVENT_LIMIT) {
    this.#limit = limit;
  }

  /** Gives `[from, to)`; then `next()` is to be called until it says false. Nothing of the buffer is kept. */
  feed(buffer: Buffer, from: number, to: number): void {
    if (this.failure !== '') return;
    const text = this.#pieces.text(buffer, from, to);
    if (text === undefined) {
      this.failure = 'the event stream is not UTF-8';
      return;
    }
    if (!this.#begun && text !== '') {
      this.#begun = true;
      this.#id = this.lastEventId;
      this.#text = text.charCodeAt(0) === BOM ? text.slice(1) : text;
    } else {
      this.#text = this.#text.slice(this.#at) + text;
    }
    this.#at = 0;
    this.#hasCr = this.#text.indexOf('\r') !== -1;
  }

  /** True: an event is there. False: nothing more in what was fed, or `failure`. */
  next(): boolean {
    for (;;) {
      const text = this.#text;
      const at = this.#skipLf(text);
      const end = this.#hasCr ? lineEnd(text, at) : text.indexOf('\n', at);
      const length = (end === -1 ? text.length : end) - at + this.#data.length;
      if (length > this.#limit) this.failure = `an event has more than ${this.#limit} characters`;
      if (end === -1 || this.failure !== '') return false;
      this.#at = end + 1;
      this.#afterCr = text.charCodeAt(end) === CR;
      if (end > at) this.#line(text, at, end);
      else if (this.#dispatch()) return true;
    }
  }

  #skipLf(text: string): number {
    if (this.#afterCr && this.#at < text.length) {
      this.#afterCr = false;
      if (text.charCodeAt(this.#at) === LF) this.#at += 1;
    }
    return this.#at;
  }

  #line(text: string, at: number, end: number): void {
    const line = text.slice(at, end);
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.comments += 1;
      return;
    }
    const name = colon === -1 ? line : line.slice(0, colon);
    const from = line.charCodeAt(colon + 1) === SP ? colon + 2 : colon + 1;
    this.#field(name, colon === -1 ? '' : line.slice(from));
  }

  /** Names are case-sensitive; those that are none of these are ignored. */
  #field(name: string, value: string): void {
    switch (name) {
      case 'data':
        this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
        this.#hasData = true;
        break;
      case 'event':
        this.#type = value;
        break;
      case 'id':
        if (!value.includes('\0')) this.#id = value;
        break;
      case 'retry':
        if (/^\d+$/.test(value)) this.retryMs = Number(value);
        break;
      default:
    }
  }

  /** The empty line behind an event. */
  #dispatch(): boolean {
    const found = this.#hasData;
    this.lastEventId = this.#id;
    if (found) {
      this.type = this.#type === '' ? 'message' : this.#type;
      this.data = this.#data;
    }
    this.#type = this.#data = '';
    this.#hasData = false;
    return found;
  }
}

function lineEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === LF || code === CR) return i;
  }
  return -1;
}
