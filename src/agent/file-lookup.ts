import { compileGlob } from '../files/glob.ts';
import { listMatches } from '../files/list-matches.ts';
import { skipByPattern } from '../files/skip.ts';
import type { Glob } from '../files/glob.ts';
import type { Listing } from '../files/list-matches.ts';
import type { Reach } from '../files/reach.ts';
import type { OwnPaths } from '../files/skip.ts';
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
  /** What is skipped because nobody answers there; by default nothing. */
  readonly reach?: Reach;
}

/** The disk, to a whole plan: what is wrong with its globs, and the files they match now. Compiles each glob once. */
export class PlanLookup {
  readonly #reach: Reach;
  readonly #globs = new Map<string, ReturnType<typeof compileGlob>>();

  /** @param reach what it may look at: the rest is skipped. */
  constructor(reach: Reach) { this.#reach = reach; }

  /** What is wrong with an absolute path or glob, or null. */
  globFault(pattern: string): string | null {
    const glob = this.#compiled(pattern);
    return 'problem' in glob ? glob.problem : null;
  }

  /** `filesNow` for each entry, in their order, in one walk through the folders. */
  filesNow(entries: readonly FileEntryPlan[], own: OwnPaths): Promise<readonly Listing[]> {
    return listMatches(entries.map(({ pattern, exclude, framing }) => ({ glob: sound(pattern, this.#compiled(pattern)), exclude, encoding: framing.encoding })), own, this.#reach);
  }

  #compiled(pattern: string): ReturnType<typeof compileGlob> {
    const compiled = this.#globs.get(pattern) ?? compileGlob(pattern);
    this.#globs.set(pattern, compiled);
    return compiled;
  }
}

function sound(pattern: string, glob: ReturnType<typeof compileGlob>): Glob {
  if ('problem' in glob) throw new Error(`${pattern}: ${glob.problem}`);
  return glob;
}

/** The files a pattern matches now, as the running agent would find them; changes nothing. Throws for what `globFault` refuses. */
export async function filesNow({ pattern, exclude, encoding, ownLogs, stateDirectory, reach }: LookupSpec): Promise<Listing> {
  const [listing] = await listMatches([{ glob: sound(pattern, compileGlob(pattern)), exclude, encoding }], { logs: ownLogs, stateDirectory }, reach);
  return listing!;
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
