import t from 'tap';
import { Kept } from './kept.ts';

const text = (kept: Kept) => kept.buffer.toString('latin1', kept.start, kept.end);

t.test('bytes are copied, and joined', async (t) => {
  const source = Buffer.from('..hello..');
  const kept = new Kept(source, 2, 7, 0);
  source.fill('x');
  t.equal(text(kept), 'hello');
  kept.append(Buffer.from(' world'), 0, 6, 0);
  t.equal(text(kept), 'hello world');
});

t.test('what was consumed makes room, and views of the old stay', async (t) => {
  const kept = new Kept(Buffer.alloc(20_000, 'a'), 0, 20_000, 0);
  const view = kept.buffer.subarray(0, 10);
  kept.start = 19_990;
  kept.seen = 19_995;
  kept.append(Buffer.alloc(50_000, 'b'), 0, 50_000, 0);
  t.equal(text(kept).length, 50_010);
  t.equal(kept.seen - kept.start, 5, 'what was looked at is still known');
  t.equal(view.toString(), 'a'.repeat(10));
});

t.test('a length is not believed before its bytes come', async (t) => {
  const limit = 1024 * 1024 * 1024;
  const kept = new Kept(Buffer.alloc(4), 0, 4, limit);
  t.ok(kept.buffer.length <= 64 * 1024, `${kept.buffer.length} bytes for 4`);
  let copies = 0;
  let before = kept.buffer;
  const piece = Buffer.alloc(64 * 1024);
  for (let bytes = 4; bytes < 16 * 1024 * 1024; bytes += piece.length) {
    kept.append(piece, 0, piece.length, limit);
    if (kept.buffer !== before) copies += 1;
    before = kept.buffer;
    if (kept.buffer.length > 2 * (kept.end - kept.start) + 64 * 1024)
      t.fail(`${kept.buffer.length} bytes for ${kept.end}`);
  }
  t.ok(copies < 20, `16 MiB in pieces of 64 KiB were copied ${copies} times`);
});

t.test('where it is wanted exactly, it is had at once', async (t) => {
  const kept = new Kept(Buffer.alloc(10_000), 0, 10_000, 12_000);
  const { buffer } = kept;
  kept.append(Buffer.alloc(2000), 0, 2000, 12_000);
  t.equal(kept.buffer, buffer);
});
