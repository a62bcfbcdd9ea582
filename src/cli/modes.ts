/** `patterns modes`. */
import { styleText } from 'node:util';
import { Command } from 'commander';
import { modeNames, modes } from '../modes/index.ts';
import type { UnitName } from '../options.ts';
import { print } from './output.ts';
import { columns, hang, table } from './text.ts';

/** 'process,' */
const HERE_WIDTH = 8;

type Mode = (typeof modes)[keyof typeof modes];

/** Whether a mode runs here; a mode without units has one entry, with null for it. */
export interface Availability {
  readonly unit: UnitName | null;
  /** Why not; null: it runs. */
  readonly reason: string | null;
}

export interface ModeRow {
  readonly name: string;
  readonly summary: string;
  readonly listeners: string;
  readonly accepts: string;
  readonly reads: string;
  readonly executes: string;
  readonly capabilities: readonly string[];
  /** A package that this mode alone needs. */
  readonly peer?: string;
  /** It runs here, by one unit at least. */
  readonly available: boolean;
  readonly units: readonly Availability[];
}

export function modesCommand(): Command {
  return new Command('modes')
    .description(
      'Says who accepts, who reads and who executes in each mode, and tries which of them run here.',
    )
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: true }) => {
      const rows = await modeRows();
      await print(json ? `${JSON.stringify(rows, undefined, 2)}\n` : render(rows, columns()));
    });
}

/** The table of modes, with what this machine can run of it. Tried, not guessed. */
export async function modeRows(): Promise<ModeRow[]> {
  return Promise.all(modeNames.map((name) => modeRow(modes[name])));
}

async function modeRow(mode: Mode): Promise<ModeRow> {
  const { name, summary, listeners, accepts, reads, executes, capabilities, peer } = mode;
  const candidates = mode.units.length === 0 ? [undefined] : mode.units;
  const units = await Promise.all(
    candidates.map(async (unit) => ({
      unit: unit ?? null,
      reason: (await mode.unavailable?.(unit, undefined)) ?? null,
    })),
  );
  const available = units.some(({ reason }) => reason === null);
  return {
    name,
    summary,
    listeners,
    accepts,
    reads,
    executes,
    capabilities,
    peer,
    available,
    units,
  };
}

function render(rows: readonly ModeRow[], width: number): string {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  // Of 80 columns: 16 + 20 + 16, and the rest for names and the four gaps.
  const share = (width - nameWidth - HERE_WIDTH - 8) / 52;
  const widths = [nameWidth, ...[16, 20, 16].map((part) => Math.floor(part * share)), HERE_WIDTH];
  const head = ['MODE', 'ACCEPTS', 'READS', 'EXECUTES', 'HERE'];
  const cells = rows.map((row) => [row.name, row.accepts, row.reads, row.executes, here(row)]);
  const lines = rows.map(({ name, summary }) =>
    hang(`  ${name.padEnd(nameWidth)}  `, summary, width),
  );
  const missing = rows.flatMap(({ name, units }) =>
    whyNot(units).map(([by, reason]) => hang(`  ${name}${by}: `, `${reason}.`, width)),
  );
  const title = (text: string) => `\n${styleText('bold', text)}\n`;
  return [
    styleText('bold', table([head], widths)),
    '\n',
    table(cells, widths),
    '\n',
    title('When to choose it'),
    lines.join('\n'),
    '\n',
    missing.length === 0 ? '' : `${title('Not here')}${missing.join('\n')}\n`,
  ].join('');
}

/** ' by process', and why not; '' where that holds for every unit. */
export function whyNot(units: readonly Availability[]): Array<[by: string, reason: string]> {
  const reasons = [...new Set(units.map(({ reason }) => reason))];
  return reasons.flatMap((reason) => {
    if (reason === null) return [];
    const of = units.filter((one) => one.reason === reason).map(({ unit }) => unit);
    return [[of.length === units.length ? '' : ` by ${of.join(' or ')}`, reason]];
  });
}

function here({ units, available }: ModeRow): string {
  if (!available) return 'no';
  const able = units.flatMap(({ unit, reason }) =>
    reason === null && unit !== null ? [unit] : [],
  );
  return able.length === 0 ? 'yes' : able.join(', ');
}
