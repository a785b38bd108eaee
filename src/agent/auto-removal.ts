import { unlinkSync } from 'node:fs';
import type { Report } from '../report/report.ts';
import { inodeAt } from './inode-at.ts';
import type { Generation } from './generation.ts';
import type { Lives } from './lives.ts';

/** auto_removal: deletes the file if a newer one matches and every byte of it is acknowledged. */
export function removeIfDone(g: Generation, lives: Lives, report: Report): void {
  if (!g.settled || g.pending > 0 || g.unread > 0) return;
  let newer = false;
  for (const other of lives) if (other !== g && other.file.attachment === 'attached' && other.mtimeMs > g.mtimeMs) newer = true;
  if (!newer || inodeAt(g.path) !== g.id.inode) return;
  try {
    unlinkSync(g.path);
    report.note(`${g.path}: removed (auto_removal): every byte is acknowledged and a newer file matches`);
  } catch (error) {
    report.trouble(`file ${g.path}`, `${g.path}: auto_removal cannot delete it (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
