/** As much of the peers' types as is used, so that these files are checked without them. */

declare module '@hono/node-server' {
  export function serve(
    options: {
      fetch: (request: Request) => Response | Promise<Response>;
      hostname: string;
      port: number;
    },
    listening: (address: { port: number }) => void,
  ): void;
}

declare module 'autocannon' {
  function autocannon(options: {
    url: string;
    connections: number;
    pipelining: number;
    duration: number;
  }): Promise<autocannon.Result>;
  namespace autocannon {
    interface Result {
      readonly requests: { readonly total: number };
      /** Seconds. */
      readonly duration: number;
      readonly errors: number;
      readonly timeouts: number;
      readonly non2xx: number;
    }
  }
  export default autocannon;
}

declare module 'uWebSockets.js' {
  namespace uWS {
    interface HttpResponse {
      cork(body: () => void): HttpResponse;
      end(body: string | Uint8Array): HttpResponse;
      onAborted(listener: () => void): HttpResponse;
      onData(listener: (chunk: ArrayBuffer, isLast: boolean) => void): HttpResponse;
      writeHeader(name: string, value: string): HttpResponse;
    }
    interface WebSocket {
      /** To all subscribers but itself. */
      publish(topic: string, message: ArrayBuffer, isBinary: boolean): boolean;
      send(message: ArrayBuffer, isBinary: boolean): number;
      subscribe(topic: string): boolean;
    }
    interface Behavior {
      maxPayloadLength: number;
      open?(socket: WebSocket): void;
      message(socket: WebSocket, message: ArrayBuffer, isBinary: boolean): void;
    }
    interface App {
      get(path: string, handler: (response: HttpResponse) => void): App;
      post(path: string, handler: (response: HttpResponse) => void): App;
      ws(path: string, behavior: Behavior): App;
      listen(host: string, port: number, listening: (listener: object) => void): App;
    }
  }
  const uWS: {
    App(): uWS.App;
    us_socket_local_port(listener: object): number;
  };
  export default uWS;
}

declare const Bun: {
  serve(options: { hostname: string; port: number; fetch(request: Request): Promise<Response> }): {
    port: number;
  };
};
