/** Does what each text says, gives bytes back, and notes how its WebSockets end. `?pushes`: it pushes, too; `?pings`: often. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError } from '../../../src/errors.ts';
import { defineHandler, type StartContext } from '../../../src/handler.ts';
import type { WebSocketConnection, WebSocketHooks } from '../../../src/http/websocket.ts';
import { http } from '../../../src/protocols/http1/http.ts';

let log: string | undefined;
const note = (what: string) => {
  if (log !== undefined) appendFileSync(log, `${what}\n`);
};

type Talker = WebSocketConnection<{ messages: number }>;

async function late(ms: string, text: string): Promise<string> {
  await sleep(Number(ms));
  return text;
}

function act(text: string, connection: Talker): string | Uint8Array | Promise<string> | undefined {
  const [verb, first, ...rest] = text.split(' ');
  const words = rest.join(' ');
  switch (verb) {
    case 'late':
      return late(first, words);
    case 'send':
      return connection.send(first) === 'ok' ? `sent ${words}` : 'not sent';
    case 'close':
      connection.close(Number(first), words);
      return 'last words';
    case 'close-plain':
      connection.close();
      return `then ${connection.send('too late')}`;
    case 'close-badly':
      connection.close(1005);
      return undefined;
    case 'throw':
      throw new Error('secret');
    case 'reject':
      return sleep(Number(first)).then(() => Promise.reject(new Error('secret')));
    case 'nothing':
      return undefined;
    case 'junk':
      return 5 as never;
    case 'join':
      connection.subscribe(first, words === '' ? {} : { slow: words as 'skip' });
      return `joined ${first}`;
    case 'count':
      return String(connection.state.messages);
    case 'push-later':
      setTimeout(() => connection.send('pushed'), Number(first));
      return 'soon';
    case 'about': {
      const { path, query, params, headers, protocol, data } = connection.request;
      return JSON.stringify({ path, query, params, x: headers.get('x-say'), protocol, data });
    }
    default:
      return text;
  }
}

async function opened(connection: Talker): Promise<{ messages: number }> {
  if (connection.request.path === '/greet') connection.send('welcome');
  if (connection.request.path === '/closed') connection.close(4002, 'go');
  if (connection.request.path === '/late') await sleep(5);
  if (connection.request.path === '/broken') throw new Error('secret');
  return { messages: 0 };
}

/** The second is for machines that are slow. */
const pings = import.meta.url.includes('?pings')
  ? { pingIntervalMs: 1000, pongTimeoutMs: 4000 }
  : {};

export default defineHandler({
  protocol: http({
    websocket: { deflate: true, deflateThresholdBytes: 64, origins: 'same', ...pings },
  }),
  pushes: import.meta.url.includes('?pushes'),
  start({ data }: StartContext<{ log?: string } | undefined>) {
    log = data?.log;
  },
  message: (request) => ({ body: `plain ${request.method}` }),
  websocket: {
    protocols: ['v2', 'v1'],
    upgrade(request): ReturnType<NonNullable<WebSocketHooks['upgrade']>> {
      switch (request.path) {
        case '/refused':
          return { status: 401, body: 'who?' };
        case '/error':
          throw new HttpError(418, 'no');
        case '/late':
          return sleep(5, { data: { late: true }, headers: { 'x-more': 'y' } });
        case '/chosen':
          return { protocol: 'other' };
        case '/split':
          return { headers: { 'x-more': 'y\r\nx-split: z' } };
        case '/own':
          return { headers: { 'sec-websocket-accept': 'mine' } };
      }
    },
    open(connection) {
      if (connection.request.path === '/broken-at-once') throw new Error('secret');
      return opened(connection);
    },
    message(data, connection) {
      connection.state.messages += 1;
      return typeof data === 'string' ? act(data, connection) : data;
    },
    close: (_connection, { code, status, text }) => note(`closed ${code} ${status} ${text}`),
  },
});
