/**
 * A web-standard `fetch` handler as a message handler: what runs in a Fetch server (Hono, say) runs in every mode.
 *
 * A real Request costs 8 us to make and a real Response 8 to 30, as much as all the rest of a request. So the handler gets
 * a request of ours, made of what is asked for (fetch/request.ts); and while it runs, up to its first await, `Response`
 * stands for a class of ours (fetch/response.ts): a response that is made behind an await is a real one, which is sent as
 * well. `Request` is the platform's, but until the responses under way are made by way of a proxy that knows a request of
 * ours when it gets one (`new Request(request, …)`). After that the globals are what they always were.
 */
import type { ReplyStream } from '../protocols/protocol.ts';
import type { Connection, MessageHandler } from '../handler.ts';
import { http, type HttpProtocol } from '../protocols/http1/http.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import { LazyHeaders } from './fetch/headers.ts';
import { fetchGlobals, standFor } from './fetch/natives.ts';
import { readResponse } from './fetch/read-response.ts';
import { forgetOurs, knowOurs, LazyRequest } from './fetch/request.ts';
import { LazyResponse } from './fetch/response.ts';

/** The second argument of the handler; Hono has it as `c.env`. */
export interface FetchEnv {
  readonly connection: Connection;
  /** What stands behind the Request. */
  readonly request: HttpRequest;
}

export type Fetch = (request: Request, env: FetchEnv) => Response | Promise<Response>;

export interface FetchOptions {
  /** Default `http()`. */
  readonly protocol?: HttpProtocol;
  /** Requests may run on any executor of `dispatched` (MessageHandler.stateless). Default true: HTTP has no state of its own. */
  readonly stateless?: boolean;
  /** Default 'lazy'. 'real': `Response` is never replaced; each one is then read through its stream. */
  readonly responses?: 'lazy' | 'real';
  /** Takes WebSockets (MessageHandler.websocket); what they do not take goes to the function. */
  readonly websocket?: MessageHandler['websocket'];
  /** The WebSockets send outside of their own messages, or it has a shared channel (MessageHandler.pushes). */
  readonly pushes?: boolean;
}

/**
 * @param fetch the function, or an object that has it (a Hono app).
 * @example
 * const app = new Hono().get('/', (c) => c.text('hello'));
 * export default fromFetch(app);
 */
export function fromFetch(
  fetch: Fetch | { readonly fetch: Fetch },
  options: FetchOptions = {},
): MessageHandler<HttpRequest, HttpResponse> {
  const { Request, Response, Headers } = fetchGlobals();
  standFor(LazyRequest, Request, (lazy) => LazyRequest.real(lazy));
  standFor(LazyHeaders, Headers, (lazy) => lazy.real());
  standFor(LazyResponse, Response, (lazy) => LazyResponse.real(lazy));
  const call: Fetch =
    typeof fetch === 'function' ? fetch : (request, env) => fetch.fetch(request, env);
  const run = options.responses === 'real' ? call : lazily(call);
  return {
    protocol: options.protocol ?? http(),
    stateless: options.stateless ?? true,
    websocket: options.websocket,
    pushes: options.pushes,
    message(request, connection) {
      let lazy: LazyRequest;
      try {
        lazy = new LazyRequest(request, connection);
      } catch {
        return NO_URL; // the client's fault, and no error of the handler's
      }
      const made = (response: Response) => {
        forgetOurs();
        return release(lazy, toReply(response));
      };
      const failed = (error: unknown) => {
        forgetOurs();
        LazyRequest.done(lazy);
        throw error;
      };
      knowOurs();
      let response: Response | Promise<Response>;
      try {
        response = run(lazy as unknown as Request, { connection, request });
      } catch (error) {
        return failed(error);
      }
      return response instanceof Promise ? response.then(made, failed) : made(response);
    },
  };
}

/** RFC 9112, 3.2: the Host, or the target, is none that a URL can have. */
const NO_URL: HttpResponse = Object.freeze({
  status: 400,
  headers: { 'content-type': 'text/plain' },
  body: 'The Host, or the target, is none that a URL can have.\n',
});

/** The request's signal ends with its response. */
function release(
  lazy: LazyRequest,
  reply: HttpResponse | Promise<HttpResponse>,
): HttpResponse | Promise<HttpResponse> {
  const watched = LazyRequest.isWatched(lazy);
  if (watched && reply instanceof Promise) return reply.then((value) => release(lazy, value));
  if (watched && !(reply instanceof Promise) && isStream(reply.body)) {
    return { ...reply, body: endingWith(reply.body, () => LazyRequest.done(lazy)) };
  }
  LazyRequest.done(lazy);
  return reply;
}

function isStream(body: HttpResponse['body']): body is ReplyStream {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** The same stream; `end` is called when it has ended, in whichever way. */
function endingWith(stream: ReplyStream, end: () => void): ReplyStream {
  return {
    untilClose: stream.untilClose,
    drain: () => stream.drain?.(),
    [Symbol.asyncIterator]() {
      const source = stream[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const result = await source.next();
            if (result.done === true) end();
            return result;
          } catch (error) {
            end();
            throw error;
          }
        },
        async return() {
          end();
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Calls it with `Response` standing for LazyResponse. */
function lazily(call: Fetch): Fetch {
  const Lazy = LazyResponse as unknown as typeof Response;
  return (request, env) => {
    const before = globalThis.Response;
    globalThis.Response = Lazy;
    try {
      return call(request, env);
    } finally {
      globalThis.Response = before;
    }
  };
}

function toReply(response: Response): HttpResponse | Promise<HttpResponse> {
  if (isLazy(response)) {
    const reply = LazyResponse.reply(response);
    if (reply !== undefined) return reply;
  }
  return readResponse(response);
}

/** By its constructor: `instanceof` says yes to every Response. */
function isLazy(response: unknown): response is LazyResponse {
  return (response as object).constructor === LazyResponse;
}
