// A generation whose plain file was compressed before it was read to its end goes on inside its archive. The rest of it is
// unpacked into a file without a name, so that the follower reads it as any other file.
//
//   archive ─inflate─► [ head ✓ ········ | window ✓ | rest ······ ] ─► unlinked file that begins at `base`
//                                        └ base      └ checkpoint.offset

import { closeSync, createReadStream, openSync, unlinkSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress, crc32 } from 'node:zlib';
import type { Checkpoint } from '../flow.ts';
import { errorCode, headHash } from './file-id.ts';

/** `fd` belongs to the caller; its first byte is byte `base` of the generation, its last is byte `end` - 1. */
export interface OpenedArchive {
  readonly kind: 'opened';
  readonly fd: number;
  readonly path: string;
  readonly base: number;
  readonly end: number;
  /** Size of the whole generation. More than `end`: the byte limit was reached; ask again with a checkpoint near `end` for what follows. */
  readonly size: number;
}

/**
 * What became of the search. `incomplete`: an archive that can be it is still being written, ask again later. `absent`: none holds the
 * generation; everything behind the offset is lost to the agent. `failed`: reading or unpacking failed for another reason (errno name).
 */
export type ArchiveSearch =
  | OpenedArchive
  | { readonly kind: 'incomplete'; readonly path: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly path: string; readonly code: string };

/** Unpacked bytes on disk per call. */
export const ARCHIVE_LIMIT_BYTES = 256 * 1024 * 1024;
/** Archives opened per call; most are turned down after their first kilobyte. */
const MAX_ARCHIVES = 100;

export interface ArchiveOptions {
  /** Where the unlinked file lives: the state directory. */
  readonly stateDirectory: string;
  readonly signal: AbortSignal;
  /** Bytes to unpack from the offset on, at most. */
  readonly limitBytes?: number;
}

type Verdict =
  | { readonly kind: 'match'; readonly size: number; readonly end: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'another' }
  | { readonly kind: 'failed'; readonly code: string };

class NotThisOne extends Error {}

/** Finds the archive among `paths` (.gz, .zst; likeliest first) that holds the checkpoint's generation and opens what follows its offset. */
export async function openArchived(checkpoint: Checkpoint, paths: readonly string[], options: ArchiveOptions): Promise<ArchiveSearch> {
  let trouble: ArchiveSearch | null = null;
  for (const path of paths.slice(0, MAX_ARCHIVES)) {
    const opened = openNameless(options.stateDirectory);
    if (typeof opened === 'string') return { kind: 'failed', path: options.stateDirectory, code: opened };
    const verdict = await unpack(path, checkpoint, opened, options);
    if (verdict.kind === 'match') {
      return { kind: 'opened', fd: opened, path, base: checkpoint.offset - checkpoint.windowLength, end: verdict.end, size: verdict.size };
    }
    closeSync(opened);
    if (options.signal.aborted) return { kind: 'incomplete', path };
    // An archive that cannot be judged yet outranks one that failed: it may be the one.
    if (verdict.kind === 'incomplete') trouble = { kind: 'incomplete', path };
    else if (verdict.kind === 'failed') trouble ??= { kind: 'failed', path, code: verdict.code };
  }
  return trouble ?? { kind: 'absent' };
}

/** A file for reading and writing that disappears with its descriptor; mode 0600, since it holds log content. */
function openNameless(directory: string): number | string {
  const path = join(directory, `.unpacked-${randomUUID()}`);
  try {
    const fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return fd;
  } catch (error) {
    return errorCode(error);
  }
}

/** Checks the generation's identity as it flows by and keeps [base, base + limit). */
class Remainder extends Writable {
  readonly #checkpoint: Checkpoint;
  readonly #fd: number;
  readonly #base: number;
  readonly #stopAt: number;
  readonly #head: Buffer;
  readonly #window: Buffer;
  size = 0;
  written = 0;

  constructor(checkpoint: Checkpoint, fd: number, limit: number) {
    super({ decodeStrings: true });
    this.#checkpoint = checkpoint;
    this.#fd = fd;
    this.#base = checkpoint.offset - checkpoint.windowLength;
    this.#stopAt = checkpoint.offset + limit;
    this.#head = Buffer.alloc(checkpoint.id.headLength);
    this.#window = Buffer.alloc(checkpoint.windowLength);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      this.#take(chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  #take(chunk: Buffer): void {
    const from = this.size;
    const { id, offset, windowCrc } = this.#checkpoint;
    copyPart(chunk, from, this.#head, 0);
    copyPart(chunk, from, this.#window, this.#base);
    this.size += chunk.length;
    if (from < id.headLength && this.size >= id.headLength && headHash(this.#head) !== id.headHash) throw new NotThisOne();
    if (from < offset && this.size >= offset && this.#window.length > 0 && crc32(this.#window) !== windowCrc) throw new NotThisOne();
    const keepFrom = Math.max(this.#base, from);
    const keepTo = Math.min(this.size, this.#stopAt);
    if (keepTo > keepFrom) this.#keep(chunk.subarray(keepFrom - from, keepTo - from));
  }

  #keep(bytes: Buffer): void {
    for (let done = 0; done < bytes.length;) {
      const wrote = writeSync(this.#fd, bytes, done, bytes.length - done, this.written);
      done += wrote;
      this.written += wrote;
    }
  }
}

/** Copies what `chunk`, which lies at `from`, has of the bytes [start, start + into.length). */
function copyPart(chunk: Buffer, from: number, into: Buffer, start: number): void {
  const begin = Math.max(from, start);
  const end = Math.min(from + chunk.length, start + into.length);
  if (end > begin) chunk.copy(into, begin - start, begin - from, end - from);
}

async function unpack(path: string, checkpoint: Checkpoint, fd: number, options: ArchiveOptions): Promise<Verdict> {
  const remainder = new Remainder(checkpoint, fd, options.limitBytes ?? ARCHIVE_LIMIT_BYTES);
  const decoder = /\.zst$/i.test(path) ? createZstdDecompress() : createGunzip();
  try {
    await pipeline(createReadStream(path), decoder, remainder, { signal: options.signal });
  } catch (error) {
    return failure(error);
  }
  const { id, offset, windowLength } = checkpoint;
  // Without a head there is nothing to know the generation by.
  if (id.headLength === 0 || remainder.size < id.headLength || remainder.size < offset) return { kind: 'another' };
  return { kind: 'match', size: remainder.size, end: offset - windowLength + remainder.written };
}

/** An archive cut short is still being written (or its writer died: it stays incomplete, and the caller gives up by age). */
function failure(error: unknown): Verdict {
  if (error instanceof NotThisOne) return { kind: 'another' };
  const code = errorCode(error);
  if (code === 'Z_BUF_ERROR' || code === 'ABORT_ERR') return { kind: 'incomplete' };
  if (code === 'ENOENT') return { kind: 'another' };
  return { kind: 'failed', code };
}
