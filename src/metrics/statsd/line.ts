import { LARGEST_VALUE } from '../samples.ts';
import { decimal } from './decimal.ts';

/** What a sample is. `h` and DogStatsD's `d` are both histograms. */
export type Kind = 'counter' | 'gauge' | 'set' | 'timing' | 'histogram';

/** Why a line is not taken. */
export type Fault = 'event' | 'service-check' | 'no-name' | 'no-value' | 'no-type' | 'unknown-type' | 'bad-value' | 'bad-rate' | 'bad-time' | 'bad-part' | 'control-byte' | 'long-line' | 'cut-line' | 'long-name';

const COLON = 0x3a;
const BAR = 0x7c;
const AT = 0x40;
const HASH = 0x23;
const [LOWER_C, LOWER_D, LOWER_E, LOWER_G, LOWER_H, LOWER_M, LOWER_S, UPPER_T] = [...Buffer.from('cdeghmsT')] as [number, number, number, number, number, number, number, number];
const SPACE = 0x20;
/** 32-bit FNV-1a. */
const HASH_BASIS = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
/** A UDP packet has less; names and tags that CloudWatch takes are far shorter. */
export const MAX_LINE = 65_536;
const EVENT = Buffer.from('_e{');
const SERVICE_CHECK = Buffer.from('_sc|');
const CARDINALITY = Buffer.from('card:');

const startsWith = (bytes: Buffer, from: number, to: number, prefix: Buffer): boolean =>
  to - from >= prefix.length && bytes.compare(prefix, 0, prefix.length, from, from + prefix.length) === 0;

/**
 * One line of StatsD: `name[,k=v…]:value|type[|@rate][|#tag[:value],…]`, and what else is in use: several `:value|type[|@rate]` for
 * one name, several values for one type (`name:1:2|ms`), and DogStatsD's parts for a timestamp (`|T1656581400`), a container (`|c:…`), external data
 * (`|e:…`) and cardinality (`|card:…`), of which the timestamp alone is used.
 *
 * The columns hold the samples of the line that was read last; they point into its bytes. Nothing is allocated for a line.
 */
export class Line {
  bytes: Buffer = Buffer.alloc(0);
  /** Of the name with the tags that are part of it. */
  nameFrom = 0;
  nameTo = 0;
  /** What stands between `#` and the next bar; empty when both are equal. */
  tagsFrom = 0;
  tagsTo = 0;
  /** Of the bytes of name and tags. */
  hash = 0;
  /** Epoch milliseconds; -1: none. */
  time = -1;
  count = 0;
  readonly kinds: Kind[] = [];
  readonly valueFrom: number[] = [];
  readonly valueTo: number[] = [];
  /** 0 for sets. */
  readonly values: number[] = [];
  /** Above 0, at most 1. */
  readonly rates: number[] = [];

  /** Reads a line that is not empty and has no line end; what the columns hold is of use only when there is no fault. */
  read(bytes: Buffer, from: number, to: number): Fault | null {
    this.bytes = bytes;
    this.count = 0;
    this.time = -1;
    this.nameFrom = from;
    this.tagsFrom = this.tagsTo = 0;
    if (to - from > MAX_LINE) return 'long-line';
    let hash = HASH_BASIS;
    let at = from;
    for (; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === COLON) break;
      if (byte === BAR) return startsWith(bytes, from, to, SERVICE_CHECK) ? 'service-check' : 'no-value';
      if (byte < SPACE) return 'control-byte';
      hash = Math.imul(hash ^ byte, HASH_PRIME);
    }
    this.hash = hash;
    this.nameTo = at;
    if (startsWith(bytes, from, to, EVENT)) return 'event';
    if (at === to) return 'no-value';
    if (at === from) return 'no-name';
    while (at < to) {
      const next = this.#group(bytes, at + 1, to);
      if (typeof next === 'string') return next;
      at = next;
    }
    return null;
  }

  /** Values with one type and what follows it, from behind a colon on: gives the place of the next colon, or of the end. */
  #group(bytes: Buffer, from: number, to: number): number | Fault {
    const first = this.count;
    let at = from;
    for (;;) {
      const start = at;
      at = part(bytes, at, to);
      this.valueFrom[this.count] = start;
      this.valueTo[this.count++] = at;
      if (at === to) return 'no-type';
      if (bytes[at++] === BAR) break;
    }
    const typeFrom = at;
    at = part(bytes, at, to);
    const kind = kindOf(bytes, typeFrom, at);
    if (kind === null) return 'unknown-type';
    let rate = 1;
    while (at < to && bytes[at] === BAR) {
      const start = at + 1;
      if (bytes[start] === AT) {
        at = part(bytes, start, to);
        rate = decimal(bytes, start + 1, at);
        if (!(rate > 0 && rate <= 1 && 1 / rate <= LARGEST_VALUE)) return 'bad-rate';
      } else {
        at = barOrEnd(bytes, start, to);
        const fault = at > start ? this.#aside(bytes, start, at) : null;
        if (fault !== null) return fault;
      }
    }
    for (let sample = first; sample < this.count; sample++) {
      const [start, end] = [this.valueFrom[sample]!, this.valueTo[sample]!];
      const value = kind === 'set' ? 0 : decimal(bytes, start, end);
      if (start === end || !(Math.abs(value) / rate <= LARGEST_VALUE)) return 'bad-value';
      this.kinds[sample] = kind;
      this.values[sample] = value;
      this.rates[sample] = rate;
    }
    return at;
  }

  /** A part that is the whole line's. */
  #aside(bytes: Buffer, from: number, to: number): Fault | null {
    const byte = bytes[from];
    if (byte === HASH) {
      if (this.tagsTo > 0) return 'bad-part';
      this.tagsFrom = from + 1;
      this.tagsTo = to;
      let hash = Math.imul(this.hash ^ BAR, HASH_PRIME);
      for (let at = this.tagsFrom; at < to; at++) {
        if (bytes[at]! < SPACE) return 'control-byte';
        hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME);
      }
      this.hash = hash;
      return null;
    }
    if (byte === UPPER_T) {
      const seconds = decimal(bytes, from + 1, to);
      if (!Number.isSafeInteger(seconds * 1_000) || seconds <= 0) return 'bad-time';
      this.time = seconds * 1_000;
      return null;
    }
    if ((byte === LOWER_C || byte === LOWER_E) && bytes[from + 1] === COLON && from + 1 < to) return null;
    return startsWith(bytes, from, to, CARDINALITY) ? null : 'bad-part';
  }
}

/** The next bar or colon, or the end. */
function part(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== BAR && bytes[at] !== COLON) at++;
  return at;
}

function barOrEnd(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== BAR) at++;
  return at;
}

function kindOf(bytes: Buffer, from: number, to: number): Kind | null {
  if (to - from === 2) return bytes[from] === LOWER_M && bytes[from + 1] === LOWER_S ? 'timing' : null;
  if (to - from !== 1) return null;
  switch (bytes[from]) {
    case LOWER_C: return 'counter';
    case LOWER_G: return 'gauge';
    case LOWER_S: return 'set';
    case LOWER_H: case LOWER_D: return 'histogram';
    default: return null;
  }
}
