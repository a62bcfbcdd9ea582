/** The request that opened a WebSocket, as its hooks see it: target, path, query, params, headers, and what was agreed on. */
import { HttpRequest, NO_BODY } from '../http1/request.ts';

/** How it crosses to the loop that runs the hooks. */
type Packed = readonly [
  target: string,
  fields: string,
  params: Readonly<Record<string, string>>,
  protocol: string,
  data: unknown,
];

export class WebSocketRequest extends HttpRequest {
  /** The subprotocol that was agreed on; '' for none. */
  readonly protocol: string;
  /** What `upgrade()` gave. */
  readonly data: unknown;

  constructor(target: string, fields: string, protocol: string, data: unknown) {
    super('GET', target, 1, true, true, fields, 0, NO_BODY, '', undefined);
    this.protocol = protocol;
    this.data = data;
  }

  /** Plain, so that it crosses threads. */
  static pack(request: HttpRequest, protocol: string, data: unknown): Packed {
    return [request.target, request.headers.text, { ...request.params }, protocol, data];
  }

  static revive(this: void, packed: unknown): WebSocketRequest {
    const [target, fields, params, protocol, data] = packed as Packed;
    const request = new WebSocketRequest(target, fields, protocol, data);
    request.params = params;
    return request;
  }
}
