// How fast a log grows, from what stands on the disk: its rotated lives, or the file's birth; or by watching it.
import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { byAge, isArchive, isRotationOf } from '../files/rotation-name.ts';
import { listSiblings } from '../files/sibling-list.ts';

const DAY_MS = 86_400_000;
/** A shorter time says nothing about a day. */
const LEAST_SPAN_MS = 60_000;
const LOOK_MS = 250;

/**
 * Bytes written in a span of time, and what says so: `watched`, `rotations` (the file and those that were rotated away since
 * the one whose last write begins the span), `birth` of the file, whose rotated lives are not here, or the times of its `events`.
 */
export interface Growth {
  readonly basis: 'watched' | 'rotations' | 'birth' | 'events';
  readonly bytes: number;
  readonly spanMs: number;
  readonly bytesPerDay: number;
  /** Files whose bytes were counted. */
  readonly files: number;
}

/** Why a growth cannot be told. */
export interface Unknown { readonly unknown: string }

const GONE: Unknown = { unknown: 'the file is gone, or cannot be looked at any more' };

/** The growth that the file at `path` and its siblings show, or why they show none. @param now epoch milliseconds */
export function growthOf(path: string, now: number): Growth | Unknown {
  const stats = statOf(path);
  if (stats === null) return GONE;
  const { size, birthtimeMs, mtimeMs } = stats;
  const base = basename(path);
  const lives = listSiblings([dirname(path)], base, (name) => name !== base && isRotationOf(base, name)).toSorted(byAge).toReversed();
  let bytes = size;
  let files = 1;
  for (const [i, life] of lives.entries()) {
    // Its last write begins the span; its own bytes are older. The size of an archive says nothing of what it holds.
    const next = lives[i + 1];
    if (next === undefined || isArchive(life.path)) return grown('rotations', bytes, now - life.mtimeMs, files);
    bytes += life.size;
    files++;
  }
  // Where a file system knows no birth it gives 0, or the last change; a copied file has writes older than its birth.
  if (birthtimeMs <= 0 || birthtimeMs > mtimeMs) return { unknown: 'the file system does not say when the file was begun' };
  return grown('birth', bytes, now - birthtimeMs, files);
}

/** The growth that events show of which the first is of the time `since` (epoch milliseconds). @param bytes of the file they take */
export function growthOfEvents(bytes: number, since: number, now: number): Growth | Unknown {
  return grown('events', bytes, now - since, 1);
}

function grown(basis: Growth['basis'], bytes: number, spanMs: number, files: number): Growth | Unknown {
  if (spanMs < LEAST_SPAN_MS) return { unknown: 'what is there was begun less than a minute ago' };
  return { basis, bytes, spanMs, bytesPerDay: bytes / spanMs * DAY_MS, files };
}

/** Watches a file for `spanMs`; a file that takes its place, or is begun anew, counts whole. */
export async function watchGrowth(path: string, spanMs: number): Promise<Growth | Unknown> {
  const started = performance.now();
  let last = statOf(path);
  if (last === null) return GONE;
  let [bytes, files] = [0, 1];
  for (let left = spanMs; left > 0; left = spanMs - (performance.now() - started)) {
    await delay(Math.min(LOOK_MS, left));
    const now = statOf(path);
    // Between two steps of a rotation there may be no file.
    if (now === null) continue;
    const isAnew = now.ino !== last.ino || now.size < last.size;
    if (isAnew) files++;
    bytes += isAnew ? now.size : now.size - last.size;
    last = now;
  }
  const took = performance.now() - started;
  return { basis: 'watched', bytes, spanMs: took, bytesPerDay: bytes / took * DAY_MS, files };
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
