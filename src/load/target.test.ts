import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import t from 'tap';
import { OptionError } from '../errors.ts';
import { parseTarget, resolveAddress, showAddress } from './target.ts';

t.test('targets', async (t) => {
  const cases: Array<[string, string | undefined, string, object]> = [
    ['tcp://127.0.0.1:7000', undefined, 'bytes', { host: '127.0.0.1', port: 7000 }],
    ['tcp://127.0.0.1:7000/', undefined, 'bytes', { host: '127.0.0.1', port: 7000 }],
    ['tcp://localhost:1', 'line', 'line', { host: 'localhost', port: 1 }],
    ['resp://127.0.0.1:6379', undefined, 'resp', { host: '127.0.0.1', port: 6379 }],
    ['resp://127.0.0.1:6379', 'resp', 'resp', { host: '127.0.0.1', port: 6379 }],
    ['length-prefix://[::1]:65535', undefined, 'length-prefix', { host: '::1', port: 65_535 }],
    ['unix:/run/x.sock', undefined, 'bytes', { path: '/run/x.sock' }],
    ['unix:///run/x.sock', 'msgpack', 'msgpack', { path: '/run/x.sock' }],
    ['unix:x y.sock', undefined, 'bytes', { path: 'x y.sock' }],
    ['line+unix:/run/x.sock', undefined, 'line', { path: '/run/x.sock' }],
  ];
  for (const [url, option, protocol, address] of cases) {
    t.match(parseTarget(url, option), { url, protocol, address, path: undefined }, url);
  }
});

t.test('HTTP has a path, and a port of its own', async (t) => {
  const http = (url: string, option?: string) => {
    const { address, host, path, protocol } = parseTarget(url, option);
    return [protocol, address, host, path];
  };
  t.same(http('http://localhost'), ['http', { host: 'localhost', port: 80 }, 'localhost', '/']);
  t.same(http('http://[::1]:8080/a?b=c'), [
    'http',
    { host: '::1', port: 8080 },
    '[::1]:8080',
    '/a?b=c',
  ]);
  t.same(http('tcp://h:1/x', 'http'), ['http', { host: 'h', port: 1 }, 'h:1', '/x']);
  t.same(http('http://h?b=c'), ['http', { host: 'h', port: 80 }, 'h', '/?b=c']);
  t.same(http('http+unix:/s'), ['http', { path: '/s' }, undefined, undefined]);
  t.same(http('ws+unix:/s:/chat?a=b:/c'), ['ws', { path: '/s' }, undefined, '/chat?a=b:/c']);
  t.same(http('unix:/s:/a', 'http'), ['http', { path: '/s' }, undefined, '/a']);
  t.same(http('line+unix:/s:/a'), ['line', { path: '/s:/a' }, undefined, undefined]);
});

t.test('what is none', async (t) => {
  for (const url of [
    '',
    'tcp://',
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:0',
    'tcp://127.0.0.1:65536',
    '127.0.0.1:80',
    'tcp://127.0.0.1:80/path',
    'tcp://a:b@c:1',
    'unix:',
    '://x:1',
    'TCP://x:1',
  ]) {
    t.throws(() => parseTarget(url, undefined), OptionError, JSON.stringify(url));
  }
  t.throws(() => parseTarget('localhost:7000', undefined), {
    message: / Did you mean tcp:\/\/localhost:7000\?$/,
  });
  t.throws(() => parseTarget('tcp://x:1?a=b', undefined), {
    message: /has a path, and bytes has none/,
  });
  t.throws(() => parseTarget('http://x:1/a#b', undefined), { message: /Leave #b out/ });
  t.throws(() => parseTarget('http://me:secret@x:1/', undefined), {
    message: /Leave the name and password out: --header=/,
  });
  t.throws(() => parseTarget('resp://x:1', 'line'), {
    message: /says resp and the option protocol says line/,
  });
  t.throws(() => parseTarget('gopher://x:1', undefined), {
    message: /^There is no protocol gopher to load; it must be one of bytes, /,
  });
  t.throws(() => parseTarget('constructor://x:1', undefined), OptionError);
  t.throws(() => parseTarget('wss://x:1/chat', undefined), {
    message: 'TLS is not spoken yet: load what is behind it, ws://x:1/chat say.',
  });
});

t.test('names are looked up once', async (t) => {
  const literal = { host: '::1', port: 5 };
  t.same(await resolveAddress(literal), literal);
  t.same(await resolveAddress({ path: '/x' }), { path: '/x' });
  const found = await resolveAddress({ host: 'localhost', port: 5 });
  t.match(showAddress(found), /^(?:127\.0\.0\.1|\[::1\]):5$/);
  await t.rejects(resolveAddress({ host: 'does-not-exist.invalid', port: 5 }), {
    message: /^The name does-not-exist\.invalid was not found/,
  });
});

t.test('of several addresses the first that accepts', async (t) => {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const both = async () => [
    { address: '127.0.0.2', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  t.same(await resolveAddress({ host: 'both', port }, both), { host: '127.0.0.1', port });
  const gone = once(server, 'close');
  server.close();
  await gone;
  t.same(await resolveAddress({ host: 'both', port }, both), { host: '127.0.0.2', port });
});

t.test('addresses as people write them', async (t) => {
  t.equal(showAddress({ host: '1.2.3.4', port: 5 }), '1.2.3.4:5');
  t.equal(showAddress({ host: '::1', port: 5 }), '[::1]:5');
  t.equal(showAddress({ path: '/x' }), '/x');
});
