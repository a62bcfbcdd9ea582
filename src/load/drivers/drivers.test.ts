/** Every driver, with bytes alone: whole, and cut at every byte. */
import t from 'tap';
import { makeProtocol, protocolNames } from '../../protocols/index.ts';
import { Step } from '../../protocols/protocol.ts';
import { Writer } from '../../protocols/writer.ts';
import { readWork, type PayloadPlan } from '../payload.ts';
import { Found, type Driver, type Session } from './driver.ts';
import { driverNames, isDriver, makeDriver } from './index.ts';

const plan = { seed: 1 };

async function driverOf(protocol: string, payload: Partial<PayloadPlan> = {}): Promise<Driver> {
  return makeDriver(protocol, {}, await readWork({ ...plan, protocol, ...payload }, 0));
}

function bytesOf(writer: Writer): Buffer {
  const bytes =
    writer.single === undefined
      ? writer.string === ''
        ? writer.buffer.subarray(0, writer.length)
        : Buffer.from(writer.string, writer.latin1Only ? 'latin1' : 'utf8')
      : writer.single;
  const copy = Buffer.from(bytes);
  writer.clear();
  return copy;
}

/** What an echo server of the protocol makes of the bytes. */
function echo(protocol: string, request: Buffer): Buffer {
  if (protocol === 'reference') return request;
  const { client, server } = makeProtocol(protocol);
  t.ok(client);
  const decoder = server.decoder(1024 * 1024);
  const writer = new Writer();
  decoder.feed(request, 0, request.length, 0);
  while (decoder.next() === Step.MESSAGE) {
    const message = decoder.take();
    const reply = protocol === 'http' ? { body: (message as { body: Buffer }).body } : message;
    server.encode(reply, writer, message);
  }
  return bytesOf(writer);
}

/** All that is found, as the bytes come in pieces of that size, each in the one buffer that the engine reuses. */
function feed(session: Session, bytes: Buffer, size: number): Found[] {
  const found: Found[] = [];
  const shared = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const end = bytes.copy(shared, 0, at, Math.min(bytes.length, at + size));
    session.feed(shared, end);
    for (;;) {
      const one = session.next();
      if (one === Found.MORE) break;
      found.push(one);
      if (one === Found.FAIL || one === Found.END) return found;
    }
    shared.fill(0xff); // what the next read does
  }
  return found;
}

t.test('the table', async (t) => {
  t.same(driverNames, [...protocolNames, 'sse', 'ws']);
  t.ok(isDriver('reference'));
  t.notOk(isDriver('toString'));
});

/** WebSocket has a handshake first: websocket.test.ts. */
for (const name of [...protocolNames, 'reference']) {
  t.test(`${name}: answers are found wherever they are cut`, async (t) => {
    const driver = await driverOf(name, { expect: 'echo', payloadBytes: 20 });
    const session = driver.session();
    const writer = new Writer();
    t.ok(session.open(writer), 'requests follow at once');
    t.equal(writer.size, 0);
    for (const size of [1, 2, 3, 7, 16, 1000]) {
      for (const sequence of [0, 1, 2]) session.request(sequence, writer);
      const answers = echo(name, bytesOf(writer));
      t.same(
        feed(session, answers, size),
        [Found.ANSWER, Found.ANSWER, Found.ANSWER],
        `pieces of ${size}`,
      );
    }
    t.equal(session.finish(), Found.END, 'at a boundary the end is in order');
  });

  t.test(`${name}: an answer that nobody asked for`, async (t) => {
    const driver = await driverOf(name, { payloadBytes: 20 });
    const session = driver.session();
    const writer = new Writer();
    session.request(0, writer);
    const answer = echo(name, bytesOf(writer));
    const found = feed(session, Buffer.concat([answer, answer]), 1000);
    t.same(found, [Found.ANSWER, Found.FAIL]);
    t.match(session.problem, /no request had asked for/);
  });
}

for (const name of protocolNames) {
  t.test(`${name}: --expect=echo finds another answer`, async (t) => {
    const ours = await driverOf(name, { expect: 'echo', payloadBytes: 20 });
    const messageAt = () => otherMessage(name);
    const work = { constant: undefined, messageAt, check: undefined, expectEcho: false };
    const other = makeDriver(name, {}, work);
    const session = ours.session();
    const writer = new Writer();
    session.request(0, writer);
    bytesOf(writer);
    session.request(1, writer);
    const right = echo(name, bytesOf(writer));
    other.session().request(0, writer);
    const wrong = echo(name, bytesOf(writer));
    t.same(feed(session, Buffer.concat([wrong, right]), 5), [Found.WRONG, Found.ANSWER]);
    t.equal(session.problem, 'the answer is not what was sent');
  });
}

function otherMessage(protocol: string): unknown {
  if (protocol === 'bytes' || protocol === 'length-prefix') return Buffer.alloc(20, 'y');
  if (protocol === 'http') return { method: 'POST', body: 'y'.repeat(20) };
  return protocol === 'resp' ? ['ECHO', 'y'.repeat(20)] : 'y'.repeat(20);
}

t.test('framed protocols: garbage, and an end within an answer', async (t) => {
  for (const [name, garbage] of [
    ['resp', '!what\r\n'],
    ['json-lines', 'not json\n'],
    ['length-prefix', '\xff\xff\xff\xff'],
    ['msgpack', '\xff\xff\xff\xff'],
  ] as const) {
    const session = (await driverOf(name)).session();
    session.request(0, new Writer());
    t.same(feed(session, Buffer.from(garbage, 'latin1'), 100), [Found.FAIL], name);
    t.not(session.problem, '', session.problem);
  }
  for (const name of ['resp', 'json-lines', 'line', 'length-prefix', 'msgpack', 'reference']) {
    const session = (await driverOf(name)).session();
    const writer = new Writer();
    session.request(0, writer);
    const answer = echo(name, bytesOf(writer));
    t.same(feed(session, answer.subarray(0, -1), 3), []);
    t.equal(session.finish(), Found.FAIL, name);
  }
});

t.test('resp: an error is an answer, and a wrong one', async (t) => {
  const session = (await driverOf('resp')).session();
  for (const sequence of [0, 1]) session.request(sequence, new Writer());
  t.same(feed(session, Buffer.from('-ERR unknown command\r\n+PONG\r\n'), 100), [
    Found.WRONG,
    Found.ANSWER,
  ]);
  t.match(session.problem, 'the server answered with the error ERR unknown command');
});

const http = (payload: Partial<PayloadPlan>) =>
  driverOf('http', { path: '/a?b', host: 'h:80', ...payload });

function requested(driver: Driver): string {
  const writer = new Writer();
  driver.session().request(0, writer);
  return bytesOf(writer).toString();
}

t.test('http: what is asked for', async (t) => {
  t.equal(requested(await http({})), 'GET /a?b HTTP/1.1\r\nhost: h:80\r\n\r\n');
  t.match(
    requested(await http({ payloadBytes: 3 })),
    /^POST \/a\?b [^]*Content-Length: 3\r\n\r\nxxx$/,
  );
  const more = { method: 'PUT', headers: [['x-a', '1'] as const], payloadText: 'two' };
  t.equal(
    requested(await http(more)),
    'PUT /a?b HTTP/1.1\r\nhost: h:80\r\nx-a: 1\r\nContent-Length: 3\r\n\r\ntwo',
  );
  t.equal(
    requested(await http({ headers: [['Host', 'other']] })),
    'GET /a?b HTTP/1.1\r\nHost: other\r\n\r\n',
  );
  const payloadModule = `data:text/javascript,export default {
    request: (sequence) => ({ target: '/' + sequence, headers: { 'X-A': sequence, b: ['c', 'd'] } }),
  }`;
  t.equal(
    requested(await http({ payloadModule, headers: [['x-a', 'z']] })),
    'GET /0 HTTP/1.1\r\nhost: h:80\r\nX-A: 0\r\nb: c\r\nb: d\r\n\r\n',
    'a module says what is its own',
  );
  for (const wrong of [{ method: 'A B' }, { headers: [['a', 'b\r\nc: d'] as const] }]) {
    await t.rejects(http(wrong), TypeError);
  }
  await t.rejects(http({ statuses: '2xx,6xx' }), { message: /^statuses is "2xx,6xx"/ });
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';

/** What a session finds in answers to as many requests, and their statuses. */
async function answers(
  payload: Partial<PayloadPlan>,
  texts: readonly string[],
  size: number,
): Promise<{ found: Found[]; statuses: number[]; session: Session }> {
  const session = (await http(payload)).session();
  const writer = new Writer();
  for (const at of texts.keys()) session.request(at, writer);
  const statuses: number[] = [];
  const counting: Session = Object.create(session, {
    next: {
      value: () => {
        const found = session.next();
        if (found === Found.ANSWER || found === Found.DENIED) statuses.push(session.status!);
        return found;
      },
    },
    feed: { value: (buffer: Buffer, end: number) => session.feed(buffer, end) },
  }) as Session;
  return { found: feed(counting, Buffer.from(texts.join('')), size), statuses, session };
}

t.test('http: statuses, and which of them count', async (t) => {
  const { ANSWER, DENIED } = Found;
  for (const size of [1, 7, 1000]) {
    const { found, session, statuses } = await answers({}, [OK, OK, NOT_FOUND, OK], size);
    t.same(found, [ANSWER, ANSWER, DENIED, ANSWER]);
    t.same(statuses, [200, 200, 404, 200]);
    t.equal(session.problem, 'the server answered with the status 404');
  }
  const any = await answers({ statuses: 'any' }, [OK, NOT_FOUND], 1000);
  t.same(any.found, [ANSWER, ANSWER]);
  const some = await answers({ statuses: '404' }, [OK, NOT_FOUND], 1000);
  t.same(some.found, [DENIED, ANSWER]);
});

t.test('http: answers to HEAD have no body, interim ones are no answers', async (t) => {
  const head = OK.replace('hi', '');
  for (const size of [1, 1000]) {
    const heads = await answers({ method: 'HEAD' }, [head, head, head], size);
    t.same(heads.found, [Found.ANSWER, Found.ANSWER, Found.ANSWER]);
    t.same(heads.statuses, [200, 200, 200]);
    const interim = `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`;
    t.same((await answers({}, [interim, interim], size)).statuses, [200, 200]);
  }
});

t.test('http: the ends of answers and of connections', async (t) => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\n\r\n';
  const closing = OK.replace('\r\n', '\r\nConnection: close\r\n');
  for (const size of [1, 1000]) {
    t.same((await answers({}, [chunked, OK, chunked], size)).statuses, [200, 200, 200]);
    const { found, session } = await answers({}, [OK, closing, OK], size);
    t.same(found, [Found.ANSWER, Found.ANSWER, Found.END], 'nothing behind it is read');
    t.equal(session.finish(), Found.END);
    const last = await answers({}, ['HTTP/1.1 200 OK\r\n\r\nup to the end'], size);
    t.same(last.found, []);
    t.equal(last.session.finish(), Found.ANSWER, last.session.problem);
    const cut = await answers({}, [OK.slice(0, -1)], size);
    t.equal(cut.session.finish(), Found.FAIL);
    const wrong = await answers({}, ['HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'], size);
    t.same(wrong.found, [Found.FAIL]);
  }
});

t.test('resp: redis answers ECHO with its argument', async (t) => {
  const session = (await driverOf('resp', { expect: 'echo', payloadBytes: 3 })).session();
  session.request(0, new Writer());
  t.same(feed(session, Buffer.from('$3\r\nxxx\r\n'), 100), [Found.ANSWER]);
});

t.test('an answer known to be right is right again, another one is looked at', async (t) => {
  const session = (await driverOf('json-lines', { expect: 'echo', payloadBytes: 2 })).session();
  for (let i = 0; i < 4; i += 1) session.request(i, new Writer());
  t.same(feed(session, Buffer.from('"xx"\n"xx"\n "xx"\n"xy"\n'), 100), [
    Found.ANSWER,
    Found.ANSWER,
    Found.ANSWER,
    Found.WRONG,
  ]);
});

t.test('a module makes each request and checks each answer', async (t) => {
  const module = `data:text/javascript,export default {
    start({ seed, thread }) { this.base = seed * 1000 + thread; },
    request(sequence) { return 'r' + (this.base + sequence); },
    check(answer, request, sequence) {
      if (String(answer) === String(request).toUpperCase()) return true;
      return sequence === 7 ? false : 'not in capitals: ' + answer;
    },
  }`;
  for (const name of ['line', 'bytes']) {
    const work = await readWork({ protocol: name, payloadModule: module, seed: 3 }, 2);
    const session = makeDriver(name, {}, work).session();
    const writer = new Writer();
    const end = name === 'line' ? '\n' : '';
    session.request(5, writer);
    t.equal(bytesOf(writer).toString(), `r3007${end}`, name);
    t.same(feed(session, Buffer.from(`R3007${end}`), 2), [Found.ANSWER]);
    session.request(6, writer);
    session.request(7, writer);
    t.same(feed(session, Buffer.from(`r3008${end}r3009${end}`), 2), [Found.WRONG, Found.WRONG]);
    t.match(session.problem, 'the check of the payload module');
  }
});

t.test('payloads that cannot be', async (t) => {
  const work = (payload: Partial<PayloadPlan>) =>
    readWork({ ...plan, protocol: 'json-lines', ...payload }, 0);
  await t.rejects(work({ payloadFile: '/does/not/exist' }), { message: /cannot be read/ });
  await t.rejects(work({ payloadFile: '/dev/null' }), { message: /is empty/ });
  await t.rejects(work({ payloadFile: import.meta.filename }), {
    message: /is not what the protocol sends/,
  });
  await t.rejects(work({ payloadModule: '/does/not/exist.js' }), { message: /does not load/ });
  await t.rejects(work({ payloadModule: 'data:text/javascript,export default {}' }), {
    message: /no default export/,
  });
  const empty = await work({
    payloadModule: "data:text/javascript,export default { request: () => '' }",
  });
  t.throws(() => makeDriver('bytes', {}, empty).session().request(0, new Writer()), TypeError);
});

t.test('a file is the message', async (t) => {
  const folder = t.testdir({ 'one.json': '{"a":[1,2]}\n', 'two.txt': 'hello\r\n' });
  const writer = new Writer();
  (await driverOf('json-lines', { payloadFile: `${folder}/one.json` }))
    .session()
    .request(0, writer);
  t.equal(bytesOf(writer).toString(), '{"a":[1,2]}\n');
  (await driverOf('line', { payloadFile: `${folder}/two.txt` })).session().request(0, writer);
  t.equal(bytesOf(writer).toString(), 'hello\n');
  (await driverOf('bytes', { payloadFile: `${folder}/two.txt` })).session().request(0, writer);
  t.equal(bytesOf(writer).toString(), 'hello\r\n');
});
