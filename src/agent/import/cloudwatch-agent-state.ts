// The CloudWatch agent's state files: one for each file it follows, named after its path.
//
//   25                   the largest end offset
//   /var/log/a.log       the path
//   0-4,15-25            what was sent, if more is known than the first line says; `15-` has no end
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ForeignPosition, NoPosition } from './position.ts';

/** Where the CloudWatch agent keeps them on Linux. */
export const CLOUDWATCH_AGENT_STATE = '/opt/aws/amazon-cloudwatch-agent/logs/state';
/** Far more than any it writes. */
const MAX_BYTES = 1_048_576;
const MAX_FILES = 100_000;
/** Positions in event logs of Windows, which are no files. */
const NO_FILE = /^Amazon_CloudWatch_WindowsEventLog_/;

export interface StateText {
  /** Null in the oldest form, which holds an offset alone. */
  readonly path: string | null;
  readonly offset: number;
  readonly again: ForeignPosition['again'];
}

/**
 * Reads the text of a state file. Pure. Where several stretches were sent, only the one that begins the file is safe; what lies
 * between them was not sent.
 * @param isConcurrent whether that agent ran with `concurrency`: one stretch alone that does not begin the file means unsent bytes
 * before it then, and without it only that the file began with a message of several lines.
 */
export function parseState(text: string, isConcurrent: boolean): StateText | { readonly fault: string } {
  if (text === '') return { fault: 'is empty: a crash while it was written' };
  const [first = '', path = '', ranges = ''] = text.split('\n');
  if (!/^\d{1,15}$/.test(first)) return { fault: 'does not begin with an offset' };
  const end = Number(first);
  const known = { path: path === '' ? null : path };
  const sent = merged(parseRanges(ranges, end));
  const [begin] = sent;
  if (begin === undefined || (sent.length === 1 && (begin.from === 0 || !isConcurrent))) return { ...known, offset: end, again: [] };
  return begin.from === 0 ? { ...known, offset: begin.to, again: sent.slice(1) } : { ...known, offset: 0, again: sent };
}

/** The ranges as written; none when one of them is wrong, as with that agent. */
function parseRanges(text: string, end: number): readonly { readonly from: number; readonly to: number }[] {
  if (text === '') return [];
  const ranges = text.split(',').map((range) => /^(\d{1,15})-(\d{1,15})?$/.exec(range)).map((match) => (match === null ? null : { from: Number(match[1]), to: match[2] === undefined ? end : Number(match[2]) }));
  return ranges.some((range) => range === null || range.to < range.from) ? [] : ranges.filter((range) => range !== null);
}

function merged(ranges: ReturnType<typeof parseRanges>): ReturnType<typeof parseRanges> {
  const apart: { from: number; to: number }[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = apart.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else if (to > from) apart.push({ from, to });
  }
  return apart;
}

/** The name under which that agent keeps the state of a path. */
export const stateNameOf = (path: string): string => path.replaceAll(/[/ :]/g, '_');

/**
 * The positions in a folder of state files, and the files there that give none. Throws the system's error for the folder.
 * @param paths of files that are there, to tell whose state the oldest form is.
 */
export function readStateFolder(folder: string, isConcurrent: boolean, paths: Iterable<string>): { readonly positions: readonly ForeignPosition[]; readonly without: readonly NoPosition[] } {
  const positions: ForeignPosition[] = [];
  const without: NoPosition[] = [];
  let byName: ReadonlyMap<string, string> | null = null;
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name } of entries.slice(0, MAX_FILES)) {
    const source = join(folder, name);
    const state = NO_FILE.test(name) ? { fault: 'is the position in an event log of Windows' } : readState(source, isConcurrent);
    if ('fault' in state) { without.push({ source, reason: state.fault }); continue; }
    byName ??= new Map([...paths].map((path) => [stateNameOf(path), path]));
    const path = state.path ?? byName.get(name);
    if (path === undefined) without.push({ source, reason: 'names no file, and no file of the config has this name' });
    else if (!path.startsWith('/')) without.push({ source, reason: `is the position of ${JSON.stringify(path)}, which is no file` });
    else positions.push({ source, path, offset: state.offset, again: state.again, savedAt: state.savedAt, entry: null });
  }
  if (entries.length > MAX_FILES) without.push({ source: folder, reason: `holds ${entries.length} files; only the first ${MAX_FILES} were read` });
  return { positions, without };
}

function readState(source: string, isConcurrent: boolean): (StateText & { readonly savedAt: number }) | { readonly fault: string } {
  try {
    const { size, mtimeMs } = statSync(source);
    if (size > MAX_BYTES) return { fault: `is too large for a state file (${size} bytes)` };
    const state = parseState(readFileSync(source, 'utf8'), isConcurrent);
    return 'fault' in state ? state : { ...state, savedAt: mtimeMs };
  } catch (error) {
    return { fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
  }
}
