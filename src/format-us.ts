/** Three digits and a unit: '412 µs', '1.23 ms', '2.05 s'. In evidence, tables and pages alike. */
export function formatUs(us: number): string {
  if (us < 999.5) return `${digits(us)} µs`;
  if (us < 999_500) return `${digits(us / 1000)} ms`;
  return `${digits(us / 1_000_000)} s`;
}

function digits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
