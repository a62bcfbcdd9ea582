/** Sizes and durations as people write them. Pure. */

const BYTES = { B: 1, KIB: 1024, MIB: 1024 ** 2, GIB: 1024 ** 3 } as const;
const MS = { MS: 1, S: 1000, M: 60_000, H: 3_600_000 } as const;

/** '65536', '64KiB', '1MiB', '0.5GiB' → bytes; undefined for anything else, 'kB' and 'k' too, which mean two things. */
export function parseBytes(text: string): number | undefined {
  return parse(text, BYTES);
}

/** '500ms', '30s', '2m', '1h', and a bare number of milliseconds; undefined for anything else. */
export function parseMs(text: string): number | undefined {
  return parse(text, MS);
}

export function formatBytes(bytes: number): string {
  return format(bytes, { GiB: BYTES.GIB, MiB: BYTES.MIB, KiB: BYTES.KIB });
}

export function formatMs(ms: number): string {
  return ms === 0 ? '0' : format(ms, { h: MS.H, m: MS.M, s: MS.S, ms: MS.MS });
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2] === '' ? 1 : units[match[2].toUpperCase()];
  if (unit === undefined) return undefined;
  const value = Number(match[1]) * unit;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** By the largest unit that leaves no fraction. */
function format(value: number, units: Readonly<Record<string, number>>): string {
  for (const [name, size] of Object.entries(units))
    if (value >= size && value % size === 0) return `${value / size}${name}`;
  return String(value);
}
