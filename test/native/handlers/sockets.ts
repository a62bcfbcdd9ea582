/** Does what each text says, gives bytes back, and notes how its WebSockets end: for websocket.test.ts. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { router } from '../../../src/http/router.ts';
import type { WebSocketConnection } from '../../../src/http/websocket.ts';
import { http } from '../../../src/protocols/http1/http.ts';

const query = new URL(import.meta.url).searchParams;
const log = query.get('log');
const note = (line: string) => {
  if (log !== null) appendFileSync(log, `${line}\n`);
};
const pushers = new Set<WebSocketConnection>();

/** Answers the handshakes that wait, within the callback of another request. */
let accept = () => {};

type Talker = WebSocketConnection<{ messages: number }>;

function act(text: string, connection: Talker): unknown {
  const [verb, first, ...rest] = text.split(' ');
  switch (verb) {
    case 'late':
      return sleep(Number(first), rest.join(' '));
    case 'hold':
      return new Promise((resolve) => {
        connection.signal.addEventListener('abort', () => resolve(undefined));
      });
    case 'send':
      return connection.send(first) === 'ok' ? 'sent' : 'not sent';
    case 'fill': {
      let sent: string = 'ok';
      for (let i = 0; i < 200 && sent === 'ok'; i += 1) sent = connection.send('x'.repeat(65_536));
      note(`filled ${sent}`);
      return undefined;
    }
    case 'burst':
      while (connection.send('x'.repeat(65_536)) !== 'closed');
      return undefined;
    case 'close':
      connection.close(Number(first), rest.join(' '));
      return 'last words';
    case 'close-badly':
      connection.close(1005);
      return undefined;
    case 'throw':
      throw new Error('thrown');
    case 'junk':
      return 5;
    case 'push':
      pushers.add(connection);
      setTimeout(() => {
        for (const one of pushers) one.send('pushed');
      }, 1);
      return undefined;
    case 'join':
      connection.subscribe(first);
      return 'joined';
    case 'tell':
      connection.publish(first, rest[0] === 'bytes' ? Buffer.alloc(70_000, 1) : rest.join(' '));
      return 'told';
    case 'about': {
      const { path, params, protocol, headers } = connection.request;
      const { remoteAddress } = connection;
      return JSON.stringify([path, params, protocol, headers.get('x-say'), remoteAddress]);
    }
    case 'count':
      return String(connection.state.messages);
    default:
      return text;
  }
}

export default router({
  protocol: http({
    websocket: {
      deflate: query.has('deflate'),
      messageLimitBytes: 100_000,
      ...(query.has('fragmentLimit') && { fragmentLimit: Number(query.get('fragmentLimit')) }),
    },
  }),
  pushes: query.has('pushes'),
})
  .get('/plain', () => {
    accept();
    return { body: 'plain' };
  })
  .ws('/turns', {
    upgrade: () =>
      new Promise<object>((resolve) => {
        const before = accept;
        before();
        accept = () => resolve({});
      }),
    message: (data) => data,
  })
  .ws('/refused', { upgrade: () => ({ status: 401 }), message: () => undefined })
  .ws('/rooms/:room', {
    protocols: ['v2', 'v1'],
    upgrade: async () => sleep(1, { headers: { 'x-more': 'y' } }),
    open: async (connection) => {
      await sleep(1);
      connection.send('welcome');
      return { messages: 0 };
    },
    message(data, connection) {
      connection.state.messages += 1;
      return (typeof data === 'string' ? act(data, connection) : data) as string;
    },
    drain: () => note('drained'),
    close: (_connection, { code, status, text }) => note(`closed ${code} ${status} ${text}`),
  });
