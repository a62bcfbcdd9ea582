/** RFC 9112, 9.3 (persistence), 9.6 (the end); RFC 9110, 7.6.1 (Connection), 7.8 (Upgrade), 10.1.1 (Expect). */
import { Area } from './case.ts';

export const connection = new Area('connection');
const { refuses, takes } = connection;

const get = (fields: string, version = '1.1') =>
  `GET / HTTP/${version}\r\nHost: a\r\n${fields}\r\n`;
const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const next = { target: '/next' };
const host: [string, string] = ['host', 'a'];
const line = (name: string, value: string) => ({
  headers: [host, [name, value] as [string, string]],
});

for (const value of ['close', 'Close', 'x, close', 'close, keep-alive', ' close ,x', ',,close']) {
  takes(
    `Connection: ${value}, and nothing behind it (9.6)`,
    get(`Connection: ${value}\r\n`) + NEXT,
    {
      ...line('connection', value.trim()),
      keepAlive: false,
    },
  );
}
takes('close on the second of two lines', get('Connection: x\r\nConnection: close\r\n') + NEXT, {
  headers: [host, ['connection', 'x'], ['connection', 'close']],
  keepAlive: false,
});
for (const value of ['keep-alive', 'xclose', 'close-x', '"close"', '', 'close;x']) {
  takes(`Connection: ${value}, and the next request`, get(`Connection: ${value}\r\n`) + NEXT, [
    line('connection', value),
    next,
  ]);
}
takes('bytes that are no request behind the last one', `${get('Connection: close\r\n')}\0\x01`, {
  ...line('connection', 'close'),
  keepAlive: false,
});
takes('Proxy-Connection, which means nothing (C.2.2)', get('Proxy-Connection: close\r\n') + NEXT, [
  line('proxy-connection', 'close'),
  next,
]);

takes('HTTP/1.0, and nothing behind it', get('', '1.0') + NEXT, {
  minorVersion: 0,
  keepAlive: false,
});
takes('HTTP/1.0 that stays (C.2.2)', get('Connection: Keep-Alive\r\n', '1.0') + NEXT, [
  { ...line('connection', 'Keep-Alive'), minorVersion: 0 },
  next,
]);
takes('HTTP/1.0 that says both', get('Connection: keep-alive, close\r\n', '1.0') + NEXT, {
  ...line('connection', 'keep-alive, close'),
  minorVersion: 0,
  keepAlive: false,
});

const asks = 'Connection: upgrade\r\nUpgrade: x\r\n';
const both: Array<[string, string]> = [host, ['connection', 'upgrade'], ['upgrade', 'x']];
takes('an upgrade that is not granted: HTTP goes on (7.8)', get(asks) + NEXT, [
  { headers: both, upgrade: true },
  next,
]);
takes('Upgrade without its option', get('Upgrade: x\r\n') + NEXT, [line('upgrade', 'x'), next]);
takes('the option without Upgrade', get('Connection: upgrade\r\n') + NEXT, [
  line('connection', 'upgrade'),
  next,
]);
takes('an upgrade of HTTP/1.0 (7.8: ignored)', get(asks, '1.0'), {
  headers: both,
  minorVersion: 0,
  keepAlive: false,
});
takes('an upgrade with close', get(`${asks}Connection: close\r\n`), {
  headers: [...both, ['connection', 'close']],
  keepAlive: false,
});

const post = (fields: string, body: string) =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
for (const value of ['100-continue', '100-Continue']) {
  takes(`Expect: ${value} (10.1.1)`, post(`Expect: ${value}\r\n`, 'hello') + NEXT, [
    {
      method: 'POST',
      headers: [host, ['expect', value], ['content-length', '5']],
      body: 'hello',
    },
    next,
  ]);
}
takes('100-continue without a body', get('Expect: 100-continue\r\n') + NEXT, [
  line('expect', '100-continue'),
  next,
]);
takes('any expectation of HTTP/1.0 (10.1.1: ignored)', get('Expect: x\r\n', '1.0'), {
  ...line('expect', 'x'),
  minorVersion: 0,
  keepAlive: false,
});
for (const value of ['x', '', '100-continue, x', '100-continue;x', '200-ok']) {
  refuses(`Expect: ${value}`, post(`Expect: ${value}\r\n`, 'hello'), 417);
}
refuses('one expectation of two', post('Expect: 100-continue\r\nExpect: x\r\n', 'hello'), 417);

takes(
  'fields that concern the next hop (7.6.1)',
  get('TE: trailers\r\nKeep-Alive: timeout=5\r\n') + NEXT,
  [{ headers: [host, ['te', 'trailers'], ['keep-alive', 'timeout=5']] }, next],
);
