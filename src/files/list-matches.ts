import { closeSync, type Stats } from 'node:fs';
import { skipByContent } from './binary-content.ts';
import { errorCode, openQuietly } from './file-id.ts';
import { Finder, type Found, type FinderPattern } from './finder.ts';
import type { Glob } from './glob.ts';
import { skipByName, skipByType, type OwnPaths } from './skip.ts';

export interface Listing {
  /** By path. */
  readonly matches: readonly Found[];
  /** Matching paths that are not followed, or cannot be read, and why; by path. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Files opened to see whether they are text. */
const MAX_OPENED = 2000;

/** What matches now, looked up once, with the content of the files judged too: for `check` and for `newest`. */
export async function listMatches(glob: Glob, options: {
  readonly exclude: FinderPattern['exclude'];
  readonly own: OwnPaths;
  /** Canonical label of the entry's encoding. */
  readonly encoding: string;
}): Promise<Listing> {
  const unreadable = new Map<string, string>();
  const finder = new Finder({
    patterns: [{ key: glob.pattern, glob, exclude: options.exclude }],
    own: options.own,
    watch: null,
    report: {
      unreadable: (path, code) => { if (code !== null) unreadable.set(path, code); },
      watchesExhausted: () => {},
      tooMany: (what, limit) => { unreadable.set(glob.pattern, `reaches more than ${limit} ${what}`); },
    },
  });
  await finder.scan();
  const skipped = new Map(finder.skipped(glob.pattern));
  for (const [path, code] of unreadable) skipped.set(path, code.includes(' ') ? code : `cannot be looked at (${code})`);
  const matches: Found[] = [];
  let opened = 0;
  for (const found of finder.matches(glob.pattern).values()) {
    const reason = opened++ < MAX_OPENED ? contentReason(found.path, options.encoding) : null;
    if (reason === null) matches.push(found);
    else skipped.set(found.path, reason);
  }
  const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => a.path < b.path ? -1 : 1;
  return { matches: matches.sort(byPath), skipped: [...skipped].map(([path, reason]) => ({ path, reason })).sort(byPath) };
}

/** Why a path would not be followed by an entry of its own, or null. @param stats of what it leads to. */
export function skipReason(path: string, stats: Stats): string | null {
  return skipByName(path, { logs: [], stateDirectory: null }) ?? skipByType(stats) ?? contentReason(path, 'utf-8');
}

function contentReason(path: string, encoding: string): string | null {
  let fd: number;
  try {
    fd = openQuietly(path);
  } catch (error) {
    const code = errorCode(error);
    return code === 'EACCES' || code === 'EPERM' ? `cannot be opened (${code}): the agent's user needs read permission` : `cannot be opened (${code})`;
  }
  try {
    return skipByContent(fd, encoding);
  } finally {
    closeSync(fd);
  }
}
