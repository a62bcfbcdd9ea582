/** Answers with the reply that the target names. */
import { http } from '../../../src/protocols/http1/http.ts';
import { defineHandler } from '../../../src/handler.ts';
import type { HttpResponse } from '../../../src/protocols/http1/response.ts';
import { REPLIES } from '../replies.ts';

export default defineHandler({
  protocol: http(),
  message: (request, connection) =>
    REPLIES[decodeURIComponent(request.path.slice(1))].reply(request, connection) as HttpResponse,
  error() {},
});
