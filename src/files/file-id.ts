// Which life of a file's bytes is this? Inode numbers are reused and files are copied, so the content decides: a hash of the
// head, and a crc of the window of bytes just before the offset, which follows the reader through the file.
//
//      0 ── head ── 1024 ······················ [ window 256 ] offset ····· size

import { constants, fstatSync, openSync, closeSync, readSync, type Stats } from 'node:fs';
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Checkpoint, FileId } from '../flow.ts';

/** Bytes of the head that are hashed (fewer in a shorter file): what filestream and the OpenTelemetry collector use. */
export const HEAD_BYTES = 1024;
/** Bytes before the offset that are remembered: more than a line's worth, so that equal banners do not make equal files. */
export const WINDOW_BYTES = 256;

/** `code` is the errno name, such as ENOENT. */
export interface ReadFailure { readonly kind: 'error'; readonly code: string }
export interface Identity { readonly kind: 'identity'; readonly id: FileId; readonly size: number; readonly mtimeMs: number }

/**
 * What a file is to a checkpoint. `same`: go on at the offset. `copy`: another inode with the same head and window; whether it continues
 * the generation is told by what became of the original. `truncated`: same inode, shorter than the offset. `replaced`: other bytes,
 * begin at 0. `unknown`: it could not be read, or there is nothing to compare.
 */
export type Kinship = 'same' | 'copy' | 'replaced' | 'truncated' | 'unknown';

/** The errno name of a thrown value; rethrows what is not an error of the system. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined) throw error;
  return code;
}

/** Opens for reading without ever waiting: a named pipe without a writer would hold the whole agent. Throws the system's error. */
export function openQuietly(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Reads up to `length` bytes at `position`; fewer only at the end of the file. Throws the system's error. */
function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const got = readSync(fd, bytes, filled, length - filled, position + filled);
    if (got === 0) break;
    filled += got;
  }
  return bytes.subarray(0, filled);
}

/** 128 bits of sha256, hex: collisions are out of reach, and a checkpoint stays short. */
export function headHash(head: Buffer): string {
  return hash('sha256', head, 'hex').slice(0, 32);
}

/** crc32 of the window of `bytes` that ends at `end`: at most WINDOW_BYTES, fewer if `bytes` begin later. */
export function windowCrc(bytes: Buffer, end: number): number {
  return crc32(bytes.subarray(Math.max(0, end - WINDOW_BYTES), end));
}

/** The window before `offset` as a checkpoint stores it, or null if the file could not be read that far. */
export function readWindow(fd: number, offset: number): { readonly windowCrc: number; readonly windowLength: number } | null {
  const windowLength = Math.min(WINDOW_BYTES, offset);
  try {
    const bytes = readAt(fd, offset - windowLength, windowLength);
    return bytes.length === windowLength ? { windowCrc: crc32(bytes), windowLength } : null;
  } catch (error) {
    errorCode(error);
    return null;
  }
}

/** Identity of an open file, or of the file at a path, by its first `most` bytes. Small synchronous reads from the page cache. */
export function readIdentity(file: number | string, most = HEAD_BYTES): Identity | ReadFailure {
  let fd: number | null = null;
  try {
    fd = typeof file === 'number' ? file : openQuietly(file);
    const stats = fstatSync(fd);
    const head = readAt(fd, 0, Math.min(stats.size, HEAD_BYTES, most));
    const id: FileId = { device: stats.dev, inode: stats.ino, headHash: headHash(head), headLength: head.length };
    return { kind: 'identity', id, size: stats.size, mtimeMs: stats.mtimeMs };
  } catch (error) {
    return { kind: 'error', code: errorCode(error) };
  } finally {
    if (typeof file === 'string' && fd !== null) closeSync(fd);
  }
}

/** True if the file's first bytes hash to `id` at the length `id` was taken at. Throws the system's error. */
export function headMatches(fd: number, id: FileId): boolean {
  const head = readAt(fd, 0, id.headLength);
  return head.length === id.headLength && headHash(head) === id.headHash;
}

function windowMatches(fd: number, { offset, windowLength, windowCrc: expected }: Checkpoint): boolean {
  if (windowLength === 0) return true;
  const window = readAt(fd, Math.max(0, offset - windowLength), windowLength);
  return window.length === windowLength && crc32(window) === expected;
}

/** What the open file `fd` with `stats` is to `checkpoint`. The device number may change over a reboot, so the inode alone is compared. */
export function sameGeneration(checkpoint: Checkpoint, fd: number, stats: Stats): Kinship {
  const { id, offset } = checkpoint;
  const sameInode = stats.ino === id.inode;
  if (stats.size < offset || stats.size < id.headLength) return sameInode ? 'truncated' : 'replaced';
  // An empty generation has no content to know it by; one that was empty when found has the window before its offset.
  if (id.headLength === 0 && checkpoint.windowLength === 0) return sameInode && stats.dev === id.device ? 'same' : 'unknown';
  try {
    if (!headMatches(fd, id)) return 'replaced';
    if (!windowMatches(fd, checkpoint)) return 'replaced';
  } catch (error) {
    errorCode(error);
    return 'unknown';
  }
  return sameInode ? 'same' : 'copy';
}
