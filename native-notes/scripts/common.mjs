/** What the scripts of this folder share. Each ends by itself within a minute, uses loopback alone and free ports. */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';

const LONGEST_MS = 60_000;
const TICK_MS = 10;

setTimeout(() => {
  console.error('took too long');
  process.exit(1);
}, LONGEST_MS).unref();

export function printEnvironment() {
  console.log(
    `Node ${process.version}, libuv ${process.versions.uv}, ${os.type()} ${os.release()}, ${os.cpus().length} cores\n`,
  );
}

/** Rows of cells, the first one being the heads. Numbers to the right. */
export function printTable(rows) {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  const isNumber = texts[0].map((_, column) =>
    texts.slice(1).every((row) => /^[-\d.]/.test(row[column])),
  );
  for (const row of texts) {
    const cells = row.map((cell, i) =>
      isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

/** CPU that a process has used in milliseconds: user and system. */
export function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { user: Number(fields[11]) * TICK_MS, system: Number(fields[12]) * TICK_MS };
}

export function listen(server, options = {}) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, ...options }, () => resolve(server.address().port));
  });
}

export function connect(port, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, ...options });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
export const percentile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
