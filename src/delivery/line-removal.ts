import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

export interface ByteRange { readonly from: number; readonly to: number }

const PIECE_BYTES = 1 << 20;

/** Tells a file from a later one: a file system gives the inode of a file that is gone to the next one. */
export const fileMark = ({ ino, birthtimeNs }: Pick<BigIntStats, 'ino' | 'birthtimeNs'>): string => `${ino} ${birthtimeNs}`;

/**
 * Takes byte ranges out of a file, if it is still the one with this mark: what stays is written beside it, synced, and takes its
 * name, so that a crash leaves the one or the other. A file of which nothing stays is removed. Synchronous: nobody writes
 * to it in between. Gives whether it was that file. Throws the system's error; then nothing has changed.
 */
export function removeRanges(path: string, mark: string, ranges: readonly ByteRange[]): boolean {
  const temporary = `${path}.tmp`;
  let from: number;
  try {
    from = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    const stats = fstatSync(from, { bigint: true });
    if (fileMark(stats) !== mark) return false;
    const kept = complement(ranges, Number(stats.size));
    if (kept.length === 0) { rmSync(path, { force: true }); return true; }
    // No link that waits there is followed: root may do this in the folder of the service's user.
    rmSync(temporary, { force: true });
    const to = openSync(temporary, 'wx', 0o600);
    try {
      for (const range of kept) copy(from, to, range);
      fsyncSync(to);
    } finally {
      closeSync(to);
    }
    renameSync(temporary, path);
    return true;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(from);
  }
}

/** What of [0, size) is in none of the ranges. */
export function complement(ranges: readonly ByteRange[], size: number): readonly ByteRange[] {
  const kept: ByteRange[] = [];
  let at = 0;
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from > at) kept.push({ from: at, to: Math.min(from, size) });
    at = Math.max(at, to);
  }
  if (at < size) kept.push({ from: at, to: size });
  return kept.filter((range) => range.from < range.to);
}

function copy(source: number, target: number, { from, to }: ByteRange): void {
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - from));
  for (let at = from; at < to;) {
    const got = readSync(source, piece, 0, Math.min(piece.length, to - at), at);
    if (got === 0) return;
    for (let written = 0; written < got;) written += writeSync(target, piece, written, got - written);
    at += got;
  }
}
