import t from 'tap';
import { ListenError } from '../errors.ts';
import { explainListen, formatAddress } from './listener.ts';

t.test('addresses as text', async (t) => {
  t.equal(formatAddress({ host: '127.0.0.1', port: 7000 }), 'tcp://127.0.0.1:7000');
  t.equal(formatAddress({ host: '::1', port: 7000 }), 'tcp://[::1]:7000');
  t.equal(formatAddress({ path: '/run/x.sock' }), 'unix:/run/x.sock');
});

t.test('why an address cannot be listened on', async (t) => {
  const tcp = { host: '127.0.0.1', port: 80 };
  const unix = { path: '/run/x.sock' };
  const cases: Array<[string, object, RegExp]> = [
    [
      'EADDRINUSE',
      tcp,
      /^Cannot listen on tcp:\/\/127\.0\.0\.1:80: the port is in use; stop the program/,
    ],
    ['EADDRINUSE', unix, /another server listens there/],
    ['EACCES', tcp, /no permission; ports below/],
    ['EACCES', unix, /no such folder, or no permission/],
    ['EADDRNOTAVAIL', tcp, /no such address/],
    ['ENOTFOUND', tcp, /host name is not known/],
    ['ENOENT', unix, /folder/],
    ['EINVAL', unix, /too long for a Unix socket/],
    ['EINVAL', tcp, /address is not valid/],
    ['EMFILE', tcp, /: EMFILE\.$/],
  ];
  for (const [code, target, expected] of cases) {
    const cause = Object.assign(new Error(code), { code });
    const error = explainListen(cause, target as typeof tcp);
    t.ok(error instanceof ListenError);
    t.equal(error.cause, cause);
    t.match(error.message, expected);
  }
});
