/** What this machine and the processes on it have used: /proc, where there is one. Policy is in verdict.ts. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release } from 'node:os';
import process from 'node:process';
import type { Environment } from './result.ts';
import type { Address } from './target.ts';

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

export interface MachineTimes {
  readonly busyMs: number;
  readonly stealMs: number;
}

/** All cores, since boot; undefined where there is no /proc. */
export function readMachine(): MachineTimes | undefined {
  const line = read('/proc/stat').split('\n', 1)[0];
  if (!line.startsWith('cpu ')) return undefined;
  const [user, nice, system, , , irq, softirq, steal] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) * TICK_MS);
  return { busyMs: user + nice + system + irq + softirq + steal, stealMs: steal };
}

/** CPU time of each thread of a process, by its number; empty where it is not to be read. */
export function readThreads(pid: number): Map<string, number> {
  const times = new Map<string, number>();
  for (const tid of list(`/proc/${pid}/task`)) {
    const fields = read(`/proc/${pid}/task/${tid}/schedstat`).split(' ');
    if (fields.length === 3) times.set(tid, Number(fields[0]) / 1e6);
  }
  return times;
}

/** CPU time of a process, its ended threads too; NaN where it is not to be read. */
export function readProcessMs(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The processes of this machine that hold the server's side of the address: its listener and its connections. */
export function findServers(address: Address): number[] {
  const inodes = 'path' in address ? unixInodes(address.path) : tcpInodes(address.port);
  if (inodes.size === 0) return [];
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => holdsOne(pid, inodes))
    .map(Number);
}

/** Sockets whose own port is that one: listening or connected. */
function tcpInodes(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields.length > 9 && fields[1].endsWith(`:${hex}`) && fields[9] !== '0')
        inodes.add(fields[9]);
    }
  }
  return inodes;
}

function unixInodes(path: string): Set<string> {
  const inodes = new Set<string>();
  for (const line of read('/proc/net/unix').split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields.slice(7).join(' ') === path) inodes.add(fields[6]);
  }
  return inodes;
}

function holdsOne(pid: string, inodes: ReadonlySet<string>): boolean {
  return list(`/proc/${pid}/fd`).some((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

export function readEnvironment(seed: number): Environment {
  const processors = cpus();
  const governor = read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor').trim();
  return {
    node: process.version,
    v8: process.versions.v8,
    os: `${platform()} ${release()} ${arch()}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    governor: governor === '' ? null : governor,
    loadAverage: loadavg(),
    startedAt: new Date().toISOString(),
    seed,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
