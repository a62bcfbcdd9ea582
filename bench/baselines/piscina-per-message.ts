/**
 * Lines on node:net, each one a Piscina task: `await pool.run(line)`. Replies leave in order, and with one write for
 * all that one read brought, which favours it. `--workers=N`; `--concurrent=N` is Piscina's `concurrentTasksPerWorker`
 * (its default is 1).
 */
import { createServer } from 'node:net';
import { Piscina } from 'piscina';
import { listenAndAnnounce, options } from './announce.ts';

const { workers, concurrent } = options({ workers: '1', concurrent: '1' });

const pool = new Piscina<string, string>({
  filename: new URL('piscina-task.mjs', import.meta.url).href,
  minThreads: Number(workers),
  maxThreads: Number(workers),
  concurrentTasksPerWorker: Number(concurrent),
});

const server = createServer({ noDelay: true }, (socket) => {
  let rest = '';
  let sent = Promise.resolve();
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    if (lines.length === 0) return;
    const replies = Promise.all(lines.map((line) => pool.run(line)));
    sent = sent
      .then(() => replies)
      .then((texts) => {
        socket.write(`${texts.join('\n')}\n`);
      })
      .catch(() => {
        socket.destroy();
      });
  });
  socket.on('error', () => socket.destroy());
});

listenAndAnnounce(server);
