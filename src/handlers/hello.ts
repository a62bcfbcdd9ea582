/** The same few bytes for every message: what a server costs by itself. */
import { Buffer } from 'node:buffer';
import { defineHandler } from '../handler.ts';
import { HttpRequest } from '../protocols/http1/request.ts';

const TEXT = 'hello';
const BYTES = Buffer.from(TEXT);
const RESPONSE = Object.freeze({
  headers: Object.freeze({ 'content-type': 'text/plain' }),
  body: TEXT,
});

export default defineHandler({
  stateless: true,
  message(input: unknown) {
    if (input instanceof HttpRequest) return RESPONSE;
    return input instanceof Uint8Array ? BYTES : TEXT;
  },
});
