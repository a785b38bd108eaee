// Puts together what a state directory knows: the newest intact snapshot, then every journal since, in order.
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../flow.ts';
import { decodeFile } from './codec.ts';
import type { DecodedFile } from './codec.ts';

/** Copies of damaged files that are kept for a person to look at. */
const DAMAGED_KEPT = 3;

/** The state was written by a newer agent. Reading it as nothing would send every file again. */
export class StateVersionError extends Error {
  constructor(path: string, version: number) {
    super(`${path} has format version ${version}, this agent reads version 1: start the newer agent that wrote it, or give this one another --state-dir (it then begins anew)`);
    this.name = 'StateVersionError';
  }
}

export interface LoadedState {
  /** Generations by number. */
  readonly generations: ReadonlyMap<number, Checkpoint>;
  readonly next: number;
  /** Highest sequence of any file, damaged ones included; 0 in an empty directory. */
  readonly sequence: number;
  /** Sequence of the newest intact snapshot, 0 if there is none. */
  readonly base: number;
  /** Bytes of that snapshot. */
  readonly baseBytes: number;
  /** The newest journal and the bytes of it that are intact, or null when a new one must be begun. */
  readonly journal: { readonly path: string; readonly length: number } | null;
  /** Something may be missing: a file that has no checkpoint here is not proven new. */
  readonly damaged: boolean;
  /** What was found, for a person; empty when all is well. */
  readonly problems: readonly string[];
}

export const snapshotName = (sequence: number): string => `checkpoints-${sequence}`;
export const journalName = (sequence: number): string => `journal-${sequence}`;
const STATE_FILE = /^(checkpoints|journal)-(\d{1,15})$/;

/** Sequences of the snapshots and journals in the directory, ascending. */
export async function listState(directory: string): Promise<{ readonly snapshots: readonly number[]; readonly journals: readonly number[] }> {
  const found = (await readdir(directory)).map((name) => STATE_FILE.exec(name)).filter((match) => match !== null);
  const of = (kind: string): readonly number[] => found.filter((match) => match[1] === kind).map((match) => Number(match[2])).toSorted((a, b) => a - b);
  return { snapshots: of('checkpoints'), journals: of('journal') };
}

/** Renames a damaged file to `<name>.damaged-<n>`; only the newest few are kept. */
async function setAside(directory: string, name: string): Promise<string> {
  const aside = (await readdir(directory)).map((other) => ({ other, n: Number(/\.damaged-(\d{1,15})$/.exec(other)?.[1] ?? 0) })).filter(({ n }) => n > 0).toSorted((a, b) => b.n - a.n);
  const kept = `${name}.damaged-${(aside[0]?.n ?? 0) + 1}`;
  await rename(join(directory, name), join(directory, kept));
  for (const { other } of aside.slice(DAMAGED_KEPT - 1)) await rm(join(directory, other), { force: true });
  return kept;
}

/** Applies the records of one file. Returns how many belong to a generation whose definition is lost. */
function apply(generations: Map<number, Checkpoint>, { records }: DecodedFile): number {
  let orphans = 0;
  for (const record of records) {
    if (record.kind === 'define') generations.set(record.number, record.checkpoint);
    else if (record.kind === 'forget') generations.delete(record.number);
    else {
      const known = generations.get(record.number);
      if (known === undefined) orphans++;
      else generations.set(record.number, { ...known, ...record.progress });
    }
  }
  return orphans;
}

/** What a directory knows, read without a lock and without changing anything: an agent may be running on it. Throws StateVersionError. */
export async function peekState(directory: string): Promise<readonly Checkpoint[]> {
  try {
    return [...(await loadState(directory, async (_, name) => name)).generations.values()];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Reads the state of a directory. Damaged files are set aside (`.damaged-<n>`) and described in `problems`; what is intact
 * in them is used, for a record that passes its checksum is true wherever it stands. Throws StateVersionError.
 */
export async function loadState(directory: string, aside: typeof setAside = setAside): Promise<LoadedState> {
  const { snapshots, journals } = await listState(directory);
  const generations = new Map<number, Checkpoint>();
  const asideProblems: string[] = [];
  let journalProblems: string[] = []; // of those since the last intact snapshot: what it covers no longer matters
  const known = new Set([...snapshots, ...journals]);
  const files = new Map<string, DecodedFile>();
  for (const name of [...snapshots.map(snapshotName), ...journals.map(journalName)]) {
    const file = decodeFile(await readFile(join(directory, name)));
    // Before anything is renamed: a refused directory is left as it was.
    if (typeof file.header === 'object' && 'newer' in file.header) throw new StateVersionError(join(directory, name), file.header.newer);
    files.set(name, file);
  }

  let chain = false; // nothing is missing so far
  let journalBefore = false;
  let [next, base, baseBytes] = [1, 0, 0];
  let journal: LoadedState['journal'] = null;
  for (const sequence of [...known].toSorted((a, b) => a - b)) {
    journal = null;
    const snapshot = files.get(snapshotName(sequence));
    if (snapshot?.complete === true) {
      generations.clear();
      apply(generations, snapshot);
      journalProblems = [];
      [chain, base, baseBytes] = [true, sequence, snapshot.intactLength];
    } else {
      if (!journalBefore) chain = false;
      if (snapshot !== undefined) {
        // With everything before it whole, the copy is not needed; else its intact lines are better than nothing.
        if (!chain) apply(generations, snapshot);
        asideProblems.push(`snapshot ${await aside(directory, snapshotName(sequence))} is damaged (${snapshot.records.length} intact records)`);
      }
    }
    const log = files.get(journalName(sequence));
    const header = log?.header;
    if (typeof header === 'object' && 'fresh' in header && header.fresh) chain = true;
    if (log !== undefined) {
      const orphans = apply(generations, log);
      if (header === 'unreadable') {
        chain = false;
        asideProblems.push(`journal ${await aside(directory, journalName(sequence))} has no readable header (${log.records.length} intact records)`);
      } else {
        journal = { path: join(directory, journalName(sequence)), length: log.intactLength };
        if (log.badLines > 0 || orphans > 0) {
          chain = false;
          journalProblems.push(`journal ${journalName(sequence)} has ${log.badLines} damaged lines, and ${orphans} for generations whose definition is lost`);
        }
      }
    }
    journalBefore = log !== undefined && header !== 'unreadable';
    for (const each of [snapshot?.header, header]) if (typeof each === 'object' && 'next' in each) next = Math.max(next, each.next);
    for (const record of [...(snapshot?.records ?? []), ...(log?.records ?? [])]) next = Math.max(next, record.number + 1);
  }
  return { generations, next, sequence: Math.max(0, ...known), base, baseBytes, journal, damaged: known.size > 0 && !chain, problems: [...asideProblems, ...journalProblems] };
}
