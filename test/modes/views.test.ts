/** Messages that are views into a buffer which the next read overwrites: replies that wait, and what is sent, keep theirs. */
import { Buffer } from 'node:buffer';
import t from 'tap';
import { Peer } from '../websocket/peer.ts';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith, type Combo } from './support/combos.ts';

/** Behind one that waits, one that is returned at once, and one sent, which tells that they were read. */
const FIRST = [Buffer.from('wait'), Buffer.alloc(3000, 'a'), Buffer.from('sent')];
/** Lies where they lay. */
const OVERWRITES = Buffer.alloc(5000, 's');
const RELEASES = Buffer.from('release');
const THEN = [Buffer.from('waited'), FIRST[1]];

const unless = ({ mode }: Combo) =>
  mode === 'blocking' ? 'it takes no message while one waits' : undefined;

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

void t.test('over length-prefix', async (t) => {
  await forEveryMode(t, { unless, readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('views', '?framed') });
    const client = await connectTo(server);
    await client.write(Buffer.concat(FIRST.map(framed)));
    const sent = framed(FIRST[2]);
    await client.until(sent.length);
    await client.write(framed(OVERWRITES));
    await client.until(sent.length + 4 + OVERWRITES.length);
    await client.write(framed(RELEASES));
    const expected = Buffer.concat([sent, ...[OVERWRITES, ...THEN].map(framed)]);
    t.ok((await client.finish()).equals(expected), 'each is what it was');
  });
});

void t.test('over WebSockets', async (t) => {
  await forEveryMode(t, { unless, http: true }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('views', '?websocket') });
    const peer = await Peer.open(server);
    for (const bytes of FIRST) peer.ws.send(bytes);
    t.same(await peer.next(), FIRST[2]);
    peer.ws.send(OVERWRITES);
    t.ok(OVERWRITES.equals((await peer.next()) as Buffer), 'what is sent');
    peer.ws.send(RELEASES);
    t.same(await peer.next(), THEN[0]);
    t.ok(THEN[1].equals((await peer.next()) as Buffer), 'what waited for its turn');
    peer.ws.close();
  });
});
