/** A case of a request: heard in every way (support.ts), and taken or refused. */
import t from 'tap';
import type { HttpOptions } from '../../src/protocols/http1/http.ts';
import { Step } from '../../src/protocols/protocol.ts';
import { bytes, hear, hearAll, type PlainRequest } from './support.ts';

/** A case: what must be refused, with which status, and what the sentence says. */
export function refuses(
  what: string,
  text: string,
  status: number,
  says: RegExp = /./,
  options: HttpOptions = {},
): void {
  void t.test(`refuses ${what}`, async (t) => {
    const heard = await hearAll(text, options);
    t.equal(heard.step, Step.FAIL);
    t.equal(heard.status, status);
    t.match(heard.says, says);
    t.match(heard.reply, `HTTP/1.1 ${status} `);
    t.match(heard.reply, /\r\nConnection: close\r\n/);
    t.same(heard.messages, []);
    // One that is in order goes before it; nothing that comes after it is heard.
    const good = 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n';
    const between = hear([bytes(good + text + good)], options);
    t.same(
      between.messages.map(({ target }) => target),
      ['/good'],
    );
    t.equal(between.status, status);
  });
}

/** A case: what must be taken. The defaults are those of `GET / HTTP/1.1` with `Host: a`. */
export function takes(
  what: string,
  text: string,
  expected: Partial<PlainRequest> | ReadonlyArray<Partial<PlainRequest>>,
  options: HttpOptions = {},
): void {
  void t.test(`takes ${what}`, async (t) => {
    const heard = await hearAll(text, options);
    t.equal(heard.says, '');
    const list = Array.isArray(expected) ? expected : [expected];
    t.equal(heard.messages.length, list.length);
    list.forEach((each, i) => t.same(heard.messages[i], { ...DEFAULT, ...each }));
  });
}

const DEFAULT: PlainRequest = {
  method: 'GET',
  target: '/',
  minorVersion: 1,
  keepAlive: true,
  upgrade: false,
  headers: [['host', 'a']],
  body: '',
  trailers: [],
};
