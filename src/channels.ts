/**
 * What happens inside, for logs and tracing: node:diagnostics_channel channels. Nothing is published per message.
 */
import { channel } from 'node:diagnostics_channel';

/** `{ error, connection, count? }`: a handler threw or rejected. Published in the loop where it ran; `count`: it stands for so many. */
export const handlerErrors = channel('patterns:handler:error');
/** `{ workerId, pid }`: a worker accepts connections. Published in the server's main loop, like those below. */
export const workerReady = channel('patterns:worker:ready');
/** `{ workerId, pid, reason, restartMs }`: a worker died; its successor starts after `restartMs`. */
export const workerDied = channel('patterns:worker:died');
/**
 * `{ workerId, error: { name, message, stack }, count }`: a worker's handler failed. Of many in a second most come as one,
 * the last, with their number.
 */
export const workerHandlerErrors = channel('patterns:worker:handler-error');
/** `{ address, error }`: the kernel did not give a connection that was due (out of file descriptors, say). */
export const acceptErrors = channel('patterns:accept:error');
