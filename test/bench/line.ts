// The lines of the benchmark. Each ends with a token that says which file it is of, the how manyth, when it was written,
// and what the rest of it must look like:
//
//     … #b|ffff|nnnnnnnnnn|mmmmmmmmmmmmm|cccccccc|
//          file  sequence   epoch ms      crc32 of all before the checksum
import { crc32 } from 'node:zlib';

export const TOKEN_START = Buffer.from('#b|');
const SEQUENCE_AT = 8;
const TIME_AT = 19;
const CHECKSUM_AT = 33;
export const TOKEN_BYTES = 42;
const ZERO = 0x30;
const HEX = Buffer.from('0123456789abcdef');
/** Text of three kinds, in about the shares of a web host: access log, application log with quotes, system log; some of it beyond ASCII. */
const TEXTS = [
  '203.0.113.7 - - [21/Nov/2026:04:05:06 +0000] "GET /cart/items?id=4711&sort=price HTTP/1.1" 200 5316 "https://shop.example/cart" "Mozilla/5.0 (X11; Linux x86_64)" 0.012',
  '{"level":"info","service":"checkout","message":"order accepted","order":{"id":"A-10293","items":3,"total":"59.90"},"customer":"c-5521","trace":"4bf92f3577b34da6a3ce929d0e0e4736","duration_ms":42,"note":"path C:\\\\orders\\\\new \\"express\\""}',
  '198.51.100.23 - - [21/Nov/2026:04:05:06 +0000] "POST /api/v2/orders HTTP/1.1" 201 87 "-" "curl/8.5.0" 0.031',
  'Nov 21 04:05:06 host kernel: eth0: link becomes ready, speed 1000 Mbps',
  '{"level":"warn","service":"search","message":"langsame Anfrage für „Zürich“, 日本語 and 🙂","query_ms":812,"shards":5}',
  'Nov 21 04:05:06 host sshd[812]: Accepted publickey for deploy from 192.0.2.15 port 52114',
].map((text) => Buffer.from(`${text} `));

/** Writes lines into one buffer. Deterministic but for the time. */
export class LineWriter {
  readonly #buffer: Buffer;
  length = 0;

  constructor(capacity: number) { this.#buffer = Buffer.allocUnsafe(capacity); }

  get bytes(): Buffer { return this.#buffer.subarray(0, this.length); }
  clear(): void { this.length = 0; }

  /** Appends a line with its newline; false when it does not fit. */
  add(file: number, sequence: number, epochMs: number): boolean {
    const text = TEXTS[(sequence + file) % TEXTS.length]!;
    const size = text.length + TOKEN_BYTES + 1;
    if (this.length + size > this.#buffer.length) return false;
    const b = this.#buffer;
    const start = this.length;
    text.copy(b, start);
    const token = start + text.length;
    TOKEN_START.copy(b, token);
    hex(b, token + 3, 4, file);
    b[token + 7] = 0x7c;
    digits(b, token + SEQUENCE_AT, 10, sequence);
    b[token + 18] = 0x7c;
    digits(b, token + TIME_AT, 13, epochMs);
    b[token + 32] = 0x7c;
    hex(b, token + CHECKSUM_AT, 8, crc32(b.subarray(start, token + CHECKSUM_AT)));
    b[token + 41] = 0x7c;
    b[token + 42] = 0x0a;
    this.length += size;
    return true;
  }
}

export interface Token { file: number; sequence: number; epochMs: number }

/** Reads the token that begins at `at` into `token`; false when none does. */
export function readToken(bytes: Buffer, at: number, token: Token): boolean {
  if (at + TOKEN_BYTES > bytes.length || bytes[at + 7] !== 0x7c || bytes[at + 18] !== 0x7c || bytes[at + 32] !== 0x7c || bytes[at + 41] !== 0x7c) return false;
  token.file = Number.parseInt(bytes.toString('latin1', at + 3, at + 7), 16);
  token.sequence = number(bytes, at + SEQUENCE_AT, 10);
  token.epochMs = number(bytes, at + TIME_AT, 13);
  return true;
}

/** True if a whole line (without newline) is as it was written. */
export function isIntact(line: string): boolean {
  const bytes = Buffer.from(line);
  const checksumAt = bytes.length - TOKEN_BYTES + CHECKSUM_AT;
  return checksumAt > 0 && crc32(bytes.subarray(0, checksumAt)) === Number.parseInt(bytes.toString('latin1', checksumAt, checksumAt + 8), 16);
}

function digits(b: Buffer, at: number, length: number, value: number): void {
  for (let i = at + length - 1; i >= at; i--) { b[i] = ZERO + (value % 10); value = Math.floor(value / 10); }
}

function hex(b: Buffer, at: number, length: number, value: number): void {
  for (let i = at + length - 1; i >= at; i--) { b[i] = HEX[value & 15]!; value >>>= 4; }
}

function number(b: Buffer, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = 10 * value + (b[i]! - ZERO);
  return value;
}
