/** RFC 9112, 3 (request line), 2.3 (version), 2.2 (empty lines); RFC 9110, 9.1 (methods). */
import { METHODS } from '../../../src/protocols/http1/methods.ts';
import { Area } from './case.ts';

export const requestLine = new Area('request line');
const { refuses, takes } = requestLine;

const END = '\r\nHost: a\r\n\r\n';

for (const method of METHODS) takes(method, `${method} / HTTP/1.1${END}`, { method });
takes('a query', `GET /a/b?c=d&e HTTP/1.1${END}`, { target: '/a/b?c=d&e' });
takes(
  'a target with every byte that is allowed',
  `GET /%20!$&'()*+,-./:;=?@[\\]^_\`{|}~ HTTP/1.1${END}`,
  {
    target: "/%20!$&'()*+,-./:;=?@[\\]^_`{|}~",
  },
);
takes('absolute form (3.2.2)', `GET http://b.example:80/x?y HTTP/1.1${END}`, {
  target: 'http://b.example:80/x?y',
});
takes('absolute form without a path', `GET HTTPS://b.example HTTP/1.1${END}`, {
  target: 'HTTPS://b.example',
});
takes('absolute form with a query only', `GET http://b?x HTTP/1.1${END}`, { target: 'http://b?x' });
takes('absolute form with IPv6', `GET http://[::1]:80/ HTTP/1.1${END}`, {
  target: 'http://[::1]:80/',
});
takes('asterisk form (3.2.4)', `OPTIONS * HTTP/1.1${END}`, { method: 'OPTIONS', target: '*' });
takes('HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', { minorVersion: 0, keepAlive: false, headers: [] });
takes('one empty line in front (2.2)', `\r\nGET / HTTP/1.1${END}`, {});
takes(
  'an empty line behind a body',
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\nGET / HTTP/1.1${END}`,
  [
    {
      method: 'POST',
      body: 'x',
      headers: [
        ['host', 'a'],
        ['content-length', '1'],
      ],
    },
    {},
  ],
);

refuses('two empty lines in front', `\r\n\r\nGET / HTTP/1.1${END}`, 400);
refuses('a bare LF in front', `\nGET / HTTP/1.1${END}`, 400);
refuses('a bare CR in front', `\rGET / HTTP/1.1${END}`, 400);
refuses('a space in front', ` GET / HTTP/1.1${END}`, 400);
refuses('an unknown method', `FROB / HTTP/1.1${END}`, 501);
refuses('a method in lower case (9.1: case-sensitive)', `get / HTTP/1.1${END}`, 501);
refuses('a long method', `${'A'.repeat(40)} / HTTP/1.1${END}`, 501);
refuses('CONNECT', `CONNECT a:80 HTTP/1.1${END}`, 501);
refuses('a method that is no token', `G(T / HTTP/1.1${END}`, 400);
refuses('no method', ` / HTTP/1.1${END}`, 400);
refuses('two spaces before the target', `GET  / HTTP/1.1${END}`, 400);
refuses('two spaces behind it', `GET /  HTTP/1.1${END}`, 400);
refuses('a tab between', `GET\t/ HTTP/1.1${END}`, 400);
refuses('a space at the end', `GET / HTTP/1.1 ${END}`, 400);
refuses('an empty target', `GET  HTTP/1.1${END}`, 400);
refuses('no target (HTTP/0.9)', 'GET /\r\n', 400);
refuses('a relative target', `GET a HTTP/1.1${END}`, 400);
refuses('authority form', `GET a:80 HTTP/1.1${END}`, 400);
refuses('* without OPTIONS', `GET * HTTP/1.1${END}`, 400);
refuses('another scheme', `GET ftp://a/ HTTP/1.1${END}`, 400);
refuses('a scheme without host', `GET http:///x HTTP/1.1${END}`, 400);
refuses('a port without host', `GET http://:80/ HTTP/1.1${END}`, 400);
refuses('user information', `GET http://u:p@a/ HTTP/1.1${END}`, 400);
for (const char of ['"', '#', '<', '>', '\0', '\x7f', '\x80', '\xff', '\t']) {
  refuses(`a target with ${JSON.stringify(char)}`, `GET /a${char}b HTTP/1.1${END}`, 400, /target/);
}
refuses('a bare LF behind the line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400);
refuses('a bare CR behind the line', 'GET / HTTP/1.1\rHost: a\r\n\r\n', 400);
refuses('HTTP/1.1 in lower case', `GET / http/1.1${END}`, 400);
refuses('no version', `GET / HTTP${END}`, 400);
refuses('a version of three digits', `GET / HTTP/1.11${END}`, 400);
refuses('a comma in the version', `GET / HTTP/1,1${END}`, 400);
refuses('HTTP/1.2', `GET / HTTP/1.2${END}`, 505);
refuses('HTTP/2.0', `GET / HTTP/2.0${END}`, 505);
refuses("HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 501);
refuses('HTTP/0.9', `GET / HTTP/0.9${END}`, 505);
refuses('a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc', 400);

takes(
  "a Host beside absolute form, which is the target's business (3.2.2)",
  `GET http://b/ HTTP/1.1${END}`,
  {
    target: 'http://b/',
  },
);
takes('OPTIONS in absolute form without a path (3.2.4)', `OPTIONS http://b HTTP/1.1${END}`, {
  method: 'OPTIONS',
  target: 'http://b',
});
takes('a % that encodes nothing: nothing is decoded', `GET /%zz%00% HTTP/1.1${END}`, {
  target: '/%zz%00%',
});
takes('two slashes in front', `GET //b/c HTTP/1.1${END}`, { target: '//b/c' });
takes('an empty line alone (2.2)', '\r\n', []);
takes('nothing of a line that is cut short', 'GET / HT', []);
takes('nothing of a head that is cut short', 'GET / HTTP/1.1\r\nHost: a\r\n', []);
refuses('absolute form without a Host (3.2)', 'GET http://b/ HTTP/1.1\r\n\r\n', 400, /Host/);
refuses('CONNECT with absolute form (RFC 9110, 9.3.6)', `CONNECT http://a/ HTTP/1.1${END}`, 501);
refuses('* with a query', `OPTIONS *?x HTTP/1.1${END}`, 400);
refuses('a fragment', `GET /#a HTTP/1.1${END}`, 400);
refuses('HTTPS/1.1', `GET / HTTPS/1.1${END}`, 400);
refuses('HTTP/1.', `GET / HTTP/1.${END}`, 400);
refuses('HTTP/1.1 behind NUL', `GET / \0HTTP/1.1${END}`, 400);
refuses('HTTP/3.0', `GET / HTTP/3.0${END}`, 505);
refuses('CR CR LF behind the line', 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', 400);
refuses('a byte order mark in front', `\xef\xbb\xbfGET / HTTP/1.1${END}`, 400);
