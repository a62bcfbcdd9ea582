/** For connection.test.ts: `/after/MS` answers late, any other path with the request's own body. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineHandler } from '../../../src/handler.ts';
import { http } from '../../../src/protocols/http1/http.ts';
import type { HttpResponse } from '../../../src/protocols/http1/response.ts';

export default defineHandler({
  protocol: http(),
  async message(request): Promise<HttpResponse> {
    const { path } = request;
    if (path === '/throw') throw new Error('secret');
    if (path === '/json') return { body: JSON.stringify(request.json()) };
    if (!path.startsWith('/after/')) {
      return { headers: { 'x-method': request.method }, body: request.body };
    }
    await sleep(Number(path.slice(7)));
    return { body: path };
  },
  error() {},
});
