/** What is compared: runs with their figures. The run is the unit; a request is none. */

interface FigureKind {
  readonly title: string;
  readonly better: 'less' | 'more';
  /** How its value is written: a number a second, or the unit behind it. */
  readonly unit: '/s' | 'us' | 'bytes';
}

/** In the order of the tables. */
export const FIGURES = {
  perSecond: { title: 'messages/s', better: 'more', unit: '/s' },
  cpuUs: { title: 'server CPU/message', better: 'less', unit: 'us' },
  p50Us: { title: 'p50', better: 'less', unit: 'us' },
  p90Us: { title: 'p90', better: 'less', unit: 'us' },
  p99Us: { title: 'p99', better: 'less', unit: 'us' },
  p999Us: { title: 'p99.9', better: 'less', unit: 'us' },
  bytesPerConnection: { title: 'memory/connection', better: 'less', unit: 'bytes' },
} as const satisfies Record<string, FigureKind>;

export type FigureName = keyof typeof FIGURES;
export const figureNames = Object.keys(FIGURES) as readonly FigureName[];

export interface ComparedRun {
  /** Where it was read. */
  readonly file: string;
  /** NaN where it does not say. */
  readonly startedAtMs: number;
  /** Of a bench: runs with the same session and block met the same minutes of the machine. */
  readonly session: string;
  readonly block: number;
  /** Missing: not measured, or on too few answers. */
  readonly figures: Readonly<Partial<Record<FigureName, number>>>;
  /** What was asked of the server, in words: sides that differ in it are not compared. '' where the bench sees to it. */
  readonly asked: string;
  /** What it ran on. */
  readonly machine: string;
  readonly doubts: readonly Doubt[];
}

export const DOUBTS = {
  clientBound: 'the load was the limit, not the server: messages/s then says little of it',
  noisy: 'others used the machine',
  failed: 'requests failed; they are in no figure',
  missed: 'events were missed; they are in no figure',
  broken:
    'the server sent what nothing had asked for, or broke the protocol: connections were given up',
  interrupted: 'the run was ended early',
  unsteady: 'rate and median had not settled',
} as const;
export type Doubt = keyof typeof DOUBTS;

export interface Side {
  readonly name: string;
  readonly runs: readonly ComparedRun[];
}
