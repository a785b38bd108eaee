import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A file that a process of this machine has open for writing. */
export interface OpenLog {
  readonly path: string;
  /** Name of the program, as the kernel has it (at most 15 characters). */
  readonly writer: string;
}

/** Bounds of one look: a machine with more of either is looked at in part. */
const MAX_PROCESSES = 8192;
const MAX_DESCRIPTORS = 2048;
const MAX_FOUND = 1000;
/** Access mode in the flags of fdinfo (octal), from open(2). */
const ACCESS_MODE = 0o3;
const READ_ONLY = 0o0;
/** What a log is called; anything below /var/log is one whatever its name. */
const LOG_NAME = /(?:\.log|\.out|\.err|\.jsonl|[_-]log|-json\.log)(?:[.-][\w.-]+)?$|\/logs?\/[^/]+$/i;
const LOG_FOLDER = '/var/log/';

/**
 * Files that look like logs and are open for writing now, with who writes them, by path. Only what this user may see: all of it as
 * root, else the user's own processes. Never throws: processes come and go while it looks.
 */
export function openLogs(proc = '/proc'): readonly OpenLog[] {
  const found = new Map<string, OpenLog>();
  const processes = namesIn(proc).filter((name) => /^\d+$/.test(name) && name !== String(process.pid)).slice(0, MAX_PROCESSES);
  for (const pid of processes) {
    for (const descriptor of namesIn(join(proc, pid, 'fd')).slice(0, MAX_DESCRIPTORS)) {
      const path = targetOf(join(proc, pid, 'fd', descriptor));
      if (path === null || found.has(path) || !(path.startsWith(LOG_FOLDER) || LOG_NAME.test(path))) continue;
      if (!isWritten(textOf(join(proc, pid, 'fdinfo', descriptor)))) continue;
      found.set(path, { path, writer: textOf(join(proc, pid, 'comm')).trim() });
      if (found.size === MAX_FOUND) return byPath(found);
    }
  }
  return byPath(found);
}

const byPath = (found: ReadonlyMap<string, OpenLog>): readonly OpenLog[] => [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));

function isWritten(fdinfo: string): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(fdinfo)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) !== READ_ONLY;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // gone, or another user's
  }
}

/** The path a descriptor leads to; null for what is no file, or has no name any more. */
function targetOf(link: string): string | null {
  try {
    const target = readlinkSync(link);
    return target.startsWith('/') && !target.endsWith(' (deleted)') && !/^\/(?:dev|proc|sys)\//.test(target) ? target : null;
  } catch {
    return null; // closed meanwhile
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}
