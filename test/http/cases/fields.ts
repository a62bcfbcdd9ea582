/** RFC 9112, 5 (field syntax) and 2.2; RFC 9110, 5.5 (values), 5.3 (order), 7.2 and RFC 9112, 3.2 (Host). */
import { Area } from './case.ts';

export const fields = new Area('fields');
const { refuses, takes } = fields;

const request = (fields: string) => `GET / HTTP/1.1\r\n${fields}\r\n\r\n`;
const withHost = (fields: string) => request(`Host: a\r\n${fields}`);

takes('blanks around a value (5.1)', request('Host: \t a \t'), {});
takes('no blank', request('Host:a'), {});
takes('an empty value', withHost('X:'), {
  headers: [
    ['host', 'a'],
    ['x', ''],
  ],
});
takes('a value of blanks', withHost('X: \t '), {
  headers: [
    ['host', 'a'],
    ['x', ''],
  ],
});
takes('blanks inside', withHost('X: a \t b'), {
  headers: [
    ['host', 'a'],
    ['x', 'a \t b'],
  ],
});
takes('bytes beyond ASCII as latin1 (5.5, obs-text)', withHost('X: \xe9\xff\x80\xa0'), {
  headers: [
    ['host', 'a'],
    ['x', '\xe9\xff\x80\xa0'],
  ],
});
takes('every byte of a name (5.6.2)', withHost("!#$%&'*+-.^_`|~09azAZ: x"), {
  headers: [
    ['host', 'a'],
    ["!#$%&'*+-.^_`|~09azaz", 'x'],
  ],
});
takes('a colon in a value', withHost('X: a:b: c'), {
  headers: [
    ['host', 'a'],
    ['x', 'a:b: c'],
  ],
});
takes('names of the language', withHost('__proto__: 1\r\nconstructor: 2'), {
  headers: [
    ['host', 'a'],
    ['__proto__', '1'],
    ['constructor', '2'],
  ],
});
takes('one name twice, in order (5.3)', withHost('X: 1\r\nY: 2\r\nx: 3'), {
  headers: [
    ['host', 'a'],
    ['x', '1'],
    ['y', '2'],
    ['x', '3'],
  ],
});
takes(
  'a name as long as those that frame, and none of them',
  withHost('Hosd: b\r\nContent-Lengti: x\r\nTransfer-Encodinh: y'),
  {
    headers: [
      ['host', 'a'],
      ['hosd', 'b'],
      ['content-lengti', 'x'],
      ['transfer-encodinh', 'y'],
    ],
  },
);

refuses('a line without colon', withHost('Xy'), 400);
refuses('an empty name', withHost(': x'), 400, /empty/);
refuses('a space before the colon (5.1)', withHost('X : y'), 400, /space/);
refuses('a tab before the colon', withHost('X\t: y'), 400, /space/);
refuses('a space in front of the first name (2.2)', request(' Host: a'), 400, /folded/);
refuses('a folded line (5.2)', withHost('X: a\r\n b'), 400, /folded/);
refuses('a line folded with a tab', withHost('X: a\r\n\tb'), 400, /folded/);
refuses('a folded line of framing', withHost('Transfer-Encoding:\r\n chunked'), 400);
refuses('a bare LF at the end of a line (2.2)', request('Host: a\nX: b'), 400, /LF/);
refuses('a bare LF for the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 400);
refuses('a bare CR in a value', withHost('X: a\rb'), 400, /CR/);
refuses('a bare CR at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n', 400, /CR/);
refuses('CR CR LF', withHost('X: a\r'), 400);
for (let code = 0; code < 32; code += 1) {
  if (code === 9 || code === 10 || code === 13) continue;
  refuses(`byte ${code} in a value`, withHost(`X: a${String.fromCharCode(code)}b`), 400);
  refuses(`byte ${code} in a name`, withHost(`X${String.fromCharCode(code)}: b`), 400);
}
refuses('DEL in a value', withHost('X: \x7f'), 400);
for (const char of '"(),/;<=>?@[\\]{}\x80\xff')
  refuses(`${char} in a name`, withHost(`X${char}: b`), 400);

takes('an empty Host (3.2)', request('Host:'), { headers: [['host', '']] });
takes('a Host with port', request('Host: a.b-c.example:8080'), {
  headers: [['host', 'a.b-c.example:8080']],
});
takes('a Host with an empty port', request('Host: a:'), { headers: [['host', 'a:']] });
takes('a Host of every kind of byte', request("Host: a_~!$&'()*+,;=%20"), {
  headers: [['host', "a_~!$&'()*+,;=%20"]],
});
takes('a Host of IPv6', request('Host: [::ffff:127.0.0.1]:80'), {
  headers: [['host', '[::ffff:127.0.0.1]:80']],
});
takes('HTTP/1.0 with a Host', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n', {
  minorVersion: 0,
  keepAlive: false,
});

refuses('no Host (3.2)', request('X: y'), 400, /Host is missing/);
refuses('no header at all', 'GET / HTTP/1.1\r\n\r\n', 400, /Host is missing/);
refuses('two Hosts', request('Host: a\r\nHost: b'), 400, /more than one Host/);
refuses('two equal Hosts', request('Host: a\r\nX: y\r\nhost: a'), 400, /more than one Host/);
refuses('two Hosts with HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', 400);
for (const host of [
  'a b',
  'a/b',
  'a?b',
  'u@a',
  'a:b',
  'a:123456',
  '[::1',
  '::1',
  'a:80:80',
  '%zz',
  'a\\b',
  'h\xe4',
]) {
  refuses(`the Host ${host}`, request(`Host: ${host}`), 400, /not a host/);
}

takes('a list for a Host, which is a name (RFC 3986, 3.2.2)', request('Host: a,b'), {
  headers: [['host', 'a,b']],
});
refuses('a space before the colon of Host', request('Host : a'), 400, /space/);
refuses('a space before the colon of what frames', withHost('Content-Length : 5'), 400, /space/);
refuses('NUL behind a name', withHost('X\0: y'), 400);
refuses('NUL alone on a line', withHost('\0'), 400);
