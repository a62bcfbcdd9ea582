/** The router: static paths, parameters, 404, 405 with Allow (RFC 9110, 15.5.6 and 10.2.1). */
import t from 'tap';
import { HttpError, OptionError } from '../../src/errors.ts';
import type { Connection } from '../../src/handler.ts';
import { router } from '../../src/http/router.ts';
import { makeHttp } from '../../src/protocols/http1/http.ts';
import type { HttpRequest } from '../../src/protocols/http1/request.ts';
import { bytes, LIMIT } from './support.ts';

const connection = {} as Connection;

function request(line: string): HttpRequest {
  const decoder = makeHttp({}, () => 0).server.decoder(LIMIT);
  const text = bytes(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
  decoder.feed(text, 0, text.length, 0);
  decoder.next();
  return decoder.take();
}

const said = (name: string) => (given: HttpRequest) => ({
  body: `${name} ${JSON.stringify(given.params)}`,
});
const routes = router()
  .get('/', said('root'))
  .get('/users', said('users'))
  .post('/users', said('new'))
  .get('/users/me', said('me'))
  .patch('/users/:any', said('any'))
  .get('/users/:id', said('user'))
  .delete('/users/:id', said('gone'))
  .get('/users/:id/posts/:post', said('post'))
  .get('/users/:name/about', said('about'))
  .put('/a/b/', said('slash'))
  .head('/headed', said('head'))
  .get('/headed', said('get'))
  .patch('/patched', said('patch'))
  .options('/opt', said('options'))
  .on('PROPFIND', '/dav', said('dav'));
const run = async (line: string) => routes.message(request(line), connection);

const found: ReadonlyArray<readonly [string, string]> = [
  ['GET /', 'root {}'],
  ['GET /?a=b', 'root {}'],
  ['GET /users?x', 'users {}'],
  ['POST /users', 'new {}'],
  ['GET /users/me', 'me {}'],
  ['DELETE /users/me', 'gone {"id":"me"}'],
  ['GET /users/7', 'user {"id":"7"}'],
  ['GET /users/7?x=/y', 'user {"id":"7"}'],
  ['DELETE /users/7', 'gone {"id":"7"}'],
  ['GET /users/me/about', 'about {"name":"me"}'],
  ['GET /users/a%2Fb%20c/posts/%C3%A9', 'post {"id":"a/b c","post":"\u00e9"}'],
  ['GET /users/__proto__', 'user {"id":"__proto__"}'],
  ['HEAD /users', 'users {}'],
  ['HEAD /headed', 'head {}'],
  ['PUT /a/b/', 'slash {}'],
  ['PATCH /patched', 'patch {}'],
  ['OPTIONS /opt', 'options {}'],
  ['PROPFIND /dav', 'dav {}'],
  ['GET http://b/users/7', 'user {"id":"7"}'],
  ['GET http://b', 'root {}'],
];
for (const [line, body] of found) {
  void t.test(line, async (t) => t.same(await run(line), { body }));
}

for (const line of [
  'GET /user',
  'GET /users/',
  'GET //',
  'GET /users/7/',
  'GET /users//about',
  'GET /a/b',
  'OPTIONS *',
  'GET /users/7/posts',
  'GET /constructor',
  'GET /Users',
]) {
  void t.test(`404: ${line}`, async (t) => t.same(await run(line), { status: 404 }));
}

for (const [line, allow] of [
  ['PUT /users', 'GET, POST, HEAD'],
  ['POST /users/7', 'PATCH, GET, DELETE, HEAD'],
  ['GET /a/b/', 'PUT'],
  ['POST /headed', 'HEAD, GET'],
  ['POST /users/me', 'GET, PATCH, DELETE, HEAD'],
]) {
  void t.test(`405: ${line}`, async (t) =>
    t.same(await run(line), { status: 405, headers: { allow } }),
  );
}

void t.test('a parameter that does not decode is 400', async (t) => {
  for (const bad of ['%', '%zz', '%ff', '%c3%28']) {
    const error = await run(`GET /users/${bad}`).catch((reason: unknown) => reason);
    t.ok(error instanceof HttpError && error.status === 400);
  }
});

void t.test('a path of many segments is walked once', async (t) => {
  const deep = router();
  let path = '';
  for (let i = 0; i < 12; i += 1) {
    path += '/a';
    deep
      .get(`${path}/x`, said('x'))
      .get(
        `${path.replaceAll('/a', '/:p').replaceAll(/:p/g, (_, at: number) => `:p${at}`)}/y`,
        said('y'),
      );
  }
  const startedMs = performance.now();
  for (let i = 0; i < 100; i += 1)
    await deep.message(request(`GET ${'/a'.repeat(1000)}`), connection);
  t.ok(performance.now() - startedMs < 2000);
  t.end();
});

void t.test('notFound is asked, with the request', async (t) => {
  const own = router({ notFound: (given) => ({ status: 404, body: given.path }) });
  t.same(await own.message(request('GET /x'), connection), { status: 404, body: '/x' });
});

void t.test('what cannot be a route is refused', (t) => {
  for (const path of ['', 'x', ':x', '/:', '/:a/:a', '/:a-b']) {
    t.throws(() => router().get(path, said('x')), OptionError, path);
  }
  t.throws(() => router().on('FROB', '/', said('x')), /FROB/);
  t.throws(() => router().get('/a/:b', said('x')).get('/a/:c', said('y')), /already/);
  t.end();
});
