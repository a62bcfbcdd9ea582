/** The floor of everything else: the read path and the write path, and no protocol. */
import { compilerMissing } from '../baselines/compile.ts';
import { baseline, epollEcho, ours } from '../servers.ts';
import { arms } from './arms.ts';
import type { Suite } from './suite.ts';

export const echo: Suite = {
  name: 'echo',
  question: 'What does echoing 64 bytes cost, next to C and to plain node:net?',
  unavailable: compilerMissing,
  arms: (settings) =>
    arms(
      [
        ours({ mode: 'single', name: 'bytes' }),
        epollEcho(),
        baseline("socket.on('data')", 'plain-net'),
      ],
      { protocol: 'bytes', connections: 64, bytes: 64 },
      settings,
    ),
  claims: [
    {
      says: '64 B echo, bytes, over a C epoll echo',
      figure: 'cpuUs',
      of: 'bytes',
      over: ['C epoll'],
      atMost: 1.4,
      stretch: 1.25,
    },
    {
      says: "64 B echo, bytes, over socket.on('data')",
      figure: 'cpuUs',
      of: 'bytes',
      over: ["socket.on('data')"],
      atMost: 0.95,
      stretch: 0.85,
    },
  ],
};
