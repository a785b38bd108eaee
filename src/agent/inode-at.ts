import { look } from '../files/look.ts';

/** Inode of what a path leads to, or null if there is nothing, or it cannot be looked at. */
export function inodeAt(path: string): number | null {
  const at = look(path);
  return at.kind === 'present' ? at.stats.ino : null;
}
