/**
 * The same bytes in, however they are cut, give the same bytes out, byte for byte: in every mode, by every unit and read
 * path, over every protocol. What must come out is not taken from a mode, but made from the protocol.
 */
import t from 'tap';
import { protocolNames } from '../../src/protocols/index.ts';
import type { Server } from '../../src/serve.ts';
import { connectTo, type End } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith, type Combo } from './support/combos.ts';
import { Random, SEED } from './support/random.ts';
import { Speaker, scripts } from './support/scripts.ts';
import { before } from './support/wait.ts';

const MESSAGES = 150;
const CUTS = 60;
const BURST = 1000;

/** What a client sends, and what must come of it. */
interface Exchange {
  readonly pieces: readonly Uint8Array[];
  readonly expected: Buffer;
  /** The server ends it: the client does so only then. */
  readonly ends?: boolean;
}

type Case = (speaker: Speaker, random: Random) => Exchange | undefined;

const cases: Record<string, Case> = {
  'a stream of messages, cut at arbitrary bytes'(speaker, random) {
    const ops: string[] = [];
    const replies: string[] = [];
    const verbs = ['say', 'say', 'soon', 'late', 'count', speaker.repliesToAll ? 'say' : 'none'];
    for (let i = 0; i < MESSAGES; i += 1) {
      const length = random.below(random.pick([5, 50, 3000]));
      const text = `${i} ${'é~€'.repeat(random.below(20))}${'x'.repeat(length)}`;
      const verb = random.pick(verbs);
      if (verb === 'none' || verb === 'count') ops.push(verb);
      else ops.push(verb === 'late' ? `late ${random.below(8)} ${text}` : `${verb} ${text}`);
      if (verb === 'count') replies.push(`count is ${i + 1}`);
      else if (verb !== 'none') replies.push(verb === 'say' ? `say ${text}` : text);
    }
    const pieces = random.cut(speaker.ask(...ops), CUTS);
    return { pieces, expected: speaker.answer(...replies) };
  },

  'a burst in one write'(speaker) {
    const texts = Array.from({ length: BURST }, (_, i) => `say ${i}`);
    return { pieces: [speaker.ask(...texts)], expected: speaker.answer(...texts) };
  },

  'a half-close inside a message'(speaker) {
    const part = speaker.ask('say never').subarray(0, -2);
    return {
      pieces: [speaker.ask('late 20 a', 'say b'), part],
      expected: Buffer.concat([speaker.answer('a', 'say b'), speaker.cutShort(part)]),
      ends: true,
    };
  },

  'a handler that throws'(speaker) {
    const { bytes, ends } = speaker.error();
    return {
      pieces: [speaker.ask('late 20 a', 'throw', 'say b')],
      expected: Buffer.concat([
        speaker.answer('a'),
        bytes,
        ends ? bytes.subarray(0, 0) : speaker.answer('say b'),
      ]),
      ends,
    };
  },

  'one that rejects, late'(speaker) {
    const { bytes, ends } = speaker.error();
    return {
      pieces: [speaker.ask('reject 20', 'say a', 'late 1 b')],
      expected: Buffer.concat([bytes, ends ? bytes.subarray(0, 0) : speaker.answer('say a', 'b')]),
      ends,
    };
  },

  'one that gives no reply'(speaker) {
    const missing = speaker.repliesToAll ? speaker.error().bytes : Buffer.alloc(0);
    return {
      pieces: [speaker.ask('late 20 a', 'none', 'say b')],
      expected: Buffer.concat([speaker.answer('a'), missing, speaker.answer('say b')]),
    };
  },

  'one that closes'(speaker) {
    return {
      pieces: [speaker.ask('late 20 a', 'bye b', 'say c')],
      expected: speaker.answer('a', 'b'),
      ends: true,
    };
  },

  'null is a value'(speaker) {
    if (speaker.script.hasNull !== true) return undefined;
    return {
      pieces: [speaker.ask('null', 'none', 'say a')],
      expected: speaker.answer(null, 'say a'),
    };
  },

  'large messages'(speaker) {
    const texts = Array.from({ length: 8 }, (_, i) => `say ${i} ${'y'.repeat(200_000)}`);
    return { pieces: [speaker.ask(...texts)], expected: speaker.answer(...texts) };
  },
};

async function exchange(server: Server, { pieces, ends }: Exchange): Promise<[Buffer, End]> {
  const client = await connectTo(server);
  await client.writeInPieces(pieces);
  if (ends === true && pieces.length === 1) await before(client.ended, 'the server ends it');
  client.end();
  const how = await before(client.ended, 'the server ends it');
  return [client.received, how];
}

/** A client that breaks the connection inside a message, in each way that there is. */
async function breakOff(server: Server, speaker: Speaker): Promise<void> {
  const bytes = speaker.ask('late 5 a', 'say b', 'say c');
  const client = await connectTo(server);
  await client.write(bytes.subarray(0, -2));
  client.reset();
}

async function everyCase(t: Parameters<typeof serveWith>[0], combo: Combo, speaker: Speaker) {
  const server = await serveWith(t, combo, {
    handler: handlerUrl('ops'),
    protocol: speaker.name,
    data: { protocol: speaker.name },
  });
  await Promise.all([
    breakOff(server, speaker),
    ...Object.entries(cases).map(async ([what, make]) => {
      const made = make(speaker, new Random());
      if (made === undefined) return;
      const [received, how] = await exchange(server, made);
      const [got, wanted] = [speaker.equal(received), speaker.equal(made.expected)];
      t.ok(got.equals(wanted), what, {
        seed: SEED,
        received: got.subarray(0, 300).toString('latin1'),
        expected: wanted.subarray(0, 300).toString('latin1'),
        lengths: [got.length, wanted.length],
      });
      t.equal(how, 'end', `${what}: an orderly end`);
    }),
  ]);
}

for (const name of protocolNames) {
  if (name === 'bytes') continue; // below
  t.test(name, async (t) => {
    if (scripts[name] === undefined) return t.fail(`${name} needs a script in support/scripts.ts`);
    const speaker = new Speaker(name);
    // The read path lies below the protocols: two of them show that it makes no difference.
    const readPaths =
      name === 'line' || name === 'msgpack' ? (['fast', 'fallback'] as const) : undefined;
    await forEveryMode(t, { readPaths }, (t, combo) => everyCase(t, combo, speaker));
  });
}

t.test('bytes', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: 'echo', protocol: 'bytes' });
    const random = new Random();
    const bytes = Buffer.from(Array.from({ length: 300_000 }, () => random.below(256)));
    const [received, how] = await exchange(server, {
      pieces: random.cut(bytes, 50),
      expected: bytes,
    });
    t.ok(received.equals(bytes), 'whatever their boundaries');
    t.equal(how, 'end');
  });
});
