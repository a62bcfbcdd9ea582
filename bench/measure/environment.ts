/** What a figure depends on besides the code, kept with every result. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

const SETTINGS = [
  'net/core/somaxconn',
  'net/ipv4/tcp_migrate_req',
  'net/ipv4/tcp_tw_reuse',
  'net/ipv4/ip_local_port_range',
];

export function environment(): Record<string, unknown> {
  return {
    at: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    nodeFlags: process.execArgv,
    kernel: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: os.cpus()[0]?.model,
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    loadAverage: os.loadavg(),
    governor: readOr('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    settings: Object.fromEntries(SETTINGS.map((name) => [name, readOr(`/proc/sys/${name}`)])),
  };
}

/** With `+` behind it if files differ from the commit; undefined outside of a checkout. */
function commit(): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return undefined;
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
