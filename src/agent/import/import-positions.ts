// Another agent's positions become our checkpoints, so that changing over sends nothing twice and passes over nothing.
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { StoreReport } from '../../checkpoint/faults.ts';
import { errorCode, readIdentity, readWindow } from '../../files/file-id.ts';
import { openFile } from '../../files/tailer.ts';
import type { Checkpoint } from '../../flow.ts';
import type { FileEntryPlan } from '../../plan.ts';
import { matcherOf } from '../file-lookup.ts';
import { StateDirectoryError, giveToOwner, openStore, peekStore } from '../state-directory.ts';
import type { ForeignPosition } from './position.ts';

const NEWLINE = 10;
/** The CloudWatch agent cuts lines at this many bytes (1 MiB - 200): a position further from its line's beginning may lie inside of the line. */
const LONGEST_LINE = 1_048_376;

/** Why the file is not the one the position was taken in: it begins at its start. */
export type Anew = 'shorter' | 'born-later' | 'inside-a-line';

/**
 * What becomes of a position: the entry goes on there; it begins `anew`; it is `known` already, at `offset`; or nothing, because
 * no entry follows the path (`unmatched`), the file is `absent`, or it cannot be read.
 */
export type Standing =
  | { readonly kind: 'imported'; readonly size: number }
  | { readonly kind: 'anew'; readonly why: Anew; readonly size: number }
  | { readonly kind: 'known'; readonly offset: number }
  | { readonly kind: 'unmatched' | 'absent' }
  | { readonly kind: 'unreadable'; readonly code: string };

export interface ImportedPosition {
  readonly position: ForeignPosition;
  /** Key of the entry, or null where none follows the path. */
  readonly entry: string | null;
  readonly standing: Standing;
}

export interface ImportSpec {
  readonly entries: readonly FileEntryPlan[];
  readonly positions: readonly ForeignPosition[];
  readonly stateDirectory: string;
  /** Positions that are known already are replaced. */
  readonly force: boolean;
  /** Nothing is written, and no lock is taken. */
  readonly dryRun: boolean;
  readonly report: StoreReport;
}

/** A position with what was made of it: the checkpoint to write, unless there is none. */
interface Judged extends ImportedPosition { readonly checkpoint: Checkpoint | null; readonly replaces: readonly Checkpoint[] }

/** Imports the positions; throws StateDirectoryError when the state directory is in use or cannot be written. */
export async function importPositions(spec: ImportSpec): Promise<readonly ImportedPosition[]> {
  const { stateDirectory, dryRun, report } = spec;
  if (dryRun) return judgeAll(spec, await peekStore(stateDirectory)).map(told);
  const store = await openStore(stateDirectory, report);
  try {
    const judged = judgeAll(spec, [...store.all()]);
    for (const { checkpoint, replaces } of judged) {
      if (checkpoint === null) continue;
      for (const known of store.entry(checkpoint.entry)) if (replaces.includes(known)) known.forget();
      store.track(checkpoint);
    }
    if (!(await store.flush())) throw new StateDirectoryError(`state directory ${stateDirectory} cannot be written (${store.trouble ?? 'unknown reason'}): no position is sure to be kept; check the free space and the disk`, null);
    return judged.map(told);
  } finally {
    await store.close();
    await giveToOwner(stateDirectory);
  }
}

/** Without what is for the store. */
const told = ({ position, entry, standing }: Judged): ImportedPosition => ({ position, entry, standing });

function judgeAll({ entries, positions, force }: ImportSpec, known: readonly Checkpoint[]): readonly Judged[] {
  const byEntry = Map.groupBy(known, (checkpoint) => checkpoint.entry);
  const matchers = entries.map((entry) => ({ key: entry.key, matches: matcherOf(entry) }));
  return positions.flatMap((position): readonly Judged[] => {
    const matching = matchers.filter(({ key, matches }) => (position.entry === null ? matches(position.path) === true : key === position.entry));
    if (matching.length === 0) return [{ position, entry: null, standing: { kind: 'unmatched' }, checkpoint: null, replaces: [] }];
    return matching.map(({ key }) => judge(position, key, byEntry.get(key) ?? [], force));
  });
}

function judge(position: ForeignPosition, entry: string, known: readonly Checkpoint[], force: boolean): Judged {
  const nothing = (standing: Standing): Judged => ({ position, entry, standing, checkpoint: null, replaces: [] });
  const opened = openFile(position.path);
  if ('error' in opened) return nothing(opened.error === 'ENOENT' ? { kind: 'absent' } : { kind: 'unreadable', code: opened.error });
  try {
    const replaces = known.filter(({ path, id }) => path === position.path || id.inode === opened.inode);
    if (replaces.length > 0 && !force) return nothing({ kind: 'known', offset: replaces[0]!.offset });
    // A directory, a pipe, a broken disk: said before anything is compared.
    const identity = readIdentity(opened.fd);
    if (identity.kind === 'error') return nothing({ kind: 'unreadable', code: identity.code });
    const why = anew(opened.fd, position, opened.size);
    const offset = why === null ? position.offset : 0;
    const window = readWindow(opened.fd, offset);
    if (window === null) return nothing({ kind: 'unreadable', code: 'EIO' });
    return {
      position, entry, replaces,
      standing: why === null ? { kind: 'imported', size: opened.size } : { kind: 'anew', why, size: opened.size },
      checkpoint: { entry, path: position.path, id: identity.id, offset, ...window, split: null, ended: false, updatedAt: Date.now() },
    };
  } catch (error) {
    return nothing({ kind: 'unreadable', code: errorCode(error) });
  } finally {
    closeSync(opened.fd);
  }
}

/** Why the position is not one in this file, or null: nothing else but its bytes and times can tell. Sending twice is better than passing over. */
function anew(fd: number, { offset, savedAt }: ForeignPosition, size: number): Anew | null {
  if (size < offset) return 'shorter';
  const { birthtimeMs } = fstatSync(fd);
  if (birthtimeMs > savedAt) return 'born-later';
  return isLineEnd(fd, offset) ? null : 'inside-a-line';
}

/** Whether a line ends at `offset`, in any encoding; or one may have been cut there because of its length. */
function isLineEnd(fd: number, offset: number): boolean {
  if (offset === 0) return true;
  const bytes = Buffer.alloc(Math.min(LONGEST_LINE, offset));
  const got = readSync(fd, bytes, 0, bytes.length, offset - bytes.length);
  const last = bytes[got - 1];
  // UTF-16 in its little-endian order ends lines with a NUL behind the newline.
  return last === NEWLINE || (last === 0 && bytes[got - 2] === NEWLINE) || (got === LONGEST_LINE && !bytes.includes(NEWLINE));
}
