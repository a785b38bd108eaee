import { unlinkSync } from 'node:fs';
import { look } from '../files/look.ts';
import type { Report } from '../report/report.ts';
import type { Generation } from './generation.ts';
import type { Lives } from './lives.ts';

/**
 * Where every match is followed, one that is older than another may have a writer of its own: it is left alone until it was
 * quiet this long.
 */
const QUIET_MS = 10 * 60_000;

/** The followed files of one entry, how it follows them, and the monotonic time in milliseconds. */
export interface AutoRemovalContext {
  readonly lives: Lives;
  readonly follow: 'newest' | 'all';
  readonly report: Report;
  readonly now: () => number;
}

/** auto_removal: deletes each file of which every byte is acknowledged while a newer one matches. What is left of it is judged by inode, never by name. */
export function removeDone({ lives, follow, report, now }: AutoRemovalContext): void {
  const named = [...lives].filter(({ file }) => file.attachment === 'attached' && !file.unpacked && !file.isOutOfReach);
  const newest = Math.max(...named.map(({ mtimeMs }) => mtimeMs));
  for (const g of named) {
    if (g.mtimeMs >= newest || !isDone(g) || (follow === 'all' && now() - g.file.grewAt < QUIET_MS)) continue;
    const seen = look(g.path);
    if (seen.kind !== 'present' || seen.stats.ino !== g.id.inode || seen.stats.dev !== g.id.device || seen.stats.size !== g.offset) continue;
    try {
      unlinkSync(g.path);
      report.note(`${g.path}: removed (auto_removal): every byte is acknowledged and a newer file matches`);
    } catch (error) {
      report.trouble(`file ${g.path}`, `${g.path}: auto_removal cannot delete it (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): give the agent write access to its directory, or turn auto_removal off`);
    }
  }
}

function isDone(g: Generation): boolean { return g.settled && g.pending === 0 && g.unread === 0 && !g.truncated; }
