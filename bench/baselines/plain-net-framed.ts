/**
 * Framed messages on node:net, in the way people write it: what is left of the last read goes in front of the next one,
 * whole messages are cut off and answered.
 *
 * `--framing=line|length-prefix`, and `--writes=message` (a write for each reply) or `read` (one for all replies to what
 * one read brought). `answer()` stands where an application would do its work.
 */
import { createServer, type Socket } from 'node:net';
import { listenAndAnnounce, options } from './announce.ts';

const HEADER_BYTES = 4;

const { framing, writes } = options({ framing: 'line', writes: 'message' });
const oncePerRead = writes === 'read';

function answer<T>(message: T): T {
  return message;
}

function serveLines(socket: Socket): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    if (lines.length === 0) return;
    if (oncePerRead) {
      socket.write(`${lines.map(answer).join('\n')}\n`);
    } else {
      for (const line of lines) socket.write(`${answer(line)}\n`);
    }
  });
}

function serveLengthPrefixed(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const replies: Buffer[] = [];
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(0);
      if (rest.length < end) break;
      const reply = frame(answer(rest.subarray(HEADER_BYTES, end)));
      rest = rest.subarray(end);
      if (oncePerRead) replies.push(reply);
      else socket.write(reply);
    }
    if (replies.length > 0)
      socket.write(replies.length === 1 ? replies[0] : Buffer.concat(replies));
  });
}

function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + message.length);
  framed.writeUInt32BE(message.length, 0);
  message.copy(framed, HEADER_BYTES);
  return framed;
}

const serve = framing === 'line' ? serveLines : serveLengthPrefixed;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  serve(socket);
});

listenAndAnnounce(server);
