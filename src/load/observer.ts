/** Looks at this machine, the server on it and our own process while a load is measured. */
import process from 'node:process';
import { nowMs } from './clock.ts';
import {
  findServers,
  readMachine,
  readProcessMs,
  readThreads,
  type MachineTimes,
} from './machine.ts';
import type { MachineFigures, ServerFigures } from './result.ts';
import type { Address } from './target.ts';

interface Look {
  readonly at: number;
  readonly machine: MachineTimes | undefined;
  readonly ownCpuMs: number;
  readonly servers: ReadonlyMap<number, number>;
  readonly threads: ReadonlyMap<string, number>;
}

export interface Observed {
  readonly processCpuMs: number;
  readonly server: Omit<ServerFigures, 'cpuPerRequestUs'> | undefined;
  readonly machine: MachineFigures | undefined;
  /** A process of the server ended: what it used is not known, nor then what the rest of the machine did. */
  readonly serverEnded: boolean;
}

export class Observer {
  readonly #address: Address;
  #pids: number[] = [];
  #first: Look | undefined = undefined;
  #last: Look | undefined = undefined;

  constructor(address: Address) {
    this.#address = address;
  }

  /** While the connections are open, and before the measurement: it reads all of /proc. */
  find(): void {
    this.#pids = findServers(this.#address).filter((pid) => pid !== process.pid);
  }

  begin(): void {
    this.#first = this.#look();
  }

  /** The first call after `begin()` counts. */
  end(): void {
    this.#last ??= this.#look();
  }

  figures(): Observed {
    const first = this.#first;
    const last = this.#last;
    if (first === undefined || last === undefined) {
      return { processCpuMs: 0, server: undefined, machine: undefined, serverEnded: false };
    }
    const elapsedMs = last.at - first.at;
    const processCpuMs = last.ownCpuMs - first.ownCpuMs;
    if ([...first.servers.keys()].some((pid) => !last.servers.has(pid)))
      return { processCpuMs, server: undefined, machine: undefined, serverEnded: true };
    const server = this.#serverFigures(first, last, elapsedMs);
    let machine: MachineFigures | undefined;
    if (first.machine !== undefined && last.machine !== undefined) {
      const stealMs = last.machine.stealMs - first.machine.stealMs;
      const busyMs = last.machine.busyMs - first.machine.busyMs;
      const foreignMs = busyMs - stealMs - processCpuMs - (server?.cpuMs ?? 0);
      machine = {
        foreignCores: Math.max(0, foreignMs / elapsedMs),
        stealCores: stealMs / elapsedMs,
      };
    }
    return { processCpuMs, server, machine, serverEnded: false };
  }

  #serverFigures(first: Look, last: Look, elapsedMs: number): Observed['server'] {
    if (first.servers.size === 0) return undefined;
    let cpuMs = 0;
    for (const [pid, ms] of first.servers) cpuMs += Math.max(0, last.servers.get(pid)! - ms);
    let busiestMs = 0;
    for (const [thread, ms] of last.threads) {
      busiestMs = Math.max(busiestMs, ms - (first.threads.get(thread) ?? 0));
    }
    return { pids: [...first.servers.keys()], cpuMs, busiestThreadShare: busiestMs / elapsedMs };
  }

  #look(): Look {
    const { system, user } = process.cpuUsage();
    const servers = this.#pids
      .map((pid): [number, number] => [pid, readProcessMs(pid)])
      .filter(([, ms]) => !Number.isNaN(ms));
    return {
      at: nowMs(),
      machine: readMachine(),
      ownCpuMs: (user + system) / 1000,
      servers: new Map(servers),
      threads: new Map(this.#pids.flatMap((pid) => [...readThreads(pid)])),
    };
  }
}
