/** A small router: static paths and parameters, 404, and 405 with Allow. */
import { OptionError, HttpError } from '../errors.ts';
import type { Connection, MessageHandler } from '../handler.ts';
import type { FindWebSocketHooks, WebSocketHooks } from './websocket.ts';
import { http, type HttpProtocol } from '../protocols/http1/http.ts';
import { isMethod } from '../protocols/http1/methods.ts';
import type { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';

type Awaitable<T> = T | Promise<T>;

/** Answers a request; parameters are in `request.params`. */
export type Route = (
  request: HttpRequest,
  connection: Connection<HttpResponse>,
) => Awaitable<HttpResponse>;

export interface RouterOptions {
  /** Default `http()`. */
  readonly protocol?: HttpProtocol;
  /** Requests may run on any executor of `dispatched` (MessageHandler.stateless). Default true: HTTP has no state of its own. */
  readonly stateless?: boolean;
  /** Its WebSockets send outside of their own messages, or it has a shared channel (MessageHandler.pushes). */
  readonly pushes?: boolean;
  /** Answers where no route has the path. Default: 404 without a body. */
  readonly notFound?: Route;
}

/** A handler that is filled with routes; a path's methods are chained. */
export interface Router extends MessageHandler<HttpRequest, HttpResponse> {
  readonly protocol: HttpProtocol;
  /** Also answers HEAD, unless HEAD has a route of its own. */
  get(path: string, route: Route): this;
  head(path: string, route: Route): this;
  post(path: string, route: Route): this;
  put(path: string, route: Route): this;
  patch(path: string, route: Route): this;
  delete(path: string, route: Route): this;
  options(path: string, route: Route): this;
  /** Any method of METHODS. */
  on(method: string, path: string, route: Route): this;
  /** Takes the path's WebSockets; parameters are in `connection.request.params`. Other requests go to its routes. */
  ws(path: string, hooks: WebSocketHooks): this;
  message(request: HttpRequest, connection: Connection<HttpResponse>): Awaitable<HttpResponse>;
}

interface Target {
  readonly route: Route;
  /** Of its parameters, in the order of the path. */
  readonly names: readonly string[];
}

/** One segment of the paths: what follows it by name, or as a parameter; and the methods of the path that ends here. */
class Segment {
  readonly named = new Map<string, Segment>();
  parameter: Segment | undefined = undefined;
  readonly methods = new Map<string, Target>();
  sockets: { readonly hooks: WebSocketHooks; readonly names: readonly string[] } | undefined =
    undefined;
}

/**
 * A path is matched as it is in the target, segment by segment; a named segment goes before a parameter, unless only the
 * other route has the method. `:name` takes one segment that is not empty, percent-decoded; what does not decode is answered 400.
 *
 * @throws OptionError for a method that is none, a path without '/' in front, and a route that is there already.
 * @example
 * export default router()
 *   .get('/', () => ({ body: 'hello' }))
 *   .get('/users/:id', ({ params }) => ({ body: `user ${params.id}` }))
 *   .post('/users', async (request) => ({ status: 201, body: JSON.stringify(request.json()) }));
 */
export function router(options: RouterOptions = {}): Router {
  const root = new Segment();
  const exact = new Map<string, Segment>();
  const notFound: Route = options.notFound ?? (() => ({ status: 404 }));

  const on = (method: string, path: string, route: Route): Router => {
    const { segment, names } = place(root, path);
    if (!isMethod(method)) throw new OptionError(`router: there is no method ${method}.`);
    if (segment.methods.has(method)) {
      throw new OptionError(`router: ${method} ${path} has a route already.`);
    }
    segment.methods.set(method, { route, names });
    if (names.length === 0) exact.set(path, segment);
    return self;
  };
  const websocket: FindWebSocketHooks = (request) => {
    const values: string[] = [];
    const sockets = find(root, request.path, 1, values, hasSockets)?.sockets;
    if (sockets !== undefined && values.length > 0) request.params = named(sockets.names, values);
    return sockets?.hooks;
  };
  const ws = (path: string, hooks: WebSocketHooks): Router => {
    const { segment, names } = place(root, path);
    if (segment.sockets !== undefined) {
      throw new OptionError(`router: ${path} takes WebSockets already.`);
    }
    segment.sockets = { hooks, names };
    return self;
  };
  const adder = (method: string) => (path: string, route: Route) => on(method, path, route);

  const self: Router = {
    protocol: options.protocol ?? http(),
    stateless: options.stateless ?? true,
    pushes: options.pushes,
    on,
    ws,
    websocket,
    get: adder('GET'),
    head: adder('HEAD'),
    post: adder('POST'),
    put: adder('PUT'),
    patch: adder('PATCH'),
    delete: adder('DELETE'),
    options: adder('OPTIONS'),
    message(request, connection) {
      const values: string[] = [];
      const segment =
        exact.get(request.target) ??
        exact.get(request.path) ??
        find(root, request.path, 1, values, hasMethods);
      if (segment === undefined) return notFound(request, connection);
      let target = targetOf(segment, request.method);
      if (target === undefined) {
        // Another route takes the path, by a parameter, and has the method; or none does.
        values.length = 0;
        const has = (other: Segment) => targetOf(other, request.method) !== undefined;
        const other = find(root, request.path, 1, values, has);
        if (other === undefined)
          return { status: 405, headers: { allow: allowed(root, request.path) } };
        target = targetOf(other, request.method)!;
      }
      if (values.length > 0) request.params = named(target.names, values);
      return target.route(request, connection);
    },
  };
  return self;
}

/** The segment at which a path ends, made where it is missing. */
function place(root: Segment, path: string): { segment: Segment; names: string[] } {
  if (!path.startsWith('/'))
    throw new OptionError(`router: the path "${path}" must begin with "/".`);
  const names: string[] = [];
  let segment = root;
  for (const part of path.slice(1).split('/')) {
    if (part.startsWith(':')) {
      const name = part.slice(1);
      if (!/^\w+$/.test(name) || names.includes(name)) {
        throw new OptionError(`router: "${part}" in "${path}" must be ":" and a name of its own.`);
      }
      names.push(name);
      segment = segment.parameter ??= new Segment();
    } else {
      let next = segment.named.get(part);
      if (next === undefined) segment.named.set(part, (next = new Segment()));
      segment = next;
    }
  }
  return { segment, names };
}

const hasMethods = ({ methods }: Segment) => methods.size > 0;
const hasSockets = ({ sockets }: Segment) => sockets !== undefined;

/** Walks the segments of `path` from `from` on to one that `has` what is looked for; parameters' values go to `values`. */
function find(
  at: Segment,
  path: string,
  from: number,
  values: string[],
  has: (segment: Segment) => boolean,
): Segment | undefined {
  if (!path.startsWith('/')) return undefined; // '*'
  const slash = path.indexOf('/', from);
  const part = slash === -1 ? path.slice(from) : path.slice(from, slash);
  const ending = (next: Segment) => {
    if (slash !== -1) return find(next, path, slash + 1, values, has);
    return has(next) ? next : undefined;
  };
  const next = at.named.get(part);
  const found = next === undefined ? undefined : ending(next);
  if (found !== undefined) return found;
  if (at.parameter === undefined || part === '') return undefined;
  values.push(part);
  const other = ending(at.parameter);
  if (other === undefined) values.pop();
  return other;
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  const params = Object.create(null) as Record<string, string>;
  names.forEach((name, i) => {
    params[name] = decode(values[i]);
  });
  return params;
}

function decode(value: string): string {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch (error) {
    throw new HttpError(400, `The path has "${value}", which does not decode.`, { cause: error });
  }
}

function targetOf({ methods }: Segment, method: string): Target | undefined {
  return methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined);
}

/** RFC 9110, 10.2.1: of all routes that take the path. */
function allowed(root: Segment, path: string): string {
  const names = new Set<string>();
  const collect = ({ methods }: Segment): boolean => {
    for (const name of methods.keys()) names.add(name);
    return false; // goes on to the next
  };
  find(root, path, 1, [], collect);
  if (names.has('GET')) names.add('HEAD');
  return [...names].join(', ');
}
