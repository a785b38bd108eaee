// What a person who configures the agent wants to know of the log files of this machine. Nothing is changed.
import { basename, dirname } from 'node:path';
import { skipReason } from '../files/list-matches.ts';
import { look } from '../files/look.ts';
import { isRotationOf } from '../files/rotation-name.ts';
import { tailLines } from '../files/tail-lines.ts';
import type { Tail } from '../files/tail-lines.ts';

export type { Tail };
export { tailLines };

/** A file that the agent would follow. */
export interface FollowableFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Epoch milliseconds. */
  readonly mtimeMs: number;
}

/** The file, or null when it is gone, is no text, is packed, or cannot be read by this user. */
export function followable(path: string): FollowableFile | null {
  const found = look(path);
  if (found.kind !== 'present' || skipReason(path, found.stats) !== null) return null;
  return { path, size: found.stats.size, mtimeMs: found.stats.mtimeMs };
}

/** The files but those whose name says that they are older lives of another one of them. */
export function currentLives<File extends { readonly path: string }>(files: readonly File[]): readonly File[] {
  const folders = Map.groupBy(files, ({ path }) => dirname(path));
  return files.filter(({ path }) => !folders.get(dirname(path))!.some((other) => other.path !== path && isRotationOf(basename(other.path), basename(path))));
}
