/** A response, as a handler returns it. */
import type { ReplyStream } from '../protocol.ts';
import type { HttpHeaders } from './headers.ts';
import type { HeadersInit } from './request.ts';

export interface HttpResponse {
  /** 200 to 599; default 200. 100 and 102 to 199 with `connection.send()` only, ahead of the reply; 101 with `switchTo`. */
  readonly status?: number;
  /**
   * Names are tokens, values hold no CR, LF, NUL or other control byte: a response cannot be split. Content-Length and
   * Transfer-Encoding are set for you; give Content-Length where a stream's length is known, or where HEAD or 304 speaks
   * of a body that is not sent. `Connection: close` ends the connection behind the response.
   */
  readonly headers?: HeadersInit | HttpHeaders;
  /**
   * Text is sent as UTF-8. A stream is pulled while the client reads, and its `return()` is called when the client goes;
   * without a Content-Length it is sent chunked, and to HTTP/1.0 up to the connection's end.
   */
  readonly body?: string | Uint8Array | ReplyStream | null;
  /** Asked for when the stream has ended; sent to HTTP/1.1 behind a chunked body. */
  readonly trailers?: () => HeadersInit;
  /** With 101: the connection goes on with that protocol. The request must have asked for an upgrade. */
  readonly switchTo?: string;
  /** With `switchTo`: what that protocol begins with. */
  readonly handover?: unknown;
}
