import { statSync, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { look } from './look.ts';
import { isArchive, isRotationOf } from './rotation-name.ts';
import { listSiblings } from './sibling-list.ts';

/** What was written in a span of time that ends now. */
export interface Growth {
  readonly bytes: number;
  /** Milliseconds. */
  readonly span: number;
}

/** Further back nothing is added: an older pace says less about the next day. */
const ENOUGH_MS = 7 * 86_400_000;
/** A shorter span says nothing about a day. */
const LEAST_MS = 60_000;

/**
 * How fast the log at `path` grows, from its own size and age and those of its plain rotated siblings: each life began when the one
 * before it was last written. Null when the file is gone, or too young to tell.
 * @param now epoch milliseconds.
 */
export function growthOf(path: string, now: number): Growth | null {
  const current = look(path);
  if (current.kind !== 'present') return null;
  const base = basename(path);
  const older = listSiblings([dirname(path)], base, (name) => isRotationOf(base, name)).toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = current.stats.size;
  let began = older[0]?.mtimeMs ?? birthOf(current.stats);
  for (const [i, life] of older.entries()) {
    if (isArchive(life.path) || now - began >= ENOUGH_MS) break;
    const stats = statSync(life.path, { throwIfNoEntry: false });
    const begin = older[i + 1]?.mtimeMs ?? (stats === undefined ? Infinity : birthOf(stats));
    if (begin >= began) break;
    bytes += life.size;
    began = begin;
  }
  const span = now - began;
  return span < LEAST_MS ? null : { bytes, span };
}

/** Infinity where the file system does not say. */
const birthOf = ({ birthtimeMs }: Stats): number => (birthtimeMs > 0 ? birthtimeMs : Infinity);
