/**
 * Finds and loads uWebSockets.js, or says why it cannot be had. It is no dependency: it is not on the npm registry under
 * its own name, its binaries are for few versions of Node and of glibc, and nobody pays for it who does not ask for it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Uws } from './uws.ts';

export const PACKAGE = 'uWebSockets.js';
/** The pair that was tested: it has binaries for Node 18, 20, 22 and 23, and wants glibc 2.27. */
const ALIAS = 'npm:@uwsjs/core@20.51.4';
const HOW = `run npm install ${PACKAGE}@${ALIAS} with the npm of a Node 22`;

/** uWebSockets.js reads it once in a process, when it is loaded; its own default, 4 KiB, is less than Node's. */
const HEAD_LIMIT = 'UWS_HTTP_MAX_HEADERS_SIZE';
const HEAD_LIMIT_BYTES = 16_384;
const headLimit = Symbol.for('patterns-runtime.native-head-limit');

/** NODE_MODULE_VERSION of each line that has had a binary. */
const NODES: Readonly<Record<string, number>> = {
  108: 18,
  115: 20,
  120: 21,
  127: 22,
  131: 23,
  137: 24,
  141: 25,
  147: 26,
};

export type Addon =
  | { readonly uws: Uws; readonly version: string; readonly why?: undefined }
  /** `why`: a phrase that ends a sentence. */
  | { readonly uws?: undefined; readonly why: string };

const loaded = new Map<string, Addon>();

/**
 * Loads it: as the handler's module would, else as a module in the working directory would, else as this package would.
 */
export function loadAddon(handlerUrl: string | undefined): Addon {
  const places = placesOf(handlerUrl);
  for (const place of places) {
    const folder = packageFolder(place);
    if (folder === undefined) continue;
    let addon = loaded.get(folder);
    if (addon === undefined) loaded.set(folder, (addon = load(folder)));
    return addon;
  }
  return { why: `${PACKAGE} is not installed; ${HOW}` };
}

/** Bytes of a request's head that the loaded addon takes. */
export function headLimitBytes(): number {
  return (globalThis as Record<symbol, number>)[headLimit] ?? HEAD_LIMIT_BYTES;
}

function placesOf(handlerUrl: string | undefined): string[] {
  const from = [pathToFileURL(join(process.cwd(), 'x.js')).href, import.meta.url];
  return handlerUrl?.startsWith('file:') === true ? [handlerUrl, ...from] : from;
}

/** Where Node's own rule finds it from there. Not by require.resolve(), which stops at an entry that does not exist. */
function packageFolder(from: string): string | undefined {
  const folders = createRequire(from).resolve.paths(PACKAGE) ?? [];
  return folders
    .map((folder) => join(folder, PACKAGE))
    .find((folder) => existsSync(join(folder, 'package.json')));
}

function load(folder: string): Addon {
  const require = createRequire(join(folder, 'package.json'));
  const { version } = require('./package.json') as { version: string };
  const given = process.env[HEAD_LIMIT];
  process.env[HEAD_LIMIT] = given ?? String(HEAD_LIMIT_BYTES);
  try {
    const uws = require(folder) as Uws;
    (globalThis as Record<symbol, number>)[headLimit] ??= Number(given ?? HEAD_LIMIT_BYTES);
    return { uws, version };
  } catch (error) {
    return { why: explain(String(error), folder, version, machine()) };
  } finally {
    if (given === undefined) delete process.env[HEAD_LIMIT];
  }
}

/** What a binary must fit. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** NODE_MODULE_VERSION. */
  readonly abi: string;
  readonly node: string;
  /** Undefined where there is none. */
  readonly glibc: string | undefined;
}

function machine(): Machine {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  report.excludeNetwork = true; // it would look up names
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  return {
    platform: process.platform,
    arch: process.arch,
    abi: process.versions.modules,
    node: process.versions.node,
    glibc: header.glibcVersionRuntime,
  };
}

/** Why `require()` failed, with what was found and what is needed. */
export function explain(error: string, folder: string, version: string, here: Machine): string {
  const it = `${PACKAGE} ${version}`;
  const where = `${here.platform} ${here.arch}`;
  const needed = [...error.matchAll(/GLIBC_([0-9.]+)' not found/g)].map(([, found]) => found);
  if (needed.length > 0) {
    const most = needed.sort(byVersion).at(-1);
    return `${it} needs glibc ${most}, and this machine has ${here.glibc ?? 'none'}; ${HOW}, which needs glibc 2.27`;
  }
  if (here.platform === 'linux' && here.glibc === undefined) {
    return `${it} needs glibc, and this Linux has another C library (musl, say); use an image with glibc`;
  }
  const has = abisOf(folder, here);
  if (!has.includes(here.abi)) {
    const nodes = has.map((abi) => NODES[abi] ?? `ABI ${abi}`).join(', ');
    const binaries =
      nodes === '' ? `it has none for ${where}` : `there it has them for Node ${nodes}`;
    return `${it} has no binary for ${where} and Node ${here.node} (ABI ${here.abi}); ${binaries}; ${HOW}`;
  }
  const missing = /Cannot find module '(@[^']+)'/.exec(error)?.[1];
  if (missing !== undefined) {
    return `the binary of ${it} for Node ${here.node}, ${missing}, is not installed: npm takes the one for the Node that it runs on; install again with the npm of this Node, or run npm install ${missing}@${version}`;
  }
  const lines = error.split('\n').filter((line) => line !== '');
  return `${it} does not load: ${lines.at(-1)}`;
}

/** The ABIs for which the package has a binary for this platform. */
function abisOf(folder: string, { platform, arch }: Machine): string[] {
  const pattern = new RegExp(`^uws_${platform}_${arch}_(\\d+)\\.node`);
  return readdirSync(folder)
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b));
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
