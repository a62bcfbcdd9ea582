/** What a reference server was told to do, in a sentence. Results come from files: a script may be one of another version. */
export function sayScript({ kind, ...figures }: { readonly kind: string }): string {
  const { everyMs, every, fastMs, holdMs, slowMs, stallMs } = figures as Record<string, number>;
  switch (kind) {
    case 'stall':
      return `stall: it does nothing for ${stallMs} ms at the end of every ${everyMs} ms`;
    case 'constant':
      return `constant: it holds each answer back for ${holdMs} ms`;
    case 'bimodal':
      return `bimodal: it holds one answer in ${every} back for ${slowMs} ms, the others for ${fastMs} ms`;
    default:
      return `${kind} (${Object.entries(figures)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')})`;
  }
}
