import { unlinkSync } from 'node:fs';
import { look } from '../../files/look.ts';
import type { Report } from '../../report/report.ts';
import type { LogPipeline } from '../log-pipeline.ts';
import type { Spool } from './spool.ts';

/** Deletes each file of the spool that is written no more and of which every byte is acknowledged. To be called about each second. */
export function removeDelivered({ generations, lingering }: Pick<LogPipeline, 'generations' | 'lingering'>, spool: Spool, report: Report): void {
  for (const g of generations) {
    if (g.file.attachment !== 'attached' || g.file.unpacked || !g.settled || g.pending > 0 || g.truncated || !spool.isSealed(g.path)) continue;
    const seen = look(g.path);
    if (seen.kind !== 'present' || seen.stats.ino !== g.id.inode || seen.stats.dev !== g.id.device || seen.stats.size !== g.offset) continue;
    try {
      unlinkSync(g.path);
    } catch (error) {
      report.trouble('spool removal', `${g.path}: is delivered and cannot be deleted (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): give the agent write access to its state directory, or the spool fills up`);
      continue;
    }
    g.handle.forget();
    lingering?.isDone(g);
    spool.removed(g.path);
  }
}
