/** curl runs clean against every mode. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { against, file, run, TIMEOUT_SECONDS, type Ran } from './support.ts';

const LARGE_BYTES = 900_000;
/** More than `messageLimitBytes`. */
const TOO_LARGE_BYTES = 2_000_000;

const large = file(
  'large',
  Buffer.from(Array.from({ length: LARGE_BYTES }, (_, i) => (i * 31) & 255)),
);
const tooLarge = file('too-large', 'z'.repeat(TOO_LARGE_BYTES));
const small = file('small', 'abc');

against('curl', 1 /* the body that is too large */, async (t, url, mode) => {
  const curl = async (...args: string[]): Promise<Ran> => {
    const ran = await run('curl', ['-sS', '-v', '--max-time', String(TIMEOUT_SECONDS), ...args]);
    assert.equal(ran.code, 0, `curl ${args.join(' ')}: ${ran.err}`);
    return ran;
  };
  const status = ['-o', '/dev/null', '-w', '%{http_code}'];
  t.equal((await curl(`${url}/`)).out, 'hello', 'GET');
  const head = await curl('-I', `${url}/`);
  t.match(head.out, /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 5\r\n/, 'HEAD');
  t.equal((await curl('-d', 'abc', `${url}/echo`)).out, 'abc', 'POST');
  t.equal((await curl(...status, `${url}/none`)).out, '404');

  const inChunks = ['-H', 'Transfer-Encoding: chunked'];
  t.equal((await curl(...inChunks, '-T', small, `${url}/length`)).out, '3', 'a chunked PUT');
  const sent = ['--data-binary', `@${large}`];
  t.equal(
    (await curl(...inChunks, ...sent, `${url}/length`)).out,
    String(LARGE_BYTES),
    'a large chunked body',
  );
  const { out } = await curl(...sent, `${url}/back`);
  t.equal(out.length, LARGE_BYTES, 'a large body, there and back');
  t.ok(Buffer.from(out, 'latin1').every((byte, i) => byte === ((i * 31) & 255)));

  const expect = ['-H', 'Expect: 100-continue', '--expect100-timeout', String(TIMEOUT_SECONDS)];
  const continued = await curl(...expect, ...sent, `${url}/length`);
  t.equal(continued.out, String(LARGE_BYTES), 'a body that waits for 100 Continue');
  t.match(continued.err, '< HTTP/1.1 100 Continue');
  const refused = await curl(...expect, ...status, '-T', tooLarge, `${url}/length`);
  t.equal(refused.out, '413', 'a body that is refused before it is sent');
  // uWebSockets.js sends it by itself, and knows neither HTTP/1.0 nor other forms of a target.
  if (mode !== 'native') t.notMatch(refused.err, '100 Continue');

  const opened = ['-sS', '-w', ' %{num_connects};'];
  const post = ['--next', ...opened, '-d', 'x', `${url}/echo`];
  const kept = await curl(...opened, `${url}/`, ...post, '--next', ...opened, `${url}/stream/2`);
  t.equal(kept.out, 'hello 1;x 0;piece 0;piece 1; 0;', 'one connection, one after the other');

  if (mode === 'native') return;
  const old = await curl('-0', `${url}/`);
  t.equal(old.out, 'hello', 'HTTP/1.0');
  t.match(old.err, /< Connection: close/i);
  t.equal((await curl('-0', `${url}/stream/2`)).out, 'piece 0;piece 1;', 'a stream to HTTP/1.0');

  const asterisk = await curl('--request-target', '*', '-X', 'OPTIONS', ...status, url);
  t.equal(asterisk.out, '404', 'OPTIONS *, which no route takes');
  t.equal((await curl('-x', url, 'http://a.example/')).out, 'hello', 'absolute form');
});
