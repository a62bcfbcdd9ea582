/** What the figures depend on besides the server: what all runs had in common, and what they had not. */
import { m, nothing, type Markup } from '../svg/markup.ts';
import { renderTable, type Table } from './blocks.ts';
import type { Report, Run } from './runs.ts';
import type { Environment, Suite } from './schema.ts';
import { count, plural, short } from './words.ts';

type Fact = readonly [name: string, value: string];

export interface EnvironmentFacts {
  /** The same for all. */
  readonly same: readonly Fact[];
  /** Different: by run. */
  readonly different: Table | undefined;
}

/** One list of what all runs had in common, and a table of what they had not. */
export function environmentOf(
  named: readonly { readonly name: string; readonly facts: readonly Fact[] }[],
): EnvironmentFacts {
  const names = [...new Set(named.flatMap(({ facts }) => facts.map(([name]) => name)))];
  const valueOf = (facts: readonly Fact[], name: string): string =>
    facts.find(([other]) => other === name)?.[1] ?? '–';
  const values = names.map((name) => new Set(named.map(({ facts }) => valueOf(facts, name))));
  const same = names.flatMap((name, i): Fact[] =>
    values[i].size === 1 ? [[name, [...values[i]][0]]] : [],
  );
  const differing = names.filter((_, i) => values[i].size > 1);
  if (differing.length === 0) return { same, different: undefined };
  return {
    same,
    different: {
      caption: 'What differed from run to run',
      head: ['run', ...differing],
      rows: named.map(({ facts, name }) => [
        name,
        ...differing.map((fact) => valueOf(facts, fact)),
      ]),
    },
  };
}

function factsOfRun({ result }: Run): Fact[] {
  const { client, environment, machine, server, threads } = result;
  return [
    ...factsOfLoad(environment),
    ['load threads', String(threads)],
    ['server seen', server === null ? 'no: elsewhere, or not to be seen' : 'on this machine'],
    ...(machine === null
      ? []
      : ([
          ['CPU of others', `${short(machine.foreignCores)} cores`],
          ['taken by the hypervisor', `${short(machine.stealCores)} cores`],
        ] as const)),
    ['garbage collections of the client', `${count(client.gcCount)}, ${short(client.gcMs)} ms`],
  ];
}

function factsOfLoad(environment: Environment): Fact[] {
  const { cores, cpu, governor, loadAverage, node, os, seed, startedAt, v8 } = environment;
  return [
    ['started', startedAt],
    ['Node', `${node}, V8 ${v8}`],
    ['system', os],
    ['processor', `${cpu}, ${plural(cores, 'core')}`],
    ['frequency governor', governor ?? 'not to be seen'],
    ['load average before', loadAverage.map(short).join(', ')],
    ['seed', String(seed)],
  ];
}

/** The keys of bench/measure/environment.ts, as people say them. */
const WORDS: Readonly<Record<string, string>> = {
  at: 'started',
  node: 'Node',
  nodeFlags: 'Node flags',
  kernel: 'system',
  cpu: 'processor',
  memoryBytes: 'memory',
  loadAverage: 'load average before',
  governor: 'frequency governor',
};

/** Whatever the bench wrote of its own. */
function factsOfSuite({ environment = {} }: Suite): Fact[] {
  return Object.entries(environment).map(([name, value]): Fact => {
    const said =
      name === 'memoryBytes' && typeof value === 'number'
        ? `${short(value / 1024 ** 3)} GiB`
        : sayValue(value);
    return [WORDS[name] ?? name, said];
  });
}

function sayValue(value: unknown): string {
  if (value === null || value === undefined) return 'not to be seen';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(sayValue).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${sayValue(inner)}`)
      .join('; ');
  }
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : short(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function renderEnvironment({ runs, suites }: Report): Markup {
  const loads = runs.map((run) => ({ name: run.name, facts: factsOfRun(run) }));
  const benches = suites.map((suite) => ({ name: suite.suite, facts: factsOfSuite(suite) }));
  const parts = [loads, benches].filter((named) => named.some(({ facts }) => facts.length > 0));
  if (parts.length === 0) return nothing;
  return m`<section id="environment"><h2>The environment</h2>
${parts.map((named) => renderFacts(environmentOf(named)))}
</section>
`;
}

function renderFacts({ different, same }: EnvironmentFacts): Markup {
  const list = same.map(([name, value]) => m`<dt>${name}</dt><dd>${value}</dd>`);
  return m`${same.length > 0 && m`<dl class="facts">${list}</dl>`}
${different !== undefined && renderTable(different)}
`;
}
