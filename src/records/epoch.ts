import type { ChunkText } from './chunk-text.ts';
import { noteSpan } from './spans.ts';
import type { Spans } from './spans.ts';
import type { FormatReader } from './timestamp.ts';

const [ZERO, NINE, DOT, UNDERSCORE] = [0x30, 0x39, 0x2e, 0x5f];

/** Formats of times that are numbers since 1970, and how many digits such a number has from September 2001 to November 2286. */
export const EPOCH_DIGITS = { epoch_s: 10, epoch_ms: 13, epoch_us: 16, epoch_ns: 19 } as const;
export type EpochFormat = keyof typeof EPOCH_DIGITS;

export function isEpochFormat(format: string): format is EpochFormat { return Object.hasOwn(EPOCH_DIGITS, format); }

/**
 * Finds and reads times that are numbers: the first number that stands alone (no digit, letter or underscore beside it, no
 * dot before it) and has the digits of its unit. Seconds may have decimals; other numbers with decimals are passed over.
 */
export class EpochParser implements FormatReader {
  readonly #format: EpochFormat;
  previous = Number.NaN;
  matchFrom = -1;
  matchTo = -1;

  constructor(format: EpochFormat) {
    this.#format = format;
  }

  fork(): EpochParser { return new EpochParser(this.#format); }

  parse(bytes: Buffer, from: number, to: number): number {
    if (!this.#find(bytes, from, to)) return Number.NaN;
    this.previous = epochMs(bytes, this.matchFrom, this.matchTo);
    return this.previous;
  }

  found(bytes: Buffer, from: number, to: number): boolean { return this.#find(bytes, from, to); }

  parseAll(text: ChunkText, _reference: number, spans: Spans | null): void {
    const { bytes, from, to, time, count } = text.frames;
    for (let i = 0; i < count; i++) {
      time[i] = this.parse(bytes, from[i]!, to[i]!);
      if (spans !== null) noteSpan(spans, i, time[i]!, this.matchFrom, this.matchTo);
    }
  }

  foundAll(text: ChunkText, out: Uint8Array): void {
    const { bytes, from, to, count } = text.frames;
    for (let i = 0; i < count; i++) out[i] = this.#find(bytes, from[i]!, to[i]!) ? 1 : 0;
  }

  /** A number of n digits covers each n-th byte, so only these are looked at until one is a digit. */
  #find(bytes: Buffer, from: number, to: number): boolean {
    const digits = EPOCH_DIGITS[this.#format];
    const hasDecimals = this.#format === 'epoch_s';
    for (let at = from + digits - 1, done = from; at < to;) {
      if (!isDigit(bytes[at]!)) { at += digits; continue; }
      let first = at;
      while (first > done && isDigit(bytes[first - 1]!)) first--;
      let last = at + 1;
      while (last < to && isDigit(bytes[last]!)) last++;
      const end = hasDecimals ? decimalsEnd(bytes, last, to) : last;
      if (last - first === digits && bytes[first] !== ZERO && (first === from || !isBeside(bytes[first - 1]!, true)) && isEnd(bytes, end, to)) {
        this.matchFrom = first;
        this.matchTo = end;
        return true;
      }
      done = last;
      at = last + digits;
    }
    return false;
  }
}

/**
 * Milliseconds of a number of seconds (10 digits), milliseconds (13), microseconds (16) or nanoseconds (19), told apart by
 * its digits, with or without decimals. NaN for any other text.
 */
export function epochMs(bytes: Buffer, from: number, to: number): number {
  let digits = 0;
  let time = 0;
  for (; from + digits < to && isDigit(bytes[from + digits]!); digits++) {
    if (digits < 13) time = time * 10 + bytes[from + digits]! - ZERO;
  }
  const end = decimalsEnd(bytes, from + digits, to);
  if (end !== to || bytes[from] === ZERO || !Object.values<number>(EPOCH_DIGITS).includes(digits)) return Number.NaN;
  if (digits > EPOCH_DIGITS.epoch_s) return time;
  for (let i = 1; i <= 3; i++) time = time * 10 + (from + digits + i < end ? bytes[from + digits + i]! - ZERO : 0);
  return time;
}

/** Behind the decimals of a number whose digits end at `at`. */
function decimalsEnd(bytes: Buffer, at: number, to: number): number {
  if (at + 1 >= to || bytes[at] !== DOT || !isDigit(bytes[at + 1]!)) return at;
  let end = at + 2;
  while (end < to && isDigit(bytes[end]!)) end++;
  return end;
}

/** A dot that ends a sentence is no part of the number before it. */
function isEnd(bytes: Buffer, at: number, to: number): boolean {
  if (at === to) return true;
  return bytes[at] === DOT ? at + 1 === to || !isDigit(bytes[at + 1]!) : !isBeside(bytes[at]!, false);
}

function isBeside(byte: number, before: boolean): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x7a) || byte === UNDERSCORE || byte >= 0x80 || (before && byte === DOT);
}

function isDigit(byte: number): boolean { return byte >= ZERO && byte <= NINE; }
