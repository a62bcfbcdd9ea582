/** The kernel's limits that a server meets. */
import { readOptions } from '../options.ts';
import type { Check, Status } from './check.ts';

const { backlog } = readOptions({});

/** Reads a file; undefined where there is none. */
export type Read = (path: string) => string | undefined;

interface Sysctl {
  readonly name: string;
  /** A value that would be fine. */
  readonly better: string;
  readonly judge: (value: string) => { status: Status; means: string };
}

const SYSCTLS: readonly Sysctl[] = [
  {
    name: 'net.core.somaxconn',
    better: '4096',
    judge: (value) => ({
      status: Number(value) >= backlog ? 'ok' : 'note',
      means:
        Number(value) >= backlog
          ? `The most connections that may wait to be accepted; --backlog is ${backlog} by default.`
          : `Cuts the backlog (${backlog} by default): in a burst, clients beyond it retry after a second.`,
    }),
  },
  {
    name: 'net.ipv4.tcp_max_syn_backlog',
    better: '4096',
    judge: (value) => ({
      status: Number(value) >= backlog ? 'ok' : 'note',
      means: 'The most half-open connections; past them, handshakes wait or go by SYN cookies.',
    }),
  },
  {
    name: 'net.ipv4.tcp_migrate_req',
    better: '1',
    judge: (value) => ({
      status: value === '1' ? 'ok' : 'note',
      means:
        value === '1'
          ? 'In mode sharded, what waits at a shard that ends goes to another shard.'
          : 'In mode sharded, what waits at a shard that ends is reset.',
    }),
  },
  {
    name: 'net.ipv4.ip_local_port_range',
    better: '"1024 65535"',
    judge: (value) => {
      const [first, last] = value.split(/\s+/).map(Number);
      const ports = last - first + 1;
      return {
        status: ports >= 28_000 ? 'ok' : 'note',
        means: `A client (a load generator, say) can have ${ports} connections to one address and port.`,
      };
    },
  },
  {
    name: 'net.ipv4.tcp_tw_reuse',
    better: '1',
    judge: (value) => ({
      status: value === '0' ? 'note' : 'ok',
      means:
        value === '0'
          ? 'A client port stays taken for 60 s after its connection: a load of short connections runs out.'
          : `A client port is used again a second after its connection${value === '2' ? ', on loopback only' : ''}.`,
    }),
  },
  {
    name: 'fs.nr_open',
    better: '1048576',
    judge: (value) => ({
      status: Number(value) >= 65_536 ? 'ok' : 'note',
      means: 'The most that ulimit -n may give one process.',
    }),
  },
  {
    name: 'fs.file-max',
    better: '1000000',
    judge: (value) => ({
      status: Number(value) >= 65_536 ? 'ok' : 'note',
      means: 'The most open files of the whole machine, connections among them.',
    }),
  },
];

/** Linux only: elsewhere there is nothing to read, and nothing is said. */
export function checkKernel(read: Read): Check[] {
  return SYSCTLS.flatMap(({ name, better, judge }) => {
    const value = read(`/proc/sys/${name.replaceAll('.', '/')}`)
      ?.trim()
      .replaceAll(/\s+/g, ' ');
    if (value === undefined) return [];
    const { status, means } = judge(value);
    const change = `sysctl -w ${name}=${status === 'ok' ? 'N' : better}`;
    return [{ group: 'Kernel', name, value, status, means, change }];
  });
}
