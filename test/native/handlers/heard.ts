/** Answers each request at once with what was heard of it; elsewhere than in mode `native` handlers/heard.ts may wait. */
import { http, type HttpOptions } from '../../../src/protocols/http1/http.ts';
import { defineHandler } from '../../../src/handler.ts';
import { plainRequest } from '../../http/support.ts';

const options = new URL(import.meta.url).searchParams.get('options') ?? '{}';

export default defineHandler({
  protocol: http(JSON.parse(options) as HttpOptions),
  message(request) {
    const heard = JSON.stringify({ ...plainRequest(request), body: '' });
    return {
      headers: { 'x-heard': Buffer.from(heard).toString('base64url') },
      body: request.body,
    };
  },
});
