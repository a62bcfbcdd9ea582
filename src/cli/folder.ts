/**
 * Watches the modules in a folder and below. Each folder is watched by itself: `fs.watch({ recursive })` on Linux goes
 * through node_modules too, and takes an inotify watch for every file in it.
 */
import { readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** One save is several events; an editor may write, rename and touch. */
const DEBOUNCE_MS = 100;
/** A handler in a home folder must not take all the watches of its user. */
const MOST_FOLDERS = 1000;
/** What a handler may import; not what it may write, which would restart it for ever. */
const MODULE = /\.(?:[cm]?[jt]s|json|wasm|node)$/;

interface Snapshot {
  readonly folders: ReadonlySet<string>;
  /** By path: when it changed, and its size. */
  readonly files: ReadonlyMap<string, string>;
}

export interface WatchedFolder {
  readonly folders: number;
  /** Folders that the kernel did not let us watch, for their number most likely. */
  readonly unwatched: number;
  close(): void;
}

/** `onChange` gets one of the files that differ. @throws where the folder cannot be watched at all */
export function watchFolder(root: string, onChange: (file: string) => void): WatchedFolder {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let now: Snapshot;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, DEBOUNCE_MS);
  };
  const follow = () => {
    for (const [folder, watcher] of watchers) {
      if (now.folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of now.folders) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, later);
        watcher.on('error', later); // it was removed: the next look drops it
        watchers.set(folder, watcher);
      } catch (error) {
        if (folder === root) throw error;
      }
    }
  };
  const look = () => {
    const before = now;
    now = snapshot(root);
    follow();
    const changed = difference(before.files, now.files);
    if (changed !== undefined) onChange(changed);
  };
  now = snapshot(root);
  follow();
  return {
    folders: watchers.size,
    unwatched: now.folders.size - watchers.size,
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** node_modules and folders that begin with a dot are left out. */
function snapshot(root: string): Snapshot {
  const folders = new Set([root]);
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      if (!entry.isDirectory()) {
        if (MODULE.test(entry.name)) files.set(path, stampOf(path));
      } else if (folders.size < MOST_FOLDERS) folders.add(path);
    }
  }
  return { folders, files };
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // it went meanwhile
  }
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return `${stat?.mtimeMs} ${stat?.size}`;
}

function difference(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string | undefined {
  for (const [file, stamp] of after) if (before.get(file) !== stamp) return file;
  for (const file of before.keys()) if (!after.has(file)) return file;
  return undefined;
}
