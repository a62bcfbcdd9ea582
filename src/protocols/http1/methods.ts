/** The methods that are known: those of Node's http, on 22 as on 26. Others are answered 501 (RFC 9110, 9.1). */
export const METHODS = Object.freeze([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'QUERY',
  'ACL',
  'BIND',
  'CHECKOUT',
  'COPY',
  'LINK',
  'LOCK',
  'M-SEARCH',
  'MERGE',
  'MKACTIVITY',
  'MKCALENDAR',
  'MKCOL',
  'MOVE',
  'NOTIFY',
  'PROPFIND',
  'PROPPATCH',
  'PURGE',
  'REBIND',
  'REPORT',
  'SEARCH',
  'SOURCE',
  'SUBSCRIBE',
  'UNBIND',
  'UNLINK',
  'UNLOCK',
  'UNSUBSCRIBE',
]);

const known = new Set(METHODS);

/** CONNECT is known and not implemented: a handler answers requests, it is no tunnel. */
export function isMethod(word: string): boolean {
  return known.has(word);
}

export const LONGEST_METHOD = Math.max(...METHODS.map((method) => method.length));
