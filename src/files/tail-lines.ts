import { closeSync, fstatSync, readSync } from 'node:fs';
import { openQuietly } from './file-id.ts';

/** The end of a text file. */
export interface Tail {
  /** Whole lines without their newlines, oldest first. */
  readonly lines: readonly string[];
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** Epoch milliseconds. */
  readonly mtimeMs: number;
  /** Bytes of the file that the lines come from. */
  readonly bytes: number;
}

/** Read at most: 200 lines of three hundred characters, or the end of one stack trace. */
const MAX_BYTES = 65_536;
const MAX_LINES = 200;

/** The last lines of a file; the encoding is told from its byte order mark. Throws the system's error. */
export function tailLines(path: string): Tail {
  const fd = openQuietly(path);
  try {
    const { size, mtimeMs } = fstatSync(fd);
    const mark = Buffer.alloc(2);
    readSync(fd, mark, 0, 2, 0);
    const order = mark.readUInt16BE(0);
    const encoding = order === 0xfffe ? 'utf-16le' : order === 0xfeff ? 'utf-16be' : 'utf-8';
    const from = Math.max(0, (size - MAX_BYTES) & ~1);
    const block = Buffer.alloc(Math.min(MAX_BYTES + 1, size - from));
    const length = readSync(fd, block, 0, block.length, from);
    const text = new TextDecoder(encoding).decode(block.subarray(0, length)).replaceAll('\0', '');
    const lines = text.split(/\r?\n/);
    lines.pop(); // empty, or a line that is still being written
    if (from > 0) lines.shift(); // its beginning was not read
    const last = lines.slice(-MAX_LINES);
    return { lines: last, encoding, mtimeMs, bytes: last.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) };
  } finally {
    closeSync(fd);
  }
}
