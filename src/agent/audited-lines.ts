// Which lines of a file the ranges of its audit are. The audit has bytes alone: the lines are counted in the file, where it is still there.
import { closeSync, readSync } from 'node:fs';
import { openQuietly } from '../files/file-id.ts';
import { LineCount } from './line-count.ts';

/** Lines are counted up to here: reading a gigabyte takes about half a second. */
const COUNTED_BYTES = 1_073_741_824;
/** Of text with code units of two bytes, a NUL is among these. */
const HEAD_BYTES = 1_024;
const BYTE_ORDER_MARKS: readonly string[] = ['fffe', 'feff'];

/** From 1, the last one included. */
export interface Lines { readonly first: number; readonly last: number }

/** The lines of the bytes [from, to) of the file at `path`, by range; what cannot be told is missing. */
export function linesIn<R extends { readonly from: number; readonly to: number }>(path: string, ranges: readonly R[]): ReadonlyMap<R, Lines> {
  return inLines(path, (count) => {
    const wanted = ranges.filter(({ from, to }) => from < to && to <= COUNTED_BYTES);
    const offsets = [...new Set(wanted.flatMap(({ from, to }) => [from, to - 1]))].toSorted((a, b) => a - b);
    const lineOf = new Map(offsets.map((offset) => [offset, count.lineAt(offset)]));
    return new Map(wanted.flatMap((range): [R, Lines][] => {
      const [first, last] = [lineOf.get(range.from), lineOf.get(range.to - 1)];
      return first == null || last == null ? [] : [[range, { first, last }]];
    }));
  }) ?? new Map<R, Lines>();
}

/** The offset at which a line of the file at `path` begins; null: it has none such, or its lines cannot be counted. */
export function beginOfLine(path: string, line: number): number | null { return line < 1 ? null : inLines(path, (count) => count.beginOf(line)); }

function inLines<T>(path: string, look: (count: LineCount) => T): T | null {
  let fd: number;
  try {
    fd = openQuietly(path);
  } catch {
    return null;
  }
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const text = head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
    return text.includes(0) || BYTE_ORDER_MARKS.includes(text.toString('hex', 0, 2)) ? null : look(new LineCount(fd));
  } catch {
    // A folder, or a disk that cannot be read.
    return null;
  } finally {
    closeSync(fd);
  }
}
