import { MAX_LINE } from './line.ts';

export interface LineTaker {
  /** Whole lines. Lent for the call. */
  take(bytes: Buffer, from: number, to: number): void;
  /** A line that is too long, or that never got its end. */
  cut(fault: 'long-line' | 'cut-line'): void;
}

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
/** Bytes of the length before each packet, as DogStatsD's clients send on unix streams. */
const LENGTH_BYTES = 4;

/**
 * The lines of one connection. Where its first bytes are the length of a packet (little-endian, 32 bits: no text begins with two zero bytes), the
 * whole connection is packets with lengths.
 */
export class StreamLines {
  readonly #to: LineTaker;
  /** The beginning of a line or packet whose end has not come. */
  #held: Buffer = NOTHING;
  #framing: 'unknown' | 'lines' | 'lengths' = 'unknown';
  /** Until the end of a line that is too long. */
  #skipping = false;
  /** Bytes of a packet that is too long, still to come. */
  #skipBytes = 0;

  constructor(to: LineTaker) { this.#to = to; }

  take(chunk: Buffer): void {
    if (this.#framing === 'unknown') {
      const bytes = Buffer.concat([this.#held, chunk]);
      if (bytes.length < LENGTH_BYTES) { this.#held = bytes; return; }
      this.#held = NOTHING;
      this.#framing = bytes[2] === 0 && bytes[3] === 0 ? 'lengths' : 'lines';
      if (this.#framing === 'lines') this.#lines(bytes);
      else this.#packets(bytes);
    } else if (this.#framing === 'lines') this.#lines(chunk);
    else this.#packets(Buffer.concat([this.#held, chunk]));
  }

  /** The other side said that this is all. A last line needs no line end. */
  end(): void {
    if (this.#framing !== 'lengths') this.#to.take(this.#held, 0, this.#held.length);
    else if (this.#held.length > 0) this.#to.cut('cut-line');
    this.#held = NOTHING;
  }

  /** The connection broke: what is held may be part of a number. */
  broken(): void {
    if (this.#held.length > 0) this.#to.cut('cut-line');
    this.#held = NOTHING;
  }

  #lines(chunk: Buffer): void {
    let from = 0;
    if (this.#held.length > 0 || this.#skipping) {
      const end = chunk.indexOf(NEWLINE);
      if (end < 0) return this.#hold(chunk);
      if (!this.#skipping) {
        const line = Buffer.concat([this.#held, chunk.subarray(0, end)]);
        this.#to.take(line, 0, line.length);
      }
      this.#held = NOTHING;
      this.#skipping = false;
      from = end + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= from) {
      this.#to.take(chunk, from, last);
      from = last + 1;
    }
    this.#hold(chunk.subarray(from));
  }

  #hold(rest: Buffer): void {
    if (this.#skipping || rest.length === 0) return;
    if (this.#held.length + rest.length <= MAX_LINE) {
      this.#held = Buffer.concat([this.#held, rest]);
      return;
    }
    this.#held = NOTHING;
    this.#skipping = true;
    this.#to.cut('long-line');
  }

  #packets(bytes: Buffer): void {
    let from = Math.min(this.#skipBytes, bytes.length);
    this.#skipBytes -= from;
    while (bytes.length - from >= LENGTH_BYTES) {
      const length = bytes.readUInt32LE(from);
      if (length > MAX_LINE) {
        this.#to.cut('long-line');
        const skipped = Math.min(LENGTH_BYTES + length, bytes.length - from);
        this.#skipBytes = LENGTH_BYTES + length - skipped;
        from += skipped;
        continue;
      }
      if (bytes.length - from - LENGTH_BYTES < length) break;
      this.#to.take(bytes, from + LENGTH_BYTES, from + LENGTH_BYTES + length);
      from += LENGTH_BYTES + length;
    }
    // A copy: what is left of a large chunk would keep all of it.
    this.#held = from < bytes.length ? Buffer.from(bytes.subarray(from)) : NOTHING;
  }
}
