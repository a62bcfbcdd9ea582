/** Events of an event stream, as they are sent (WHATWG HTML, 9.2.6). */
import { show } from '../framing/options.ts';

export interface ServerEvent {
  /** The type. Default 'message'. No CR, LF or NUL. */
  readonly event?: string;
  /** What the client sends back as Last-Event-ID when it reconnects. No CR, LF or NUL; '' makes it send none. */
  readonly id?: string;
  /** How long the client waits before it reconnects: whole milliseconds. */
  readonly retry?: number;
  /** Any text; its lines may end in CR LF, LF or CR, and arrive as LF. Without it the client dispatches no event. */
  readonly data?: string;
}

const LINE_END = /\r\n|\r|\n/;
const BREAKS = /[\r\n]/;
/** Would end the line, and with it say something else; an id with NUL is ignored by clients. */
const NOT_IN_LINE = /[\r\n\0]/;

/** @throws TypeError that names what cannot be sent. */
export function encodeEvent(event: ServerEvent): string {
  if (typeof event !== 'object' || event === null) {
    throw new TypeError(`An event is { event, id, retry, data }, and this is ${show(event)}.`);
  }
  const { data, id, retry } = event;
  let text = '';
  if (event.event !== undefined) text += `event: ${oneLine('event', event.event)}\n`;
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`;
  if (retry !== undefined) text += `retry: ${milliseconds(retry)}\n`;
  if (data !== undefined) text += lines('data: ', checkText('data', data));
  if (text === '') throw new TypeError('The event has neither event, id, retry nor data.');
  return `${text}\n`;
}

/** Clients ignore it. */
export function encodeComment(text: string): string {
  return lines(': ', checkText('comment', text));
}

function lines(prefix: string, text: string): string {
  if (!BREAKS.test(text)) return `${prefix}${text}\n`;
  let all = '';
  for (const line of text.split(LINE_END)) all += `${prefix}${line}\n`;
  return all;
}

function oneLine(name: string, value: string): string {
  if (NOT_IN_LINE.test(checkText(name, value))) {
    throw new TypeError(`The event's ${name} is ${show(value)}; it may hold no CR, LF or NUL.`);
  }
  return value;
}

function checkText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`The event's ${name} is ${show(value)}; it must be a string.`);
}

function milliseconds(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new TypeError(`The event's retry is ${show(value)}; it must be whole milliseconds.`);
}
