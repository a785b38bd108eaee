import { closeSync, type Stats } from 'node:fs';
import { skipByContent } from './binary-content.ts';
import { errorCode, openQuietly } from './file-id.ts';
import { Finder, type Found, type FinderPattern } from './finder.ts';
import type { Glob } from './glob.ts';
import { ALL_IN_REACH, type Reach } from './reach.ts';
import { skipByName, skipByType, type OwnPaths } from './skip.ts';

export interface Listing {
  /** By path. */
  readonly matches: readonly Found[];
  /** Matching paths that are not followed, or cannot be read, and why; by path. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Files of one lookup opened to see whether they are text. */
const MAX_OPENED = 2000;
const SILENT = 'its mount gives no answer: its server or its process hangs';

/** What is looked up: a pattern, and what an entry says of its files. */
export interface Lookup {
  readonly glob: Glob;
  readonly exclude: FinderPattern['exclude'];
  /** Canonical label of the files' encoding. */
  readonly encoding: string;
}

/**
 * What matches now, looked up once, with the content of the files judged too: for `check` and for `newest`. One listing for
 * each lookup, in their order; all of them share one walk through the folders, and its bounds, as they do in the running agent.
 * What is out of reach is skipped.
 */
export async function listMatches(lookups: readonly Lookup[], own: OwnPaths, reach: Reach = ALL_IN_REACH): Promise<readonly Listing[]> {
  const unreadable = new Map<string, string>();
  const passedOver = new Set<string>();
  const beyond: string[] = [];
  const finder = new Finder({
    patterns: lookups.map(({ glob, exclude }, index) => ({ key: String(index), glob, exclude })),
    own,
    reach,
    watch: null,
    report: {
      unreadable: (path, code) => { if (code === null) unreadable.delete(path); else unreadable.set(path, code); },
      watchesExhausted: () => {},
      passedOver: (path) => { passedOver.add(path); },
      tooMany: (what, limit) => { beyond.push(`reaches more than ${limit} ${what}${lookups.length === 1 ? '' : ' together with the other entries'}`); },
    },
  });
  await finder.scan();
  const reasons = lookups.map((_, index) => new Map(finder.skipped(String(index))));
  for (const [path, code] of unreadable) {
    for (const key of finder.keysAt(path)) reasons[Number(key)]!.set(path, `cannot be looked at (${code})`);
  }
  for (const path of [...passedOver].filter((one) => reach.isOut(one))) {
    for (const key of finder.keysAt(path)) reasons[Number(key)]!.set(path, SILENT);
  }
  return lookups.map(({ glob, encoding }, index) => {
    const skipped = reasons[index]!;
    for (const reason of beyond) skipped.set(glob.pattern, reason);
    return judged(finder.matches(String(index)).values(), skipped, (path) => (reach.isOut(path) ? SILENT : contentReason(path, encoding)));
  });
}

function judged(candidates: Iterable<Found>, skipped: Map<string, string>, reasonOf: (path: string) => string | null): Listing {
  const matches: Found[] = [];
  let opened = 0;
  for (const found of candidates) {
    const reason = opened++ < MAX_OPENED ? reasonOf(found.path) : null;
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
