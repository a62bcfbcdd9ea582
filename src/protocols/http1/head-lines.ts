/**
 * The beginning of every response: status line and Date, which are the same for all responses of a second.
 *
 *     HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT
 */
import { REASONS } from './status.ts';

/** RFC 9110, 10.1.1. */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** Milliseconds since 1970: time as a parameter, so that a simulator can set it. */
export type Now = () => number;

export class HeadLines {
  #now: Now;
  #second = -1;
  #date = '';
  /** By status; emptied when the second changes. */
  #lines: Array<string | undefined> = [];

  constructor(now: Now) {
    this.#now = now;
  }

  /** Without the last CRLF. `status` has been checked: 100 to 599. */
  of(status: number): string {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) this.#turn(second);
    return this.#lines[status] ?? this.#make(status);
  }

  #turn(second: number): void {
    this.#second = second;
    this.#date = new Date(second * 1000).toUTCString(); // IMF-fixdate (RFC 9110, 5.6.7)
    this.#lines = [];
  }

  #make(status: number): string {
    const line = `${statusLine(status)}\r\nDate: ${this.#date}`;
    this.#lines[status] = line;
    return line;
  }
}

/** RFC 9112, 4: the reason phrase may be empty, the space before it may not. */
export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`;
}
