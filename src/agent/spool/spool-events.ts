import { legalSpooled } from '../../naming/spool-path.ts';
import type { Report } from '../../report/report.ts';
import type { Spool } from './spool.ts';

/** Written to the spool at a time, bytes. */
const PART_BYTES = 1_048_576;

/**
 * Puts events of the agent's own making, each a text without line ends, into the spool. Nobody can send them again: what
 * finds no room is dropped and counted (`spool-full`). A name that no log group can have is a defect: it was compiled.
 * @param source who made them, for messages
 */
export function spoolEvents(events: Iterable<string>, names: { readonly group: string; readonly stream: string }, source: string, spool: Pick<Spool, 'append'>, report: Report): void {
  const to = legalSpooled(names.group, names.stream);
  if (to === null) throw new Error(`${source}: events for the log group ${JSON.stringify(names.group)}, stream ${JSON.stringify(names.stream)}`);
  let lines: string[] = [];
  let length = 0;
  const flush = (): void => {
    const bytes = Buffer.from(lines.join(''));
    if (bytes.length > 0 && !spool.append(to, bytes)) report.dropped('spool-full', lines.length, bytes.length, source);
    lines = [];
    length = 0;
  };
  for (const event of events) {
    lines.push(`${event}\n`);
    length += event.length;
    if (length >= PART_BYTES) flush();
  }
  flush();
}
