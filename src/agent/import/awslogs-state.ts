// The positions of the legacy agent (awslogs). They lie in a SQLite file, in tables of keys with JSON values:
//
//   push_state    key: md5 of the section's name and the file's first line(s)
//                 { start_position, end_position, … } of the latest batch, noted before it is sent
//   stream_state  key: the section's name
//                 { source_id, initial_position }: where its first file began
import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openFile } from '../../files/tailer.ts';
import type { ForeignPosition, NoPosition } from './position.ts';

/** The lines a file is told by lie within its first bytes, so many at most. */
const HEAD_BYTES = 1_048_576;
const NEWLINE = 10;
/** The times in the tables are cut to whole seconds. */
const SECOND_MS = 1000;

/** One section of awslogs.conf and the files it matches now. */
export interface LegacyStream {
  /** Name of the section. */
  readonly section: string;
  /** `file_fingerprint_lines`: a line number or a range of them, from 1. */
  readonly fingerprintLines: string;
  /** Key of the entry the section became. */
  readonly entry: string;
  readonly files: readonly { readonly path: string; readonly mtimeMs: number }[];
}

interface Row { readonly value: Readonly<Record<string, unknown>>; readonly savedAt: number }

/**
 * The positions of all streams, and the streams without one. Throws an Error whose message says why the file cannot be used.
 */
export function readAwslogsState(database: string, streams: readonly LegacyStream[]): { readonly positions: readonly ForeignPosition[]; readonly without: readonly NoPosition[] } {
  const positions: ForeignPosition[] = [];
  const without: NoPosition[] = [];
  using state = openState(database);
  for (const stream of streams) {
    const found = positionsOf(stream, state);
    positions.push(...found);
    if (found.length === 0) without.push({ source: `[${stream.section}]`, reason: stream.files.length === 0 ? 'matches no file' : 'the state knows none of its files' });
  }
  return { positions, without };
}

type Lookup = Disposable & { readonly row: (table: 'push_state' | 'stream_state', key: string) => Row | null };

function openState(path: string): Lookup {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: SECOND_MS });
    const statements = { push_state: database.prepare('SELECT v, mtime FROM push_state WHERE k = ?'), stream_state: database.prepare('SELECT v, mtime FROM stream_state WHERE k = ?') };
    const opened = database;
    return { row: (table, key) => rowOf(statements[table].get(key)), [Symbol.dispose]: () => { opened.close(); } };
  } catch (error) {
    database?.close();
    throw new Error(`${path} is no state of the legacy agent that can be read (${(error as Error).message}): stop that agent, and name the file its config calls state_file`, { cause: error });
  }
}

function rowOf(row: Record<string, unknown> | undefined): Row | null {
  if (row === undefined || typeof row['v'] !== 'string') return null;
  try {
    const value: unknown = JSON.parse(row['v']);
    const saved = typeof row['mtime'] === 'string' ? Date.parse(`${row['mtime']}Z`) + SECOND_MS : Number.NaN;
    return typeof value === 'object' && value !== null ? { value: value as Row['value'], savedAt: Number.isNaN(saved) ? Infinity : saved } : null;
  } catch {
    return null;
  }
}

function positionsOf({ section, fingerprintLines, entry, files }: LegacyStream, state: Lookup): readonly ForeignPosition[] {
  const positions: ForeignPosition[] = [];
  // That agent reads one file after the other: of all but the latest, the batch that was noted last has been sent.
  for (const { path } of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    const id = sourceId(section, path, fingerprintLines);
    const pushed = id === null ? null : state.row('push_state', id);
    const [start, end] = [count(pushed?.value['start_position']), count(pushed?.value['end_position'])];
    const at = { source: `[${section}]`, path, entry, savedAt: pushed?.savedAt ?? Infinity };
    if (start !== null && end !== null) {
      positions.push(positions.length > 0 ? { ...at, offset: end, again: [] } : { ...at, offset: start, again: start < end ? [{ from: start, to: end }] : [] });
      continue;
    }
    const begun = id === null ? null : state.row('stream_state', section);
    const initial = begun?.value['source_id'] === id ? count(begun?.value['initial_position']) : null;
    if (initial !== null) positions.push({ ...at, savedAt: begun!.savedAt, offset: initial, again: [] });
  }
  return positions;
}

const count = (value: unknown): number | null => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null);

/** The key of a file in the tables, or null when it has too few lines for one. */
export function sourceId(section: string, path: string, fingerprintLines: string): string | null {
  const [, first = '1', last = first] = /^([1-9]\d*)(?:-(\d+))?$/.exec(fingerprintLines) ?? ['', '1'];
  const opened = openFile(path);
  if ('error' in opened) return null;
  try {
    const bytes = Buffer.alloc(Math.min(HEAD_BYTES, opened.size));
    const head = bytes.subarray(0, readSync(opened.fd, bytes, 0, bytes.length, 0));
    const from = endOfLine(head, Number(first) - 1);
    const to = endOfLine(head, Number(last));
    return from === null || to === null || from >= to ? null : createHash('md5').update(section).update(head.subarray(from, to)).digest('hex');
  } catch {
    return null;
  } finally {
    closeSync(opened.fd);
  }
}

/** Where line `line` (from 1; 0 ends at 0) ends, its newline included; a last line may lack that. Null when there are fewer. */
function endOfLine(head: Buffer, line: number): number | null {
  let at = 0;
  for (let n = 0; n < line; n++) {
    if (at >= head.length) return null;
    const newline = head.indexOf(NEWLINE, at);
    at = newline === -1 ? head.length : newline + 1;
  }
  return at;
}
