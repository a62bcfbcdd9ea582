/** WebSockets: an echo, and at /broadcast to all but the sender. Our side of bench/peers/ws.ts. */
import { router } from 'patterns-runtime';

const ROOM = 'room';

export default router({ pushes: true })
  .ws('/', { message: (data) => data })
  .ws('/broadcast', {
    open: (connection) => connection.subscribe(ROOM),
    message: (data, connection) => connection.publish(ROOM, data),
  });
