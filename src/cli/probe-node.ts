/** What this Node can do: tried, not read off its version. */
import { readFileSync } from 'node:fs';
import { probeMachine } from '../modes/index.ts';
import type { Check } from './check.ts';
import { modeRows, whyNot, type ModeRow } from './modes.ts';
import { compareVersions } from './node-version.ts';

const group = 'Node';
const INTERNALS = 'It needs internals that this Node hides; Node 22 to 26 have them.';

export async function checkNode(): Promise<Check[]> {
  const machine = await probeMachine();
  return [
    version(),
    ability(
      'SO_REUSEPORT',
      machine.reusePort,
      'Every loop may have a listener of its own: mode sharded.',
      'Mode sharded cannot run: this kernel or this Node has no reusePort.',
      'Linux has it; Node from 22.12 on.',
    ),
    ability(
      'sockets across threads',
      machine.movableSockets,
      'Mode pooled can hand connections to threads.',
      'Mode pooled hands connections to processes only, which costs more for each.',
      'Node 24.20 and 26.6 have it.',
    ),
    ability(
      'fast read path',
      machine.accept && machine.onread,
      'Connections share one read buffer: about 0.7 of the CPU per message.',
      "Connections are read by 'data' events: about 1.4 times the CPU per message.",
      INTERNALS,
    ),
    ability(
      'bound handles',
      machine.bind,
      'A socket can be bound here and listened on elsewhere: modes shared and blocking.',
      'Modes shared and blocking cannot run.',
      INTERNALS,
    ),
    typeStripping(),
    await msgpackr(),
    await piscina(),
  ];
}

export async function checkModes(): Promise<Check[]> {
  return (await modeRows()).map(checkMode);
}

function checkMode({ name, units, available, peer }: ModeRow): Check {
  const able = units.flatMap(({ unit, reason }) => (reason === null ? [unit] : []));
  const reasons = whyNot(units).map(
    ([by, reason]) => `${by === '' ? 'here' : by.trim()}: ${reason}`,
  );
  const by = able.filter((unit) => unit !== null);
  const missing = peer === undefined ? 'problem' : 'note';
  return {
    group: 'Modes',
    name,
    value: !available ? 'does not run' : by.length === 0 ? 'runs' : `runs by ${by.join(', ')}`,
    status: !available ? missing : reasons.length > 0 ? 'note' : 'ok',
    means: reasons.length === 0 ? '' : `Not ${reasons.join('; not ')}.`,
  };
}

function version(): Check {
  const { engines } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { engines: { node: string } };
  const oldest = engines.node.replace('>=', '');
  const enough = compareVersions(process.versions.node, oldest) >= 0;
  return {
    group,
    name: 'version',
    value: process.version,
    status: enough ? 'ok' : 'problem',
    means: enough ? `${oldest} and newer will do.` : `${oldest} is the oldest that will do.`,
    ...(enough ? {} : { change: 'https://nodejs.org/en/download' }),
  };
}

function ability(name: string, has: boolean, yes: string, no: string, change: string): Check {
  return has
    ? { group, name, value: 'yes', status: 'ok', means: yes }
    : { group, name, value: 'no', status: 'note', means: no, change };
}

function typeStripping(): Check {
  return ability(
    'type stripping',
    process.features.typescript !== false,
    'Handlers written in TypeScript run as they are.',
    'Only handlers in JavaScript load.',
    'Leave --no-strip-types out (NODE_OPTIONS too).',
  );
}

async function msgpackr(): Promise<Check> {
  const { isNativeAccelerationEnabled } = await import('msgpackr');
  return ability(
    'msgpackr native',
    isNativeAccelerationEnabled,
    'Strings of MessagePack are decoded by native code.',
    'MessagePack is decoded by JavaScript alone: slower for many short strings.',
    'Install msgpackr-extract, an optional dependency (npm install without --omit=optional).',
  );
}

async function piscina(): Promise<Check> {
  const { Piscina, version } = await import('piscina');
  const has = typeof Piscina === 'function';
  return {
    ...ability(
      'piscina',
      has,
      'The executors of mode dispatched.',
      'Mode dispatched cannot run.',
      'npm install',
    ),
    value: has ? version : 'no',
  };
}
