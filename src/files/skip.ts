// Why a matching path is never followed, in words for `check` and `status`. Pure but for the types of fs.

import { basename } from 'node:path';
import type { Stats } from 'node:fs';

/** What is the agent's own: following it would feed the agent with its own words. */
export interface OwnPaths {
  readonly logs: readonly string[];
  readonly stateDirectory: string | null;
}

/** The CloudWatch agent's six (.tar .zst .gz .zip .bz2 .rar) and the others that rotation and packing leave behind. */
const COMPRESSED = /\.(?:gz|zst|zip|bz2|rar|tar|xz|z|7z|lz4|tgz|tbz2|txz|lzma)$/i;

/** Record files of login and journal under /var/log, their rotations (`wtmp.1`, `btmp-20261101`) included. */
const BINARY_NAME = /^(?:wtmp|btmp|utmp|lastlog|faillog|tallylog)(?:[.-]\d+)?$|\.journal~?$/;

/** Reason by name alone, or null. `path` is absolute. */
export function skipByName(path: string, own: OwnPaths): string | null {
  const name = basename(path);
  const compressed = COMPRESSED.exec(name);
  if (compressed !== null) return `compressed (${compressed[0]}): only plain files are followed`;
  if (BINARY_NAME.test(name)) return 'binary records, not text';
  if (own.stateDirectory !== null && (path === own.stateDirectory || path.startsWith(`${own.stateDirectory}/`))) return "lies in the agent's own state directory";
  // A rotation of our log keeps its name as prefix: agent.log.1, agent.log-20261101.
  if (own.logs.some((log) => path === log || path.startsWith(`${log}.`) || path.startsWith(`${log}-`))) return "the agent's own log";
  return null;
}

/** Reason by what the path leads to (links followed), or null for a regular file. */
export function skipByType(stats: Stats): string | null {
  if (stats.isFile()) return null;
  if (stats.isDirectory()) return 'a directory, not a file';
  if (stats.isFIFO()) return 'a named pipe, not a file';
  if (stats.isSocket()) return 'a socket, not a file';
  return 'a device, not a file';
}

/** Reason by the entry's `blacklist`, which is searched in the base name, or null. */
export function skipByPattern(path: string, exclude: RegExp | null, source: string): string | null {
  return exclude !== null && exclude.test(basename(path)) ? `excluded by blacklist ${JSON.stringify(source)}` : null;
}
