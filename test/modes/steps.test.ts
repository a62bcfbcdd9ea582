/** What a decoder may find and what a reply may want, in every mode, over a protocol that is made for it. */
import t from 'tap';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith } from './support/combos.ts';

interface Case {
  readonly name: string;
  readonly sent: string;
  readonly received: string;
  /** Either will do. */
  readonly or?: string;
  /** Either will do where the input comes in pieces: a delay may end between two of them. */
  readonly orInPieces?: string;
}

const cases: Case[] = [
  {
    name: 'an answer of the protocol waits its turn',
    sent: 'late 20 a\n=b\nc\n',
    received: 'a\nb\nc\n',
  },
  {
    name: 'an urgent one does not',
    sent: 'late 60 a\n!b\nc\n',
    received: 'b\na\nc\n',
    orInPieces: 'a\nb\nc\n',
  },
  { name: 'END: what is due is answered', sent: 'late 20 a\n.\nb\n', received: 'a\n' },
  {
    name: 'FAIL: what is due is answered, then the last reply',
    sent: 'late 20 a\nb\n?\nc\n',
    received: 'a\nb\nbad\n',
  },
  { name: 'cut short', sent: 'late 20 a\nb', received: 'a\ncut\n' },
  { name: 'HOLD: what follows waits for the reply', sent: '@late 20 a\nb\n', received: 'a\nb\n' },
  { name: 'HOLD, and a reply at once', sent: '@a\n@b\nc\n', received: 'a\nb\nc\n' },
  {
    name: 'a reply that switches: what is left belongs to the next protocol',
    sent: 'a\n@switch quads\nonceagailate',
    received: 'a\nswitching\n<open><once 1><agai 2><late 3>',
  },
  {
    name: 'behind a late reply',
    sent: 'late 30 a\n@switch quads\noncelateonce',
    received: 'a\nswitching\n<open><once 1><late 2><once 3>',
  },
  {
    name: 'a late reply that switches',
    sent: '@late-switch quads 20\nonce',
    received: 'switching\n<open><once 1>',
  },
  {
    name: 'a switch without hooks',
    sent: '@switch same\nonceagai',
    received: 'switching\n<once><agai>',
  },
  {
    name: 'a decoder that switches',
    sent: 'late 20 a\n>quads\noncelate',
    received: 'a\n<open><once 1><late 2>',
  },
  { name: 'as the very first thing', sent: '>quads\nonce', received: '<open><once 1>' },
  { name: 'without hooks', sent: 'a\n>same\nonce', received: 'a\n<once>' },
  { name: 'a switch that the handler has no hooks for', sent: 'a\n>nobody\nonce', received: 'a\n' },
  { name: 'a switch that the protocol does not have', sent: 'a\n>nowhere\nonce', received: 'a\n' },
  { name: 'a last reply', sent: 'a\nlast b\nc\n', received: 'a\nb\n' },
  {
    name: 'behind a late one, before others',
    sent: 'late 20 a\nlast b\nlate 1 c\nd\n',
    received: 'a\nb\n',
  },
  {
    name: 'a late last one: what waits behind it never leaves',
    sent: 'late-last 20 a\nb\nlate 1 c\n',
    received: 'a\n',
  },
  { name: 'a throw without an error reply', sent: 'a\nthrow\nb\n', received: 'a\n' },
  {
    name: 'a rejection: what waits behind it never leaves',
    sent: 'a\nreject 20\nb\nlate 1 c\n',
    received: 'a\n',
  },
  {
    name: 'close(): what is due leaves, nothing else starts',
    sent: 'late 20 a\nclose b\nc\n',
    received: 'a\nb\n',
  },
  { name: 'a push that ends it', sent: 'a\npush-last b\nc\n', received: 'a\nb\n' },
  { name: 'a push that streams', sent: 'a\npush-stream\nb\n', received: 'a\n', or: 'a\nstreams\n' },
];

for (const kind of ['framed', 'packed', 'raw'] as const) {
  t.test(`tiny, ${kind}`, async (t) => {
    const needs = kind === 'raw' ? (['unframed-protocol'] as const) : [];
    await forEveryMode(t, { needs }, async (t, combo) => {
      const server = await serveWith(t, combo, {
        handler: handlerUrl('tiny', `?${kind}`),
      });
      for (const { name, sent, received, or, orInPieces } of cases) {
        for (const pieces of [[sent], Array.from(sent)]) {
          const client = await connectTo(server);
          await client.writeInPieces(pieces.map((piece) => Buffer.from(piece)));
          const got = (await client.finish()).toString();
          const allowed = [or, pieces.length > 1 ? orInPieces : undefined];
          if (!allowed.includes(got)) t.equal(got, received, `${name}, in ${pieces.length} pieces`);
        }
      }
    });
  });
}
