// What a person who configures the agent wants to know of the log files of this machine. Nothing is changed.
import { skipReason } from '../files/list-matches.ts';
import { look } from '../files/look.ts';
import { isRotationOf } from '../files/rotation-name.ts';
import { tailLines } from '../files/tail-lines.ts';
import type { Tail } from '../files/tail-lines.ts';

export type { Tail };
export { isRotationOf, tailLines };

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
