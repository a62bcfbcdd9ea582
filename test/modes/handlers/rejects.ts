/** Every hook that nobody waits for is async here, and rejects. */
import { appendFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { defineHandler, type StartContext } from '../../../src/handler.ts';
import { http } from '../../../src/protocols/http1/http.ts';
import { line } from '../../../src/protocols/line.ts';

interface Data {
  readonly log: string;
}

let log = '';
let follow: StartContext['follow'];

const rejects = async (what: string): Promise<never> => {
  throw new Error(`${what} rejects`);
};

const messages = defineHandler({
  protocol: line(),
  pushes: import.meta.url.includes('pushes'),
  start(context: StartContext<Data>) {
    ({ log } = context.data);
    ({ follow } = context);
  },
  async message(text, connection) {
    if (text === 'fail') return rejects('message');
    if (text === 'follow') {
      await follow('news', {
        begin: async () => rejects('begin'),
        message: async () => rejects('follower'),
      });
      connection.publish('news', 'one');
      return 'following';
    }
    return text;
  },
  close: async () => rejects('close'),
  async error(error) {
    appendFileSync(log, `${(error as Error).message}\n`);
    await rejects('error');
  },
  stop: async () => rejects('stop'),
});

const sockets = {
  async socket(socket: Socket) {
    const [first] = (await new Promise<Buffer>((resolve) => {
      socket.once('data', resolve);
    })) as unknown as number[];
    if (first === 'f'.charCodeAt(0)) await rejects('socket');
    socket.end('served\n');
  },
  drain: async () => rejects('drain'),
  stop: async () => rejects('stop'),
};

const websockets = {
  protocol: http(),
  message: () => ({ status: 404 }),
  websocket: {
    protocols: ['v1'],
    message: (data: string | Buffer) => data,
    close: async () => rejects('close'),
  },
};

const asked = new URL(import.meta.url).searchParams;
export default asked.has('websockets') ? websockets : asked.has('sockets') ? sockets : messages;
