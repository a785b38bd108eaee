// The text form of the audit: what became of the bytes of each file. One record is one line, as in codec.ts. A file and a
// destination are defined under a number before they are first spoken of; a header ends all numbers before it, so a part of the
// journal can be read without what came before, and what a crash has torn costs one line:
//
//   ["audit",version]
//   ["f",file,entry,path,device,inode,headHash,headLength]
//   ["d",destination,group,stream,service]
//   ["r",file,from,to,at,losses]                                      nothing was sent
//   ["r",file,from,to,at,losses,destination,age,requestId,events]     the request began `age` ms before `at`
//
// A range of a journal has its two cursors behind all of these. A range of a batch is about 100 bytes, of a journal 350.
import type { FileId } from '../flow.ts';
import type { DropReason, Loss } from '../report/report.ts';
import { line, payloadOf } from './codec.ts';
import type { CursorSpan, SentBatch, SettledRange } from './settled-range.ts';

const VERSION = 1;
/** Of a range without cursors. */
const PASSED_FIELDS = 6;
const SENT_FIELDS = 10;

/** The file of a range, as it was known then. */
export interface AuditedFile {
  /** Of its checkpoint: no other file of the same state directory has it, unless the state was lost. */
  readonly number: number;
  readonly entry: string;
  readonly path: string;
  readonly id: FileId;
}

/** Where to, without what is of one request. */
export type AuditedDestination = Pick<SentBatch, 'group' | 'stream' | 'service'>;

export const auditHeader = (): string => line(JSON.stringify(['audit', VERSION]));

export function auditFile({ number, entry, path, id }: AuditedFile): string {
  return line(JSON.stringify(['f', number, entry, path, id.device, id.inode, id.headHash, id.headLength]));
}

export function auditDestination(number: number, { group, stream, service }: AuditedDestination): string {
  return line(JSON.stringify(['d', number, group, stream, service]));
}

/** @param destination the number of where it went; not heeded for what was not sent */
export function auditRange(file: number, { from, to, at, sent, losses, cursors }: SettledRange, destination: number): string {
  const lost = losses.map(({ reason, events, bytes }) => [reason, events, bytes]);
  return line(JSON.stringify(['r', file, from, to, at, lost, ...(sent === null ? [] : [destination, at - sent.at, sent.requestId, sent.events]), ...(cursors === undefined ? [] : [cursors.behind, cursors.upTo])]));
}

export interface AuditedRange { readonly file: AuditedFile; readonly range: SettledRange }

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

/** A line of another file's range, by its first characters: a journal is large, and most of it is about other files. */
export function speaksOf(bytes: Buffer, from: number): { readonly kind: 'range'; readonly file: number } | { readonly kind: 'file' | 'other' } {
  // Behind the checksum and a space: `["r",`
  const kind = bytes[from + 11];
  if (kind === 0x66) return { kind: 'file' };
  if (kind !== 0x72) return { kind: 'other' };
  let file = 0;
  for (let at = from + 14; bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) file = file * 10 + bytes[at]! - 0x30;
  return { kind: 'range', file };
}

/** Reads lines one after the other; what is no intact line, or speaks of what was not defined, is counted and left out. Never throws. */
export class AuditReader {
  readonly #files = new Map<number, AuditedFile>();
  readonly #destinations = new Map<number, AuditedDestination>();
  badLines = 0;

  /** Files that were defined so far, since the last header. */
  get files(): Iterable<AuditedFile> { return this.#files.values(); }

  /** The range that bytes [from, to) say, or null: they define something, or are damaged. */
  read(bytes: Buffer, from: number, to: number): AuditedRange | null {
    const payload = payloadOf(bytes, from, to);
    if (!Array.isArray(payload)) { this.badLines++; return null; }
    const fields: readonly unknown[] = payload;
    switch (fields[0]) {
      case 'r': {
        const range = this.#range(fields);
        if (range === null) this.badLines++;
        return range;
      }
      case 'f': if (!this.#file(fields)) this.badLines++; return null;
      case 'd': if (!this.#destination(fields)) this.badLines++; return null;
      case 'audit':
        this.#files.clear();
        this.#destinations.clear();
        return null;
      default: this.badLines++; return null;
    }
  }

  #file([, number, entry, path, device, inode, headHash, headLength]: readonly unknown[]): boolean {
    if (!isCount(number) || typeof entry !== 'string' || typeof path !== 'string' || typeof device !== 'number' || typeof inode !== 'number' || typeof headHash !== 'string' || !isCount(headLength)) return false;
    this.#files.set(number, { number, entry, path, id: { device, inode, headHash, headLength } });
    return true;
  }

  #destination([, number, group, stream, service]: readonly unknown[]): boolean {
    if (!isCount(number) || typeof group !== 'string' || typeof stream !== 'string' || !(service === null || typeof service === 'string')) return false;
    this.#destinations.set(number, { group, stream, service });
    return true;
  }

  #range(fields: readonly unknown[]): AuditedRange | null {
    const [, number, from, to, at, lost] = fields;
    const file = isCount(number) ? this.#files.get(number) : undefined;
    const losses = lossesOf(lost);
    if (file === undefined || losses === null || !isCount(from) || !isCount(to) || !isTime(at)) return null;
    const isSent = fields.length >= SENT_FIELDS;
    const sent = isSent ? this.#sent(fields.slice(PASSED_FIELDS, SENT_FIELDS), at) : null;
    const cursors = cursorsOf(fields.slice(isSent ? SENT_FIELDS : PASSED_FIELDS));
    if (cursors === null || (isSent && sent === null)) return null;
    return { file, range: { from, to, at, sent, losses, ...cursors } };
  }

  #sent([number, age, requestId, events]: readonly unknown[], at: number): SentBatch | null {
    const destination = isCount(number) ? this.#destinations.get(number) : undefined;
    if (destination === undefined || !isTime(age) || !(requestId === null || typeof requestId === 'string') || !isCount(events)) return null;
    return { ...destination, at: at - age, requestId, events };
  }
}

/** What the end of a line says of cursors; null: nothing that can be read. */
function cursorsOf(fields: readonly unknown[]): { readonly cursors?: CursorSpan } | null {
  if (fields.length === 0) return {};
  const [behind, upTo] = fields;
  return fields.length === 2 && typeof behind === 'string' && typeof upTo === 'string' ? { cursors: { behind, upTo } } : null;
}

function lossesOf(value: unknown): readonly Loss[] | null {
  if (!Array.isArray(value)) return null;
  const losses: Loss[] = [];
  for (const one of value as readonly unknown[]) {
    if (!Array.isArray(one)) return null;
    const [reason, events, bytes] = one as readonly unknown[];
    if (typeof reason !== 'string' || !isCount(events) || !isCount(bytes)) return null;
    // A later version may know more reasons: they are shown as they are.
    losses.push({ reason: reason as DropReason, events, bytes });
  }
  return losses;
}
