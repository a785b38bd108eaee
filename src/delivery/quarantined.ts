// Reading what lies in quarantine: `quarantine.jsonl.1`, the older file, then `quarantine.jsonl`.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileMark } from './line-removal.ts';
import type { QuarantinedRecord } from './quarantine.ts';

/** Oldest first. */
export const QUARANTINE_FILES = ['quarantine.jsonl.1', 'quarantine.jsonl'] as const;

/** A line of one of the files. */
export interface QuarantinedLine {
  readonly path: string;
  /** See fileMark. */
  readonly mark: string;
  /** Bytes [from, to) of the file, newline included. */
  readonly from: number;
  readonly to: number;
  /** Null: it is no record; a crash or a person has left it. */
  readonly record: QuarantinedRecord | null;
}

/** Of records, those that are meant; empty: all. */
export interface Selection {
  readonly group?: string;
  readonly stream?: string;
  /** A part of the reason. */
  readonly reason?: string;
  /** Path of the source file. */
  readonly file?: string;
}

const PIECE_BYTES = 1 << 18;
/** Longer than any record: an event is at most 1 MiB, and six bytes may stand for one in JSON. */
const LONGEST_LINE = 8 << 20;
const NEWLINE = 0x0a;

export function isSelected({ group, stream, reason, file }: Selection, record: QuarantinedRecord): boolean {
  return (group === undefined || record.group === group) && (stream === undefined || record.stream === stream)
    && (reason === undefined || record.reason.includes(reason)) && (file === undefined || record.file === file);
}

/** Every whole line that lies there when it is reached, oldest first. Throws the system's error where a file cannot be read; there may be none. */
export async function* quarantined(directory: string): AsyncGenerator<QuarantinedLine> {
  for (const name of QUARANTINE_FILES) yield* linesOf(join(directory, name));
}

async function* linesOf(path: string): AsyncGenerator<QuarantinedLine> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return;
  try {
    const mark = fileMark(await handle.stat({ bigint: true }));
    let rest = Buffer.alloc(0);
    let at = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const { bytesRead } = await handle.read(piece, 0, piece.length, at + rest.length);
      if (bytesRead === 0) return;
      const bytes = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
      let from = 0;
      for (let to = bytes.indexOf(NEWLINE); to >= 0; from = to + 1, to = bytes.indexOf(NEWLINE, from)) {
        yield { path, mark, from: at + from, to: at + to + 1, record: recordOf(bytes.subarray(from, to)) };
      }
      at += from;
      rest = bytes.subarray(from);
      if (rest.length > LONGEST_LINE) return;
    }
  } finally {
    await handle.close();
  }
}

/** Null where it is no record, whatever else it is. */
export function recordOf(line: Buffer): QuarantinedRecord | null {
  try {
    const { time, group, stream, service, file, reason, timestamp, message } = JSON.parse(line.toString()) as Record<string, unknown>;
    const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (Number.isNaN(at) || typeof timestamp !== 'number') return null;
    if (typeof group !== 'string' || typeof stream !== 'string' || typeof file !== 'string' || typeof reason !== 'string' || typeof message !== 'string') return null;
    return { time: at, group, stream, ...(typeof service === 'string' ? { service } : {}), file, reason, timestamp, message };
  } catch {
    return null;
  }
}
