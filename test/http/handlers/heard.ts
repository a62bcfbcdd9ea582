/** Answers each request with what was heard of it. The protocol's options are in the module's URL: `?options={…}`. */
import { http, type HttpOptions } from '../../../src/protocols/http1/http.ts';
import { defineHandler } from '../../../src/handler.ts';
import { plainRequest } from '../support.ts';

const options = new URL(import.meta.url).searchParams.get('options') ?? '{}';

export default defineHandler({
  protocol: http(JSON.parse(options) as HttpOptions),
  async message(request) {
    const body = await request.bytes();
    const heard = JSON.stringify({ ...plainRequest(request, body), body: '' });
    return { headers: { 'x-heard': Buffer.from(heard).toString('base64url') }, body };
  },
});
