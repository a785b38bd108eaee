// What the audit of a state directory says of one file, or of the journal.
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { AuditReader, speaksOf } from '../checkpoint/audit-codec.ts';
import type { AuditedFile, AuditedRange } from '../checkpoint/audit-codec.ts';
import { auditParts } from '../checkpoint/audit-journal.ts';
import type { SettledRange } from '../checkpoint/settled-range.ts';
import { headMatches, openQuietly } from '../files/file-id.ts';
import type { FileId } from '../flow.ts';

export { isCursor, liesBetween, timeOf } from '../journald/cursor.ts';
export type { SettledRange } from '../checkpoint/settled-range.ts';

/** One life of a file under one entry of the config, or what was read of the journal under one. */
export interface AuditedGeneration {
  readonly entry: string;
  /** The names under which it was read, the latest last. */
  readonly paths: readonly string[];
  readonly inode: number;
  /** How it is the file that was asked for: it is the same now, begins alike (a copy), or had this name. */
  readonly match: 'same' | 'copy' | 'name';
  /** In the order of their bytes. */
  readonly ranges: readonly SettledRange[];
}

export interface Audit {
  /** Of the file that was asked for, if there is one now. */
  readonly size: number | null;
  /** What is the same file comes first, then by the time of the last range, the latest first. */
  readonly generations: readonly AuditedGeneration[];
  /** When the oldest range of any file was settled, epoch milliseconds: what came before is not known. Null: nothing is. */
  readonly since: number | null;
  /** Damaged lines of the journal. */
  readonly badLines: number;
}

/** Heads shorter than this are too often alike for a copy to be told by them. */
const TELLING_HEAD = 64;
const NEWLINE = 0x0a;

interface Collected { file: AuditedFile; readonly paths: Set<string>; readonly ranges: SettledRange[] }

/** Reads what the audit of a state directory says of the file at `path`. Throws the system's error where it cannot be read. */
export function auditOf(stateDirectory: string, path: string): Audit {
  const now = fileAt(path);
  try {
    const { all, ...rest } = collected(stateDirectory, (file) => file.path === path || now.kinship(file.id) !== null);
    const generations = all.flatMap(({ file, paths, ranges }): AuditedGeneration[] => {
      const match = now.kinship(file.id) ?? (paths.has(path) ? 'name' : null);
      return match === null ? [] : [{ entry: file.entry, paths: [...paths], inode: file.id.inode, match, ranges }];
    });
    const order = { same: 0, copy: 1, name: 2 };
    return { ...rest, size: now.size, generations: generations.toSorted((a, b) => order[a.match] - order[b.match] || latest(b) - latest(a)) };
  } finally {
    now.close();
  }
}

/** The same of the journal, by each entry of the config whose key is meant, the one settled last first. @param isMeant given keys as in the plan */
export function auditOfJournal(stateDirectory: string, isMeant: (key: string) => boolean): Audit {
  const { all, ...rest } = collected(stateDirectory, ({ entry }) => isMeant(entry));
  const generations = all.map(({ file, ranges }): AuditedGeneration => ({ entry: file.entry, paths: [file.path], inode: file.id.inode, match: 'same', ranges }));
  return { ...rest, size: null, generations: generations.toSorted((a, b) => latest(b) - latest(a)) };
}

/** Reads the journal of a state directory, oldest part first, for the files that may be meant. */
function collected(stateDirectory: string, isMeant: (file: AuditedFile) => boolean): Pick<Audit, 'since' | 'badLines'> & { readonly all: readonly Collected[] } {
  const parts = auditParts(stateDirectory).map((part) => readFileSync(part));
  const wanted = numbersOf(parts, isMeant);
  const all = new Map<string, Collected>();
  let [badLines, since] = [0, Infinity];
  for (const bytes of parts) {
    const reader = new AuditReader();
    for (const { from, to } of linesOf(bytes)) {
      const line = speaksOf(bytes, from);
      if (line.kind === 'range' && since < Infinity && !wanted.has(line.file)) continue;
      const read = reader.read(bytes, from, to);
      if (read === null) continue;
      since = Math.min(since, read.range.at);
      if (wanted.has(read.file.number)) collect(all, read);
    }
    badLines += reader.badLines;
  }
  for (const { ranges } of all.values()) ranges.sort((a, b) => a.from - b.from || a.to - b.to);
  return { badLines, since: since === Infinity ? null : since, all: [...all.values()] };
}

/** Of the files that may be meant: by what was known of them at any time, a name or a beginning. */
function numbersOf(parts: readonly Buffer[], isMeant: (file: AuditedFile) => boolean): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const bytes of parts) {
    for (const { from, to } of linesOf(bytes)) {
      if (speaksOf(bytes, from).kind !== 'file') continue;
      const reader = new AuditReader();
      reader.read(bytes, from, to);
      for (const file of reader.files) if (isMeant(file)) numbers.add(file.number);
    }
  }
  return numbers;
}

function* linesOf(bytes: Buffer): Generator<{ readonly from: number; readonly to: number }> {
  for (let from = 0, to = bytes.indexOf(NEWLINE); to >= 0; from = to + 1, to = bytes.indexOf(NEWLINE, from)) yield { from, to };
}

function collect(all: Map<string, Collected>, { file, range }: AuditedRange): void {
  const key = `${file.number} ${file.id.inode} ${file.entry}`;
  const known = all.get(key) ?? { file, paths: new Set(), ranges: [] };
  all.set(key, known);
  known.file = file;
  known.paths.delete(file.path);
  known.paths.add(file.path);
  known.ranges.push(range);
}

const latest = ({ ranges }: AuditedGeneration): number => ranges.reduce((time, { at }) => Math.max(time, at), 0);

/** What is at the path now, and what it is to a generation. */
function fileAt(path: string): { readonly size: number | null; kinship(id: FileId): 'same' | 'copy' | null; close(): void } {
  let fd: number;
  try {
    fd = openQuietly(path);
  } catch {
    return { size: null, kinship: () => null, close: () => undefined };
  }
  const { ino, size } = fstatSync(fd);
  return {
    size,
    kinship: (id) => {
      if (id.headLength > size || (id.headLength === 0 && id.inode !== ino) || !beginsAs(fd, id)) return null;
      return id.inode === ino ? 'same' : id.headLength >= TELLING_HEAD ? 'copy' : null;
    },
    close: () => { closeSync(fd); },
  };
}

/** False too for what cannot be read: a folder. */
function beginsAs(fd: number, id: FileId): boolean {
  try {
    return headMatches(fd, id);
  } catch {
    return false;
  }
}
