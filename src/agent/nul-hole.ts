// A run of NULs where a message should begin: left by a writer that kept its offset across a truncation, or allocated ahead.

import { readSync } from 'node:fs';

const ZEROS = Buffer.alloc(65_536);

/** End of the run of NULs that begins at `start`. Whole blocks are compared at the speed of memory. */
export function zerosUntil(bytes: Buffer, start: number, limit: number): number {
  let at = start;
  while (at < limit && bytes.compare(ZEROS, 0, Math.min(ZEROS.length, limit - at), at, Math.min(at + ZEROS.length, limit)) === 0) at = Math.min(at + ZEROS.length, limit);
  while (at < limit && bytes[at] === 0) at++;
  return at;
}

/** The byte at `position` of an open file is NUL, or cannot be read. */
export function isZeroAt(fd: number, position: number): boolean {
  const byte = Buffer.alloc(1);
  try {
    readSync(fd, byte, 0, 1, position);
  } catch { /* The next read says what is wrong. */ }
  return byte[0] === 0;
}
