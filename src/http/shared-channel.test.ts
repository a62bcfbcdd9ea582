/** A channel that follows a topic, without a server: ids, what a client that comes back has missed, and what is lost. */
import t from 'tap';
import type { Follower, StartContext } from '../handler.ts';
import { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import { eventChannel, type SharedChannel, type SharedEvent } from './event-channel.ts';
import type { EventBody } from './event-body.ts';

/** What a loop has for its handler, in the hands of the test. */
class Context implements Pick<StartContext, 'publish' | 'follow'> {
  readonly published: unknown[] = [];
  topic: string | undefined = undefined;
  #follower: Follower | undefined = undefined;
  #number: number;
  readonly #epoch: string;

  constructor(epoch: string, after = 0) {
    this.#epoch = epoch;
    this.#number = after;
  }

  publish = (topic: string, message: unknown): void => {
    this.published.push([topic, message]);
  };

  follow = (topic: string, follower: Follower): Promise<() => void> => {
    this.topic = topic;
    this.#follower = follower;
    follower.begin(this.#epoch, this.#number);
    return Promise.resolve(() => {
      this.topic = undefined;
    });
  };

  /** Leaves out so many numbers before it. */
  tell(message: unknown, lost = 0): void {
    this.#number += lost + 1;
    this.#follower!.message(message, this.#number);
  }
}

function request(lastEventId = ''): HttpRequest {
  const head = `Host: a\r\n${lastEventId === '' ? '' : `Last-Event-ID: ${lastEventId}\r\n`}`;
  return new HttpRequest('GET', '/', 1, true, false, head, 0, Buffer.alloc(0), '', undefined);
}

/** Everything that waits. */
async function read(response: HttpResponse): Promise<string> {
  const body = response.body as EventBody;
  if (body.waitingBytes === 0) return '';
  return (await body.next()).value ?? '';
}

const ids = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);

async function joined(history: number, epoch = 'e', after = 0) {
  const channel = eventChannel({ name: 'news', history, heartbeatMs: 0 });
  const context = new Context(epoch, after);
  await channel.join(context);
  const tell = (count: number, lost = 0) => {
    for (let i = 0; i < count; i += 1) context.tell({ data: `${i}` }, i === 0 ? lost : 0);
  };
  const connect = (id?: string) => channel.respond(request(id));
  return { channel, context, tell, connect };
}

t.test('what it publishes comes back with its number', async (t) => {
  const { channel, context, connect } = await joined(10);
  const client = connect();
  channel.publish({ event: 'greeting', data: 'hello' });
  t.same(context.published, [['news', { event: 'greeting', data: 'hello' }]]);
  t.equal(await read(client), '', 'nothing goes out before it is numbered');
  context.tell({ event: 'greeting', data: 'hello' });
  t.equal(await read(client), 'id: e-1\nevent: greeting\ndata: hello\n\n');
  t.equal(channel.size, 1);
});

t.test('who comes back, to whichever loop', async (t) => {
  const { tell, connect } = await joined(3, 'e', 100);
  tell(5);
  t.same(ids(await read(connect())), [], 'a new client begins with what comes');
  t.same(ids(await read(connect('e-105'))), []);
  t.same(ids(await read(connect('e-103'))), ['e-104', 'e-105']);
  t.same(ids(await read(connect('e-102'))), ['e-103', 'e-104', 'e-105'], 'all that is kept');
  for (const old of ['e-101', 'e-5', 'other-104', 'e-', 'e-1x', 'e-0104', '104', 'what']) {
    const text = await read(connect(old));
    t.match(text, `event: gap\ndata: ${old}\n\n`, `${old}: not known any more`);
    t.same(ids(text), ['e-103', 'e-104', 'e-105']);
  }
});

t.test('who had more events already, in a loop that was ahead', async (t) => {
  const { channel, tell, connect } = await joined(10);
  tell(2);
  const client = connect('e-4');
  const gone = connect('e-9');
  const stays = connect('e-9');
  t.equal(channel.size, 3);
  await (gone.body as EventBody).return();
  t.equal(channel.size, 2);
  tell(4);
  t.same(ids(await read(client)), ['e-5', 'e-6'], 'nothing twice');
  channel.close();
  t.equal((stays.body as EventBody).ended, 'server');
  t.equal(channel.size, 0);
});

t.test('what is lost is told', async (t) => {
  const { tell, connect } = await joined(10);
  const client = connect();
  tell(2);
  tell(2, 3);
  const text = await read(client);
  t.same(ids(text), ['e-1', 'e-2', 'e-6', 'e-7']);
  t.match(text, 'id: e-2\ndata: 1\n\nevent: gap\ndata: e-2\n\nid: e-6\n');
  t.match(await read(connect('e-2')), /^event: gap\ndata: e-2\n\nid: e-6\n[^]*id: e-7\n/);
  t.same(ids(await read(connect('e-5'))), ['e-6', 'e-7']);
});

t.test('what is no event takes its number, and nothing else', async (t) => {
  const { channel, context, connect } = await joined(10);
  const client = connect();
  for (const wrong of ['text', null, { id: 'mine', data: 'a' }, { data: 5 }, {}]) {
    t.throws(() => context.tell(wrong), TypeError);
    t.throws(() => channel.publish(wrong as SharedEvent), TypeError);
  }
  t.same(context.published, []);
  context.tell({ data: 'right' });
  t.equal(await read(client), 'id: e-6\ndata: right\n\n');
  t.match(await read(connect('e-2')), /^(:\n)*id: e-6\n/, 'and no gap');
});

t.test('before it has joined, and after', async (t) => {
  const channel: SharedChannel = eventChannel({ name: 'news' });
  const wrong = {
    code: 'PATTERNS_HANDLER',
    message: /"news" has joined no server: await its join/,
  };
  t.throws(() => channel.respond(request()), wrong);
  t.throws(() => channel.publish({ data: 'a' }), wrong);
  const context = new Context('e');
  await channel.join(context);
  t.equal(context.topic, 'news');
  const twice = { code: 'PATTERNS_HANDLER', message: /has joined a server already/ };
  await t.rejects(channel.join(new Context('f')), twice);
  channel.close();
  t.equal(context.topic, undefined);
  t.same(channel.respond(request()), { status: 204 });
  t.doesNotThrow(() => channel.publish({ data: 'to nobody' }));
  const next = new Context('f');
  await channel.join(next);
  const client = channel.respond(request('e-1'));
  next.tell({ data: 'again' });
  t.equal(await read(client), 'event: gap\ndata: e-1\n\nid: f-1\ndata: again\n\n');
});
