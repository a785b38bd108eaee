import { liesBetween, timeOf } from '../agent/audit.ts';
import type { Audit, AuditedGeneration, SettledRange } from '../agent/audit.ts';
import type { Lines } from '../agent/audited-lines.ts';
import { printable, textTable } from './text-table.ts';
import type { Column } from './text-table.ts';
import { bytesText, countText } from './units.ts';

/** Bytes of a generation of which the journal says nothing. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly why: 'unknown' | 'not settled yet';
}

export type AuditRow = (SettledRange | Gap) & {
  /** Of the file as it is there now, where they could be counted. */
  readonly lines?: Lines;
};

/**
 * The ranges of a generation with what lies between them, in the order of the bytes.
 * @param end where the file ends now, or null: it is not the one that is there. @param settledTo up to where a checkpoint says that everything is settled, or null
 */
export function rowsOf({ ranges }: Pick<AuditedGeneration, 'ranges'>, end: number | null, settledTo: number | null): readonly AuditRow[] {
  const rows: AuditRow[] = [];
  let at = 0;
  for (const range of ranges) {
    if (range.from > at) rows.push({ from: at, to: range.from, why: 'unknown' });
    rows.push(range);
    at = Math.max(at, range.to);
  }
  const known = Math.max(at, settledTo ?? at);
  if (known > at) rows.push({ from: at, to: known, why: 'unknown' });
  if (end !== null && end > known) rows.push({ from: known, to: end, why: settledTo === null ? 'unknown' : 'not settled yet' });
  return rows;
}

export interface Selection {
  /** A byte of the file. */
  readonly offset?: number;
  /** An entry of the journal. */
  readonly cursor?: string;
  /** Epoch milliseconds. */
  readonly at?: number;
}

/** Rows that have a byte, or an entry; that were under way at a time, or, if none was, the last before and the first after it. */
export function selectRows(rows: readonly AuditRow[], { offset, cursor, at }: Selection): readonly AuditRow[] {
  const chosen = rows.filter((row) => (offset === undefined || (row.from <= offset && offset < row.to)) && (cursor === undefined || hasEntry(row, cursor)));
  if (at === undefined) return chosen;
  const settled = chosen.filter((row) => 'losses' in row);
  const underWay = settled.filter((row) => beganAt(row) <= at && at <= row.at);
  if (underWay.length > 0) return underWay;
  const before = settled.filter((row) => row.at < at).toSorted((a, b) => b.at - a.at).at(0);
  const after = settled.filter((row) => beganAt(row) > at).toSorted((a, b) => beganAt(a) - beganAt(b)).at(0);
  return [before, after].filter((row) => row !== undefined);
}

const hasEntry = (row: AuditRow, cursor: string): boolean => 'losses' in row && row.cursors !== undefined && liesBetween(cursor, row.cursors.behind, row.cursors.upTo);

const beganAt = ({ sent, at }: SettledRange): number => sent?.at ?? at;

export interface AuditedLife extends Pick<AuditedGeneration, 'paths' | 'inode' | 'entry' | 'match'> { readonly rows: readonly AuditRow[] }

/** For a terminal. @param asked a path, or what of the journal was asked for. @param limit rows of each life, the last ones */
export function auditText(asked: string, { badLines, since }: Pick<Audit, 'badLines' | 'since'>, lives: readonly AuditedLife[], limit: number): string {
  const damaged = badLines === 0 ? '' : `${countText(badLines, 'line')} of the journal cannot be read (a crash, or the disk): what they said is unknown\n`;
  if (lives.length === 0) return printable(since === null ? 'the audit is empty: nothing was settled since it is kept' : `${asked}: the audit, which begins ${new Date(since).toISOString()}, knows nothing of it`) + `\n${damaged}`;
  return lives.map((life) => lifeText(asked, life, limit)).join('\n') + damaged;
}

function lifeText(path: string, { paths, inode, entry, match, rows }: AuditedLife, limit: number): string {
  const shown = rows.slice(-limit);
  const is = { same: '', copy: ', which begins with the same bytes', name: ', which had this name' }[match];
  const names = match === 'same' && paths.at(-1) === path ? path : `${paths.join(', then ')}${is}`;
  const isJournal = rows.some((row) => 'losses' in row && row.cursors !== undefined);
  const title = printable(isJournal ? entry : `${names}: inode ${inode}, entry ${entry}`);
  const table = textTable([
    ...(isJournal ? [{ title: 'behind the entry of' }, { title: 'up to that of' }] : [right('from'), right('to'), right('lines')]),
    right('events'), { title: 'sent' }, { title: 'acknowledged' }, { title: 'log group and stream' }, { title: 'request, or what else' },
  ], shown.map((row) => cellsOf(row, isJournal ? entryTimes(row) : [String(row.from), String(row.to), linesText(row)])));
  return `${title}\n${summary(rows)}\n${table}${shown.length < rows.length ? `  the last ${shown.length} of ${rows.length}; --limit shows more, --json all\n` : ''}${isJournal ? '  --json has the cursors, as `journalctl --after-cursor` takes them\n' : ''}`;
}

/** When the journal took the entries between which a row lies. */
function entryTimes(row: AuditRow): readonly [string, string] {
  const { behind, upTo } = ('losses' in row ? row.cursors : undefined) ?? { behind: '', upTo: '' };
  const shown = (cursor: string): string => Number.isNaN(timeOf(cursor)) ? '' : timeText(timeOf(cursor));
  return [shown(behind), shown(upTo)];
}

const linesText = ({ lines }: AuditRow): string => lines === undefined ? '' : lines.first === lines.last ? String(lines.first) : `${lines.first}-${lines.last}`;

function cellsOf(row: AuditRow, range: readonly string[]): readonly string[] {
  if ('why' in row) return [...range, '', '', '', '', row.why];
  const lost = row.losses.map(({ reason, events, bytes }) => `${events > 0 ? countText(events, 'event') : bytesText(bytes)} dropped: ${reason}`);
  if (row.sent === null) return [...range, '', '', timeText(row.at), '', lost.length === 0 ? 'nothing to send' : lost.join('; ')];
  const { group, stream, service, events, at, requestId } = row.sent;
  return [...range, events.toLocaleString('en-US'), timeText(at), timeText(row.at), `${group} ${stream}${service === null ? '' : ` (${service})`}`, [requestId ?? 'no request id', ...lost].join('; ')];
}

const right = (title: string): Column => ({ title, align: 'right' });

const timeText = (time: number): string => new Date(time).toISOString();

/** Bytes by what became of them, each once: a byte in two ranges is counted for the first. */
function summary(rows: readonly AuditRow[]): string {
  const bytes = { acknowledged: 0, 'nothing to send': 0, dropped: 0, unknown: 0, 'not settled yet': 0 };
  let at = 0;
  for (const row of rows) {
    const size = Math.max(0, row.to - Math.max(at, row.from));
    at = Math.max(at, row.to);
    bytes['why' in row ? row.why : row.sent !== null ? 'acknowledged' : row.losses.some(({ reason }) => reason !== 'filtered' && reason !== 'blank') ? 'dropped' : 'nothing to send'] += size;
  }
  return `  ${Object.entries(bytes).filter(([, size]) => size > 0).map(([what, size]) => `${size.toLocaleString('en-US')} bytes ${what}`).join(', ')}`;
}
