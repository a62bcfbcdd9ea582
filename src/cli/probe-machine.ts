/** What the machine, the container and the shell give this process. */
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { readOptions } from '../options.ts';
import type { Check } from './check.ts';
import type { Read } from './probe-kernel.ts';

const group = 'This process';
const MIB = 1024 ** 2;
/** A worker process with some connections; 23 MiB of its own before the first (Node 26, Linux). */
const WORKER_BYTES = 128 * MIB;
/** Descriptors that a process needs beside its connections. */
const SPARE_FILES = 100;
const FEWEST_FILES = 1024;

export function checkMachine(read: Read): Check[] {
  return [cores(read), memory(), files()];
}

function cores(read: Read): Check {
  const usable = availableParallelism();
  const quota = cpuQuota(read);
  const tight = quota !== undefined && quota < usable;
  return {
    group,
    name: 'cores',
    value: `${usable} of ${cpus().length}, quota ${quota === undefined ? 'none' : quota.toFixed(2)}`,
    status: tight ? 'note' : 'ok',
    means: tight
      ? `${usable} workers by default, but the cgroup stops them when they have used ${quota.toFixed(2)} cores.`
      : `${usable} worker${usable === 1 ? '' : 's'} by default.`,
    change: tight
      ? `--workers=${Math.max(1, Math.floor(quota))}, or a larger quota (docker --cpus, resources.limits.cpu)`
      : 'taskset, or the quota of the container',
  };
}

/** In cores, the least of this cgroup's and those above it. Version 2, then 1. */
export function cpuQuota(read: Read): number | undefined {
  const quotas: number[] = [];
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '') {
      for (const folder of upwards('/sys/fs/cgroup', path)) {
        const [quota, period] = (read(`${folder}/cpu.max`) ?? 'max').trim().split(' ').map(Number);
        if (quota > 0) quotas.push(quota / period);
      }
    } else if (controllers?.split(',').includes('cpu')) {
      for (const folder of upwards(`/sys/fs/cgroup/${controllers}`, path)) {
        const quota = Number(read(`${folder}/cpu.cfs_quota_us`) ?? -1);
        if (quota > 0) quotas.push(quota / Number(read(`${folder}/cpu.cfs_period_us`)));
      }
    }
  }
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** '/sys/fs/cgroup' and '/a/b' → the folders of b, a and the root. In a container the path may lead outside. */
function upwards(root: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts.keys()]
    .map((i) => `${root}/${parts.slice(0, parts.length - i).join('/')}`)
    .concat(root);
}

function memory(): Check {
  const limit = process.constrainedMemory();
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const free = process.availableMemory?.() ?? freemem();
  const need = availableParallelism() * WORKER_BYTES;
  return {
    group,
    name: 'memory',
    value: `${format(free)} free of ${format(total)}`,
    status: free >= need ? 'ok' : 'note',
    means:
      free >= need
        ? 'A worker starts with about 25 MiB of its own, a thread with 15 MiB.'
        : `${availableParallelism()} workers under load want about ${format(need)}.`,
    change: 'fewer --workers, or a larger limit of the container',
  };
}

function files(): Check {
  const { soft, hard } = openFiles();
  const wanted = readOptions({}).limits.connections + SPARE_FILES;
  const status = soft < FEWEST_FILES ? 'problem' : soft < wanted ? 'note' : 'ok';
  return {
    group,
    name: 'open files',
    value: soft === Infinity ? 'no limit' : `${soft} (hard limit ${hard})`,
    status,
    means:
      status === 'ok'
        ? 'Each connection takes one; Node has raised the soft limit to the hard one.'
        : `Each connection takes one: --max-connections (${wanted - SPARE_FILES} by default) is not reached.`,
    change: 'ulimit -n 65536, LimitNOFILE= in systemd, --ulimit nofile= in docker',
  };
}

/** In numbers; no limit is Infinity. From Node's own report, which knows them on every Unix. */
function openFiles(): { soft: number; hard: number } {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  report.excludeNetwork = true; // it would look up names
  const { userLimits } = report.getReport() as {
    userLimits?: { open_files?: { soft: number | string; hard: number | string } };
  };
  const read = (value: number | string = 'unlimited') =>
    value === 'unlimited' ? Infinity : Number(value);
  return { soft: read(userLimits?.open_files?.soft), hard: read(userLimits?.open_files?.hard) };
}

function format(bytes: number): string {
  return bytes >= 1024 * MIB
    ? `${(bytes / 1024 / MIB).toFixed(1)} GiB`
    : `${Math.round(bytes / MIB)} MiB`;
}
