/** A field of an entry. */
export interface JournalField {
  readonly name: string;
  /** May hold any bytes. */
  readonly value: Buffer;
  /** Bytes of the value that were not kept. */
  readonly cut: number;
}

/** One entry of the journal. */
export interface JournalEntry {
  readonly cursor: string;
  /** When the journal took it, epoch milliseconds. */
  readonly time: number;
  /** Bytes it took in the export format. */
  readonly bytes: number;
  /** In the order of the journal, `__CURSOR` and the other addresses too; a name may occur more than once. */
  readonly fields: readonly JournalField[];
}

/** The field with what was said. */
export const MESSAGE = 'MESSAGE';
const NEWLINE = 10;
const EQUALS = 61;
/** Behind the name of a field whose value may hold a newline: the length of the value, little-endian. */
const LENGTH_BYTES = 8;
/** The journal's own limit of a field's name is 64 characters; a longer line without `=` is none. */
const MAX_NAME_BYTES = 256;
const NOTHING = Buffer.alloc(0);

/** What came is not the export format: the entries behind it cannot be told apart. */
export class ExportFormatError extends Error {}

/** A value that is longer than what is kept of it: so many bytes are passed over (null: those up to the next newline), then the field is complete. */
interface Skipping { readonly name: string; readonly value: Buffer; cut: number; left: number | null }

/**
 * Reads the export format of the journal (`journalctl --output=export`), in whatever pieces it comes. An entry's values are
 * kept up to a bound; what is beyond it is counted in `cut`.
 */
export class ExportEntries {
  readonly #maxBytes: number;
  #pending: Buffer = NOTHING;
  #fields: JournalField[] = [];
  /** Of the entry under way: bytes that came, and bytes that are kept of its message and of the other fields. */
  #bytes = 0;
  #keptOfMessage = 0;
  #keptOfOthers = 0;
  #skipping: Skipping | null = null;

  /** @param maxBytes kept of an entry's message, and of all of its other values. */
  constructor(maxBytes: number) { this.#maxBytes = maxBytes; }

  /** The entries that `chunk` completes. Their values share its memory. @throws ExportFormatError */
  push(chunk: Buffer): readonly JournalEntry[] {
    const entries: JournalEntry[] = [];
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const used = this.#skipping === null ? this.#take(bytes, entries) : this.#pass(bytes, this.#skipping);
      if (used === 0) break;
      this.#bytes += used;
      bytes = bytes.subarray(used);
    }
    this.#pending = bytes;
    return entries;
  }

  /** Takes what stands first in `bytes`: a field, the end of an entry, or nothing yet; gives how many bytes that was. */
  #take(bytes: Buffer, entries: JournalEntry[]): number {
    if (bytes.length === 0) return 0;
    if (bytes[0] === NEWLINE) {
      this.#bytes++;
      if (this.#fields.length > 0) entries.push(this.#entry());
      this.#bytes = -1;
      this.#keptOfMessage = this.#keptOfOthers = 0;
      this.#fields = [];
      return 1;
    }
    const end = bytes.indexOf(NEWLINE);
    const line = end < 0 ? bytes : bytes.subarray(0, end);
    const equals = line.indexOf(EQUALS);
    if (equals >= 0 && equals <= MAX_NAME_BYTES) {
      const name = bytes.toString('latin1', 0, equals);
      const room = this.#roomFor(name);
      if (end >= 0 && end - equals - 1 <= room) return this.#field(name, bytes.subarray(equals + 1, end), 0, end + 1);
      if (bytes.length - equals - 1 <= room) return 0;
      this.#skipping = { name, value: Buffer.from(bytes.subarray(equals + 1, equals + 1 + room)), cut: 0, left: null };
      return equals + 1 + room;
    }
    if (line.length > MAX_NAME_BYTES) throw new ExportFormatError('a line of it is neither a field nor the name of one');
    return end < 0 ? 0 : this.#takeSized(bytes, end);
  }

  /** A field whose value may hold newlines: name, newline, length, value, newline. */
  #takeSized(bytes: Buffer, end: number): number {
    const from = end + 1 + LENGTH_BYTES;
    if (bytes.length < from) return 0;
    const name = bytes.toString('latin1', 0, end);
    const length = Number(bytes.readBigUInt64LE(end + 1));
    if (!Number.isSafeInteger(length)) throw new ExportFormatError(`a field of it is said to have ${length} bytes`);
    const room = this.#roomFor(name);
    if (length > room) {
      if (bytes.length < from + room) return 0;
      this.#skipping = { name, value: Buffer.from(bytes.subarray(from, from + room)), cut: 0, left: length - room };
      return from + room;
    }
    if (bytes.length < from + length + 1) return 0;
    if (bytes[from + length] !== NEWLINE) throw new ExportFormatError('a field of it does not end where it is said to');
    return this.#field(name, bytes.subarray(from, from + length), 0, from + length + 1);
  }

  /** Passes over the rest of a value that is too long. */
  #pass(bytes: Buffer, skipping: Skipping): number {
    if (bytes.length === 0) return 0;
    if (skipping.left === null) {
      const end = bytes.indexOf(NEWLINE);
      const passed = end < 0 ? bytes.length : end;
      skipping.cut += passed;
      return end < 0 ? passed : this.#field(skipping.name, skipping.value, skipping.cut, end + 1);
    }
    if (skipping.left === 0) return this.#field(skipping.name, skipping.value, skipping.cut, 1);
    const passed = Math.min(skipping.left, bytes.length);
    skipping.left -= passed;
    skipping.cut += passed;
    return passed;
  }

  /** No other field takes the message's room. */
  #roomFor(name: string): number { return this.#maxBytes - (name === MESSAGE ? this.#keptOfMessage : this.#keptOfOthers); }

  #field(name: string, value: Buffer, cut: number, used: number): number {
    this.#fields.push({ name, value, cut });
    if (name === MESSAGE) this.#keptOfMessage += value.length;
    else this.#keptOfOthers += value.length;
    this.#skipping = null;
    return used;
  }

  #entry(): JournalEntry {
    const of = (name: string): string | undefined => this.#fields.find((field) => field.name === name)?.value.toString('latin1');
    const cursor = of('__CURSOR');
    const time = Math.floor(Number(of('__REALTIME_TIMESTAMP')) / 1000);
    if (cursor === undefined || Number.isNaN(time)) throw new ExportFormatError('an entry of it has no cursor, or no time');
    return { cursor, time, bytes: this.#bytes, fields: this.#fields };
  }
}
