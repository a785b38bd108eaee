import { compileGlob } from '../files/glob.ts';
import { listMatches } from '../files/list-matches.ts';
import { skipByPattern } from '../files/skip.ts';
import type { Listing, Lookup } from '../files/list-matches.ts';
import type { FileEntryPlan } from '../plan.ts';

/** What is wrong with an absolute path or glob, or null. */
export function globFault(pattern: string): string | null {
  const glob = compileGlob(pattern);
  return 'problem' in glob ? glob.problem : null;
}

export interface LookupSpec extends Pick<FileEntryPlan, 'pattern' | 'exclude'> {
  /** Canonical label of the files' encoding. */
  readonly encoding: string;
  /** The agent's own, see Plan.ownLogs. */
  readonly ownLogs: readonly string[];
  readonly stateDirectory: string | null;
}

/** The files a pattern matches now, as the running agent would find them; changes nothing. Throws for what `globFault` refuses. */
export async function filesNow({ ownLogs, stateDirectory, ...pattern }: LookupSpec): Promise<Listing> {
  const [listing] = await listMatches([lookupOf(pattern)], { logs: ownLogs, stateDirectory });
  return listing!;
}

/** `filesNow` for each entry of a plan, in one walk through the folders. */
export async function entryFilesNow(entries: readonly FileEntryPlan[], { ownLogs, stateDirectory }: Pick<LookupSpec, 'ownLogs' | 'stateDirectory'>): Promise<readonly Listing[]> {
  const lookups = entries.map(({ pattern, exclude, framing }) => lookupOf({ pattern, exclude, encoding: framing.encoding }));
  return listMatches(lookups, { logs: ownLogs, stateDirectory });
}

function lookupOf({ pattern, exclude, encoding }: Pick<LookupSpec, 'pattern' | 'exclude' | 'encoding'>): Lookup {
  const glob = compileGlob(pattern);
  if ('problem' in glob) throw new Error(`${pattern}: ${glob.problem}`);
  return { glob, exclude, encoding };
}

/** What an entry is to a path, whether or not a file is there: not its own, its own, or left out by its `blacklist`, and the reason. */
export type EntryMatch = boolean | { readonly excluded: string };

/** Tells which paths are an entry's. */
export function matcherOf({ pattern, exclude }: Pick<FileEntryPlan, 'pattern' | 'exclude'>): (path: string) => EntryMatch {
  const glob = compileGlob(pattern);
  if ('problem' in glob) return () => false;
  const left = exclude === null ? null : new RegExp(exclude.js, exclude.flags);
  return (path) => {
    if (!glob.matches(path)) return false;
    const excluded = skipByPattern(path, left, exclude?.source ?? '');
    return excluded === null ? true : { excluded };
  };
}
