// CBOR (RFC 8949), as far as smithy-rpc-v2-cbor needs it: what JSON can say, and times (tag 1), which are numbers here.
import { serialization } from '../service-error.ts';
import type { Json, JsonObject } from './json.ts';

/** Structures inside one another at most: the API nests six. */
const MAX_DEPTH = 32;
const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const INDEFINITE = 31;
const BREAK = 0xff;

/** Reads one value that fills the buffer. A byte string becomes base64, other numbers than doubles the nearest double. Throws SerializationException. */
export function decodeCbor(bytes: Buffer): Json {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.isAtEnd) throw broken('more than one value');
  return value;
}

/** @param isTime whether the number of a member is epoch seconds, or an array of such. */
export function encodeCbor(value: Json, isTime: (member: string) => boolean): Buffer {
  const parts: Buffer[] = [];
  write(parts, value, false, isTime);
  return Buffer.concat(parts);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) { this.#bytes = bytes; }

  get isAtEnd(): boolean { return this.#at === this.#bytes.length; }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) throw broken(`more than ${MAX_DEPTH} structures inside one another`);
    const first = this.#take(1)[0]!;
    const [major, low] = [first >> 5, first & 31];
    switch (major) {
      case MAJOR.unsigned: return this.#argument(low);
      case MAJOR.negative: return -1 - this.#argument(low);
      case MAJOR.bytes: return this.#string(major, low).toString('base64');
      case MAJOR.text: return this.#string(major, low).toString('utf8');
      case MAJOR.array: return this.#array(low, depth);
      case MAJOR.map: return this.#map(low, depth);
      case MAJOR.tag:
        this.#argument(low);
        return this.value(depth + 1);
      default: return this.#simple(low);
    }
  }

  #array(low: number, depth: number): Json {
    const items: Json[] = [];
    for (let left = this.#count(low); left > 0 && !this.#isBreak(low); left--) items.push(this.value(depth + 1));
    return items;
  }

  #map(low: number, depth: number): JsonObject {
    const members: [string, Json][] = [];
    for (let left = this.#count(low); left > 0 && !this.#isBreak(low); left--) {
      const name = this.value(depth + 1);
      if (typeof name !== 'string') throw broken('a name that is no text');
      members.push([name, this.value(depth + 1)]);
    }
    return Object.fromEntries(members);
  }

  #string(major: number, low: number): Buffer {
    if (low !== INDEFINITE) return this.#take(this.#argument(low));
    const parts: Buffer[] = [];
    while (!this.#isBreak(low)) {
      const first = this.#take(1)[0]!;
      if (first >> 5 !== major || (first & 31) === INDEFINITE) throw broken('a string with parts of another kind');
      parts.push(this.#take(this.#argument(first & 31)));
    }
    return Buffer.concat(parts);
  }

  #simple(low: number): Json {
    switch (low) {
      case 20: return false;
      case 21: return true;
      case 22:
      case 23: return null;
      case 25: return half(this.#take(2).readUInt16BE());
      case 26: return special(this.#take(4).readFloatBE());
      case 27: return special(this.#take(8).readDoubleBE());
      default: throw broken(`the simple value ${low}`);
    }
  }

  /** Length, or number of items: what follows shows whether there are so many. */
  #count(low: number): number { return low === INDEFINITE ? Infinity : this.#argument(low); }

  #isBreak(low: number): boolean {
    if (low !== INDEFINITE || this.#bytes[this.#at] !== BREAK) return false;
    this.#at++;
    return true;
  }

  #argument(low: number): number {
    if (low < 24) return low;
    switch (low) {
      case 24: return this.#take(1)[0]!;
      case 25: return this.#take(2).readUInt16BE();
      case 26: return this.#take(4).readUInt32BE();
      case 27: return Number(this.#take(8).readBigUInt64BE());
      default: throw broken('a length of an unknown kind');
    }
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw broken('it ends within a value');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** What JSON cannot say, as its protocols write it. */
const special = (value: number): Json => (Number.isFinite(value) ? value : String(value));

function half(bits: number): Json {
  const [exponent, fraction, sign] = [(bits >> 10) & 31, bits & 1023, bits & 0x8000 ? -1 : 1];
  if (exponent === 31) return special(fraction === 0 ? sign * Infinity : NaN);
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function write(parts: Buffer[], value: Json, asTime: boolean, isTime: (member: string) => boolean): void {
  if (value === null) parts.push(Buffer.of(0xf6));
  else if (typeof value === 'boolean') parts.push(Buffer.of(value ? 0xf5 : 0xf4));
  else if (typeof value === 'number') {
    const double = Buffer.alloc(9, 0xfb);
    double.writeDoubleBE(value, 1);
    parts.push(...(asTime ? [Buffer.of(0xc1)] : []), double);
  } else if (typeof value === 'string') {
    const text = Buffer.from(value);
    parts.push(head(MAJOR.text, text.length), text);
  } else if (Array.isArray(value)) {
    parts.push(head(MAJOR.array, value.length));
    for (const item of value as readonly Json[]) write(parts, item, asTime, isTime);
  } else {
    const members = Object.entries(value as JsonObject).filter((member): member is [string, Json] => member[1] !== undefined);
    parts.push(head(MAJOR.map, members.length));
    for (const [name, member] of members) {
      write(parts, name, false, isTime);
      write(parts, member, isTime(name), isTime);
    }
  }
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.of((major << 5) | length);
  const bytes = Buffer.alloc(5, (major << 5) | 26);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

const broken = (what: string): Error => serialization(`The request body is not the CBOR that is expected: ${what}`);
