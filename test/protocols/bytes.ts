import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { Case, Side } from './cases.ts';

const side: Side = {
  vectors: [{ bytes: Buffer.from('00ff0d0a', 'hex'), values: [Buffer.from([0, 255, 13, 10])] }],
  hostile: [],
  any: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  arrives: (sent) => Buffer.from(sent as Uint8Array),
  refused: [
    [7, /takes a Uint8Array or a string, and got number 7/],
    [null, /and got null/],
    [{}, /and got an object/],
  ],
};
const unbounded = 'a message is whatever one read brought';

export const bytesCases: readonly Case[] = [
  { protocol: 'bytes', options: {}, unbounded, server: side, client: side },
  { protocol: 'bytes', options: { view: true }, unbounded, server: side, client: side },
];
