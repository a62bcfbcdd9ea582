/** Messages that are views, over length-prefix or, with `?websocket`, over WebSockets: what is made of one must outlive it. */
import { Buffer } from 'node:buffer';
import type { Connection } from '../../../src/handler.ts';
import { http } from '../../../src/protocols/http1/http.ts';
import { lengthPrefix } from '../../../src/protocols/length-prefix.ts';

type Held = Connection<Uint8Array, { release?: () => void }>;

const hooks = {
  open: () => ({}),
  message(data: string | Buffer, connection: Held): unknown {
    const bytes = data as Buffer;
    switch (String.fromCharCode(bytes[0])) {
      case 'w':
        return new Promise((resolve) => {
          connection.state.release = () => resolve(Buffer.from('waited'));
        });
      case 's':
        connection.send(bytes);
        return undefined;
      case 'r':
        connection.state.release!();
        return undefined;
      default:
        return bytes;
    }
  },
};

export default new URL(import.meta.url).searchParams.has('websocket')
  ? {
      protocol: http({ websocket: { view: true } }),
      pushes: true,
      websocket: { protocols: ['v1'], ...hooks },
      message: () => ({ status: 404 }),
    }
  : { protocol: lengthPrefix({ view: true }), pushes: true, ...hooks };
