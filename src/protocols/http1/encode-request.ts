/** Writes requests, for the client (RFC 9112, 3). */
import { Buffer } from 'node:buffer';
import { show } from '../framing/options.ts';
import type { Writer } from '../writer.ts';
import { TARGET, TOKEN } from './chars.ts';
import { FieldLines } from './field-lines.ts';
import type { HttpRequest, HttpRequestInit } from './request.ts';

/** Methods that mean something by a body: without one they say so (RFC 9110, 8.6). */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'QUERY']);
const fields = new FieldLines();

/** @throws TypeError that names what cannot be sent; nothing was written then. */
export function encodeRequest(request: HttpRequest | HttpRequestInit, writer: Writer): undefined {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(
      `http takes a request such as { method, target, headers, body }, and got ${show(request)}.`,
    );
  }
  const { method = 'GET', target = '/', body = '' } = request;
  if (!isAll(TOKEN, method))
    throw new TypeError(`The method is ${show(method)}; it must be a token.`);
  if (!isAll(TARGET, target)) {
    throw new TypeError(`The target is ${show(target)}; it must be in origin form, encoded.`);
  }
  fields.read(request.headers);
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const given = fields.contentLength;
  if (given !== undefined && given !== length) {
    throw new TypeError(`The Content-Length is ${given}, and the body has ${length} bytes.`);
  }
  let head = `${method} ${target} HTTP/1.1`;
  if (!fields.host) head += '\r\nHost: localhost';
  head += fields.text;
  if (fields.close) head += '\r\nConnection: close';
  else if (fields.upgrade) head += '\r\nConnection: Upgrade';
  if (length > 0 || given !== undefined || WITH_BODY.has(method)) {
    head += `\r\nContent-Length: ${length}`;
  }
  head += '\r\n\r\n';
  if (typeof body === 'string' && !fields.latin1) {
    writer.text(head + body);
    return undefined;
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const at = writer.reserve(head.length + bytes.length);
  writer.buffer.write(head, at, 'latin1');
  writer.buffer.set(bytes, at + head.length);
  writer.length = at + head.length + bytes.length;
  return undefined;
}

function isAll(allowed: Uint8Array, text: unknown): text is string {
  if (typeof text !== 'string' || text === '') return false;
  for (let i = 0; i < text.length; i += 1) if (allowed[text.charCodeAt(i)] !== 1) return false;
  return true;
}
