// The text form of checkpoints, in a snapshot and in its journal. One record is one line:
//
//   <crc32 of the payload, 8 hex digits> <payload, JSON>\n
//
// A snapshot is header, definitions, trailer; a journal is header, then definitions, moves and forgets in the order they
// happened. A generation is defined once under a number and moved by that number, so a busy file costs about 60 bytes
// per write. Numbers are never used twice: a lost definition can then make moves unreadable, but never give one
// generation the offset of another.
import { crc32 } from 'node:zlib';
import type { Checkpoint } from '../flow.ts';

const FORMAT = 'unified-agent-checkpoints';
const VERSION = 1;

/** What changes while a generation is read. */
export type Progress = Pick<Checkpoint, 'offset' | 'windowCrc' | 'windowLength' | 'split' | 'ended' | 'updatedAt' | 'cursor'>;

export type CheckpointRecord =
  | { readonly kind: 'define'; readonly number: number; readonly checkpoint: Checkpoint }
  | { readonly kind: 'move'; readonly number: number; readonly progress: Progress }
  | { readonly kind: 'forget'; readonly number: number };

export interface FileHeader {
  readonly kind: 'snapshot' | 'journal';
  /** Journal n continues snapshot n; both are continued by snapshot and journal n + 1. */
  readonly sequence: number;
  /** Least number no generation ever had. */
  readonly next: number;
  /** A journal that begins with nothing known, so it needs no snapshot. */
  readonly fresh: boolean;
}

export interface DecodedFile {
  /** `unreadable`: empty, torn within the header, or not ours. `newer`: ours, of a version this agent does not read. */
  readonly header: FileHeader | 'unreadable' | { readonly newer: number };
  readonly records: readonly CheckpointRecord[];
  /** Damaged lines with an intact line after them. What follows the last intact line was torn by a crash and is no damage. */
  readonly badLines: number;
  /** Bytes up to the end of the last intact line: where a journal goes on. */
  readonly intactLength: number;
  /** A snapshot whose trailer vouches for every byte before it. */
  readonly complete: boolean;
}

/** A payload as a line with its checksum. */
export function line(payload: string): string {
  return `${crc32(payload).toString(16).padStart(8, '0')} ${payload}\n`;
}

export function encodeHeader({ kind, sequence, next, fresh }: FileHeader): string {
  return line(JSON.stringify({ format: FORMAT, version: VERSION, kind, sequence, next, fresh }));
}

function progressText({ offset, windowCrc, windowLength, split, ended, updatedAt, cursor }: Progress): string {
  const tail = cursor !== undefined ? `,${JSON.stringify(cursor)}` : split === null ? '' : `,${split.piece},${split.time}`;
  return `${offset},${windowCrc},${windowLength},${ended ? 1 : 0},${updatedAt}${tail}`;
}

export function encodeDefinition(number: number, checkpoint: Checkpoint): string {
  const { entry, path, id } = checkpoint;
  return line(`["d",${number},${JSON.stringify(entry)},${JSON.stringify(path)},${id.device},${id.inode},${JSON.stringify(id.headHash)},${id.headLength},${progressText(checkpoint)}]`);
}

export function encodeMove(number: number, progress: Progress): string {
  return line(`["m",${number},${progressText(progress)}]`);
}

export function encodeForget(number: number): string {
  return line(`["f",${number}]`);
}

/** A whole snapshot. Its trailer has the count of generations and the crc32 of every byte before the trailer. */
export function encodeSnapshot(header: Omit<FileHeader, 'kind' | 'fresh'>, generations: Iterable<readonly [number, Checkpoint]>): Buffer {
  let text = encodeHeader({ ...header, kind: 'snapshot', fresh: false });
  let count = 0;
  for (const [number, checkpoint] of generations) {
    text += encodeDefinition(number, checkpoint);
    count++;
  }
  const body = Buffer.from(text);
  return Buffer.concat([body, Buffer.from(line(`["end",${count},${crc32(body)}]`))]);
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function decodeProgress(fields: readonly unknown[]): Progress | null {
  const [offset, windowCrc, windowLength, ended, updatedAt, piece, time] = fields;
  if (!isCount(offset) || !isCount(windowCrc) || !isCount(windowLength) || !isCount(updatedAt) || (ended !== 0 && ended !== 1)) return null;
  const shared = { offset, windowCrc, windowLength, ended: ended === 1, updatedAt };
  if (fields.length === 5) return { ...shared, split: null };
  if (fields.length === 6) return typeof piece === 'string' ? { ...shared, split: null, cursor: piece } : null;
  return fields.length === 7 && isCount(piece) && typeof time === 'number' ? { ...shared, split: { piece, time } } : null;
}

function decodeRecord(fields: readonly unknown[]): CheckpointRecord | null {
  const [kind, number, entry, path, device, inode, headHash, headLength] = fields;
  if (!isCount(number)) return null;
  if (kind === 'f') return fields.length === 2 ? { kind: 'forget', number } : null;
  if (kind === 'm') {
    const progress = decodeProgress(fields.slice(2));
    return progress === null ? null : { kind: 'move', number, progress };
  }
  if (kind !== 'd' || typeof entry !== 'string' || typeof path !== 'string' || typeof headHash !== 'string') return null;
  if (typeof device !== 'number' || typeof inode !== 'number' || !isCount(headLength)) return null;
  const progress = decodeProgress(fields.slice(8));
  return progress === null ? null : { kind: 'define', number, checkpoint: { entry, path, id: { device, inode, headHash, headLength }, ...progress } };
}

function decodeHeader(payload: unknown): DecodedFile['header'] {
  if (typeof payload !== 'object' || payload === null) return 'unreadable';
  const { format, version, kind, sequence, next, fresh } = payload as Record<string, unknown>;
  if (format !== FORMAT || !isCount(version)) return 'unreadable';
  if (version !== VERSION) return { newer: version };
  if ((kind !== 'snapshot' && kind !== 'journal') || !isCount(sequence) || !isCount(next) || typeof fresh !== 'boolean') return 'unreadable';
  return { kind, sequence, next, fresh };
}

/** The payload of the line [from, to), or undefined when its checksum or its JSON is wrong. */
export function payloadOf(bytes: Buffer, from: number, to: number): unknown {
  if (to - from < 10 || bytes[from + 8] !== 0x20) return undefined;
  const payload = bytes.subarray(from + 9, to);
  if (bytes.toString('latin1', from, from + 8) !== crc32(payload).toString(16).padStart(8, '0')) return undefined;
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Reads a snapshot or journal, whatever its bytes are. Never throws: what is not intact is left out and counted. */
export function decodeFile(bytes: Buffer): DecodedFile {
  const firstEnd = bytes.indexOf(0x0a);
  const header = firstEnd < 0 ? 'unreadable' : decodeHeader(payloadOf(bytes, 0, firstEnd));
  const records: CheckpointRecord[] = [];
  let badLines = 0;
  let badSinceIntact = typeof header === 'string' ? 1 : 0;
  let intactLength = typeof header === 'string' ? 0 : firstEnd + 1;
  let complete = false;
  for (let from = firstEnd + 1, to = firstEnd < 0 ? -1 : bytes.indexOf(0x0a, from); to >= 0; from = to + 1, to = bytes.indexOf(0x0a, from)) {
    const payload = payloadOf(bytes, from, to);
    const record = Array.isArray(payload) ? decodeRecord(payload) : null;
    const trailer = Array.isArray(payload) && payload[0] === 'end';
    if (record !== null) records.push(record);
    if (trailer) complete = payload[1] === records.length && payload[2] === crc32(bytes.subarray(0, from)) && to + 1 === bytes.length;
    if (record === null && !trailer) badSinceIntact++;
    else {
      badLines += badSinceIntact;
      badSinceIntact = 0;
      intactLength = to + 1;
    }
  }
  return { header, records, badLines, intactLength, complete: complete && typeof header === 'object' && 'kind' in header && header.kind === 'snapshot' };
}
