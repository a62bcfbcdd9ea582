/** GET /json answers with a document of 1 KiB, POST / with its body: our side of bench/peers/node-http.ts. */
import { defineHandler, http, type HttpRequest, type HttpResponse } from 'patterns-runtime';
import { document } from './document.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
const BINARY_HEADERS = { 'content-type': 'application/octet-stream' };

export default defineHandler({
  protocol: http(),
  stateless: true,
  message({ body, method, target }: HttpRequest): HttpResponse {
    if (method === 'POST') return { headers: BINARY_HEADERS, body };
    if (target === '/json') return { headers: JSON_HEADERS, body: JSON.stringify(document) };
    return { status: 404 };
  },
});
