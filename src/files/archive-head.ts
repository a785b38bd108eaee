// What an archive begins with, told from its first kilobytes: whether a life in it is known need not cost the unpacking of it.

import { closeSync, fstatSync, readSync } from 'node:fs';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { errorCode, HEAD_BYTES, openQuietly } from './file-id.ts';

/** `head`: as much as there is of the first kilobyte. `writtenAt`: what a gzip header says of the last write, epoch ms, or null. */
export type ArchiveHead =
  | { readonly kind: 'head'; readonly head: Buffer; readonly writtenAt: number | null }
  | { readonly kind: 'unreadable'; readonly code: string };

/** Packed bytes tried one after the other: gzip gives bytes at once, Zstandard only blocks of up to 128 KB. */
const PACKED_BYTES = [4_096, 32_768, 262_144] as const;
/** 4 KB of equal blocks may unpack to 128 MB; a text of that kind has given its first kilobyte long before. */
const MAX_UNPACKED_BYTES = 192 * 1024 * 1024;
const GZIP_HEADER_BYTES = 10;
const GZIP_TIME_AT = 4;

/** The first bytes of what the archive at `path` (.gz, .zst) holds. Small synchronous reads. */
export function readArchiveHead(path: string): ArchiveHead {
  let fd: number | null = null;
  try {
    fd = openQuietly(path);
    const { size } = fstatSync(fd);
    const zst = /\.zst$/i.test(path);
    for (const most of PACKED_BYTES) {
      const packed = Buffer.alloc(Math.min(size, most));
      const got = readSync(fd, packed, 0, packed.length, 0);
      const isAll = got >= size;
      const head = unpackedPart(packed.subarray(0, got), zst);
      // An archive of nothing is whole; what gives nothing and is not whole is damaged, or was never finished.
      if (isAll && head.length === 0) unpackedWhole(packed.subarray(0, got), zst);
      if (isAll || head.length >= HEAD_BYTES) return { kind: 'head', head: Buffer.from(head.subarray(0, HEAD_BYTES)), writtenAt: zst ? null : gzipTime(packed) };
    }
    return { kind: 'unreadable', code: 'no beginning' };
  } catch (error) {
    return { kind: 'unreadable', code: errorCode(error) };
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

function unpackedPart(packed: Buffer, zst: boolean): Buffer {
  return zst
    ? zstdDecompressSync(packed, { finishFlush: constants.ZSTD_e_flush, maxOutputLength: MAX_UNPACKED_BYTES })
    : gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_UNPACKED_BYTES });
}

function unpackedWhole(packed: Buffer, zst: boolean): Buffer { return zst ? zstdDecompressSync(packed) : gunzipSync(packed); }

/** gzip writes down when the file that it packs was last written to, in seconds; 0: it packed no file. */
function gzipTime(packed: Buffer): number | null {
  const seconds = packed.length < GZIP_HEADER_BYTES ? 0 : packed.readUInt32LE(GZIP_TIME_AT);
  return seconds === 0 ? null : seconds * 1_000 + 999;
}
