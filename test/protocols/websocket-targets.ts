/** WebSocket's decoders as targets of the fuzzer: both sides, with and without compressed messages. */
import { Buffer } from 'node:buffer';
import { constants, deflateRawSync } from 'node:zlib';
import { websocket } from '../../src/protocols/websocket/websocket.ts';
import { frame, status, type FrameParts } from '../websocket/support.ts';
import { receive, seeded } from './harness.ts';
import type { Target } from './targets.ts';

const FRAGMENT_LIMIT = 8;
/** The limit is the payload's. Beside it there are headers, and control frames wait with the message that they are in. */
const BESIDE_BYTES = FRAGMENT_LIMIT * (14 + 125);
const RSV1 = 4;
const EMPTY_BLOCK_BYTES = 4;

function deflated(text: string): Buffer {
  const bytes = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  return bytes.subarray(0, bytes.length - EMPTY_BLOCK_BYTES);
}

const FRAMES: ReadonlyArray<readonly FrameParts[]> = [
  [{ payload: 'hello' }],
  [{ payload: '' }],
  [{ opcode: 2, payload: Buffer.from([0, 255, 128, 7]) }],
  [{ payload: 'x'.repeat(130) }],
  [{ payload: 'häß→😀' }],
  [
    { payload: Buffer.from([0xc3]), fin: false },
    { opcode: 0, payload: Buffer.from([0xa4]) },
  ],
  [
    { payload: 'one', fin: false },
    { opcode: 9, payload: 'ping' },
    { opcode: 0, payload: 'two', fin: false },
    { opcode: 10 },
    { opcode: 0, payload: 'three' },
  ],
  [{ opcode: 9 }, { opcode: 10, payload: 'x' }, { payload: 'after' }],
  [{ opcode: 8 }],
  [{ payload: 'last' }, { opcode: 8, payload: status(1000, 'bye') }, { payload: 'nothing' }],
  [{ payload: Buffer.from([0xff, 0xfe]) }],
  [{ opcode: 3 }, { payload: 'x' }],
  [{ payload: 'abc', lengthBits: 16 }],
  [{ payload: 'abc', lengthBits: 64 }],
  [{ payload: 'abc', says: 2n ** 63n }],
];

const DEFLATED: ReadonlyArray<readonly FrameParts[]> = [
  [{ rsv: RSV1, payload: deflated('hello hello hello') }],
  [{ rsv: RSV1, opcode: 2, payload: deflated('') }],
  [{ rsv: RSV1, payload: deflated('z'.repeat(100_000)) }],
  [
    { rsv: RSV1, payload: deflated('hello hello').subarray(0, 4), fin: false },
    { opcode: 9 },
    { opcode: 0, payload: deflated('hello hello').subarray(4) },
  ],
  [{ rsv: RSV1, payload: 'no deflate data' }],
];

/** What does not get shorter. */
function noise(length: number): Buffer {
  const random = seeded(7);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

export function* websocketTargets(): Generator<Target> {
  for (const windowBits of [0, 15]) {
    const protocol = websocket({ fragmentLimit: FRAGMENT_LIMIT }, windowBits);
    for (const side of ['server', 'client'] as const) {
      const bytesOf = (frames: readonly FrameParts[]): Buffer =>
        Buffer.concat(frames.map((one) => frame(side === 'server' ? one : unmasked(one))));
      const frames = windowBits === 0 ? FRAMES : [...FRAMES, ...DEFLATED];
      const long: FrameParts =
        windowBits === 0
          ? { payload: 'x'.repeat(16_000) }
          : { rsv: RSV1, opcode: 2, payload: noise(16_000) };
      const codec = protocol[side];
      yield {
        name: `${protocol.name}.${side}`,
        hear(pieces, limit) {
          const heard = receive(codec, pieces, limit, BESIDE_BYTES);
          // Text that is whole is looked at when it is taken, any other before it is found.
          const spans = heard.spans.slice(0, heard.values.length);
          return { ...heard, spans, reply: side === 'server' ? heard.reply : bare(heard.reply) };
        },
        codec,
        samples: frames.map(bytesOf),
        large: [bytesOf([long]), bytesOf([{ ...long, fin: false }])],
        unbounded: false,
      };
    }
  }
}

/** The payload of a client's frame, whose mask is another one each time. */
function bare(reply: string): string {
  const [key, payload] = [reply.slice(2, 6), reply.slice(6)].map((text) =>
    Buffer.from(text, 'latin1'),
  );
  return Buffer.from(payload.map((byte, i) => byte ^ key[i % 4])).toString('latin1');
}

function unmasked(parts: FrameParts): FrameParts {
  return { ...parts, key: undefined };
}
