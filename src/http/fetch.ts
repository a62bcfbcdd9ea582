/**
 * A web-standard `fetch` handler as a message handler: what runs in a Fetch server (Hono, say) runs in every mode.
 *
 * A real Request costs 8 us to make and a real Response 8 to 30, as much as all the rest of a request. So the handler gets
 * a request of ours, made of what is asked for (fetch/request.ts); and while it runs, up to its first await, `Response`
 * stands for a class of ours (fetch/response.ts). Before and after that the globals are what they always were: a response
 * that is made behind an await is a real one, which is sent as well.
 */
import type { Connection, MessageHandler } from '../handler.ts';
import { http, type HttpProtocol } from '../protocols/http1/http.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';
import { LazyHeaders } from './fetch/headers.ts';
import { fetchGlobals, standFor } from './fetch/natives.ts';
import { readResponse } from './fetch/read-response.ts';
import { LazyRequest } from './fetch/request.ts';
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
      const lazy = new LazyRequest(request, connection) as unknown as Request;
      const response = run(lazy, { connection, request });
      return response instanceof Promise ? response.then(toReply) : toReply(response);
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
