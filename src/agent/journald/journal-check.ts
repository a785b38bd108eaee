// What a person who configures or looks after the agent wants to know of the journal. Nothing is changed.
import { readFileSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findJournalctl, firstEntry, NO_PROGRAM, startJournalctl } from '../../journald/journal-program.ts';
import { entryArgs, journalFault, seesPartOnly } from '../../journald/journalctl.ts';
import type { JournalEntryPlan } from '../../plan.ts';

/** Long enough for a journal of many files on a slow disk. */
const PATIENCE_MS = 10_000;

/** What this user would read now. */
export interface JournalNow {
  /** Why nothing, or not all, can be read; null: nothing is amiss. */
  readonly fault: string | null;
  /** Of the newest entry, epoch milliseconds; null: there is none, or it cannot be read. */
  readonly newest: number | null;
}

/** Looks at the journal of a folder, or of this host, as the agent would, as the user of this process. */
export async function journalNow(directory: string | null): Promise<JournalNow> {
  const program = await findJournalctl();
  if (program === null) return { fault: NO_PROGRAM, newest: null };
  const { entry, end } = await firstEntry(startJournalctl(program, entryArgs({ directory }, machineId(), null)), AbortSignal.timeout(PATIENCE_MS));
  const user = userName();
  const fault = end.code !== 0 ? journalFault(end.complaint, { directory }, user) : seesPartOnly(end.complaint) ? journalFault('insufficient permissions', { directory }, user) : null;
  return { fault, newest: entry?.time ?? null };
}

/** Where the journals of these entries have their files, and those that are written now; and why none can be read at all, or null. */
export async function journalPlaces(entries: readonly Pick<JournalEntryPlan, 'directory' | 'pointer'>[]): Promise<{ readonly fault: string | null; readonly places: readonly { readonly entry: { readonly pattern: string; readonly pointer: string }; readonly files: readonly string[] }[] }> {
  const own = machineId();
  const places = entries.flatMap(({ directory, pointer }) => {
    const folders = directory !== null ? [directory] : own === null ? [] : ['/var/log/journal', '/run/log/journal'].map((place) => join(place, own));
    return folders.flatMap((folder) => {
      const files = activeIn(folder);
      return files.length === 0 && directory === null ? [] : [{ entry: { pattern: join(folder, '*.journal'), pointer }, files }];
    });
  });
  return { fault: await findJournalctl() === null ? NO_PROGRAM : null, places };
}

function activeIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.journal') && !name.includes('@')).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Null where the host has none, as in some containers: nothing is left out by it then. */
export function machineId(): string | null {
  try {
    const id = readFileSync('/etc/machine-id', 'latin1').trim();
    return /^[0-9a-f]{32}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

/** A container may run as a user without a name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'of the agent');
  }
}
