import { closeSync, fstatSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { WINDOW_BYTES, openQuietly } from './file-id.ts';

/** What a read found. `short`: the file ends before the offset; `changed`: other bytes stand before the offset. */
export type ReadResult =
  | { readonly kind: 'bytes'; readonly start: number; readonly limit: number; readonly more: boolean }
  | { readonly kind: 'short' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'error'; readonly code: string };

/** Where and how a read lands: address and size of the arena's input. */
export interface ReadTarget { readonly bytes: Buffer; readonly input: number; readonly inputSize: number }

/** crc32 of the up to WINDOW_BYTES bytes before `end`, none of them before `floor`. */
export function windowOf(bytes: Buffer, floor: number, end: number): { readonly crc: number; readonly length: number } {
  const length = Math.min(WINDOW_BYTES, end - floor);
  return { crc: length === 0 ? 0 : crc32(bytes.subarray(end - length, end)), length };
}

/**
 * Reads at `offset` into the target's input, together with the window before it, and checks that window.
 * Synchronous: from the page cache a read is cheaper than handing it to another thread, and a chunk is small.
 * @param base offset in the file of the descriptor's first byte (an unpacked archive does not begin at 0).
 */
export function readChunk(fd: number, target: ReadTarget, offset: number, base: number, window: { readonly crc: number; readonly length: number }, size: number): ReadResult {
  const { bytes, input } = target;
  const want = Math.min(size + window.length, target.inputSize);
  let got: number;
  try {
    got = readSync(fd, bytes, input, want, offset - base - window.length);
  } catch (error) {
    return { kind: 'error', code: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
  if (got < window.length) return { kind: 'short' };
  const start = input + window.length;
  if (window.length > 0 && crc32(bytes.subarray(input, start)) !== window.crc) return { kind: 'changed' };
  return { kind: 'bytes', start, limit: input + got, more: got === want };
}

/** An open file, or the code of what prevented it. */
export type Opened = { readonly fd: number; readonly device: number; readonly inode: number; readonly size: number; readonly mtimeMs: number } | { readonly error: string };

/** Opens a regular file for reading. */
export function openFile(path: string): Opened {
  let fd: number;
  try {
    fd = openQuietly(path);
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
  try {
    const { dev, ino, size, mtimeMs } = fstatSync(fd);
    return { fd, device: dev, inode: ino, size, mtimeMs };
  } catch (error) {
    closeSync(fd);
    return { error: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
}
