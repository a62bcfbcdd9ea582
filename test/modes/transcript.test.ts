/**
 * The same bytes in, however they are cut, give the same bytes out, byte for byte: in every mode, by every unit and read
 * path, over every protocol. What must come out is not taken from a mode, but made from the protocol.
 */
import t from 'tap';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith } from './support/combos.ts';
import { Random, SEED } from './support/random.ts';
import { scripted, Speaker } from './support/scripts.ts';
import type { Server } from '../../src/serve.ts';

const MESSAGES = 200;
const CUTS = 80;

type Case = (speaker: Speaker, server: Server, random: Random) => Promise<[Buffer, Buffer]>;

/** Each gives what came, and what must come. */
const cases: Record<string, Case> = {
  async 'a stream of messages, cut at arbitrary bytes'(speaker, server, random) {
    const ops: string[] = [];
    const answers: string[] = [];
    for (let i = 0; i < MESSAGES; i += 1) {
      const text = `${i} ${'é~€'.repeat(random.below(20))}${'x'.repeat(random.below(random.pick([5, 50, 3000])))}`;
      const verb = random.pick(['say', 'say', 'soon', 'late', 'none', 'count']);
      if (verb === 'late') ops.push(`late ${random.below(8)} ${text}`);
      else if (verb === 'soon') ops.push(`soon ${text}`);
      else if (verb === 'say') ops.push(`say ${text}`);
      else ops.push(verb);
      if (verb === 'count') answers.push(`count is ${i + 1}`);
      else if (verb !== 'none') answers.push(verb === 'say' ? `say ${text}` : text);
    }
    const client = await connectTo(server);
    await client.writeInPieces(random.cut(speaker.ask(...ops), CUTS));
    return [await client.finish(), speaker.answer(...answers)];
  },
};

t.setTimeout(600_000);
for (const name of scripted) {
  t.test(name, async (t) => {
    const speaker = new Speaker(name);
    await forEveryMode(t, { readPaths: ['fast', 'fallback'] }, async (t, combo) => {
      const server = await serveWith(t, combo, {
        handler: handlerUrl('ops'),
        protocol: name,
        data: { protocol: name },
      });
      for (const [what, run] of Object.entries(cases)) {
        const [received, expected] = await run(speaker, server, new Random());
        t.ok(received.equals(expected), what, {
          seed: SEED,
          received: received.subarray(0, 500).toString('latin1'),
          expected: expected.subarray(0, 500).toString('latin1'),
          lengths: [received.length, expected.length],
        });
      }
    });
  });
}
