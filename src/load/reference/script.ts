/** What the reference server does, known by construction. Pure. */
export type Script =
  /** Each answer is held back so long. */
  | { readonly kind: 'constant'; readonly holdMs: number }
  /** Every `every`-th request is held back `slowMs`, the others `fastMs`. */
  | {
      readonly kind: 'bimodal';
      readonly every: number;
      readonly fastMs: number;
      readonly slowMs: number;
    }
  /** It does nothing at all for `stallMs`, at the end of every `everyMs`. */
  | { readonly kind: 'stall'; readonly everyMs: number; readonly stallMs: number }
  /** The first connection's answers are held back `slowMs`, those of the others `fastMs`. */
  | { readonly kind: 'slow-connection'; readonly fastMs: number; readonly slowMs: number }
  /** Every `every`-th answer is never sent. */
  | { readonly kind: 'drop'; readonly every: number };

export const DROPPED = -1;

/** @returns how long the answer is held back, in milliseconds, or DROPPED. */
export function holdOf(script: Script, sequence: number, connection: number): number {
  switch (script.kind) {
    case 'constant':
      return script.holdMs;
    case 'bimodal':
      return sequence % script.every === script.every - 1 ? script.slowMs : script.fastMs;
    case 'stall':
      return 0;
    case 'slow-connection':
      return connection === 0 ? script.slowMs : script.fastMs;
    case 'drop':
      return sequence % script.every === script.every - 1 ? DROPPED : 0;
  }
}
