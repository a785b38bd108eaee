import { CODE_PAGES } from './code-pages.ts';

/** A character encoding that lines can be read in. `name` resolves to the same encoding again. */
export interface Encoding {
  readonly name: string;
  /** Bytes of a code unit: 2 for UTF-16, whose newline has two bytes. */
  readonly unit: 1 | 2;
  readonly bigEndian: boolean;
}

export interface EncodingProblem { readonly problem: string; readonly didYouMean: string | null }

/** Labels the CloudWatch agent passes through undecoded; of these only utf-8 and utf8 mean UTF-8 to WHATWG. */
const UTF8_LABELS: ReadonlySet<string> = new Set(['', 'utf-8', 'utf8', 'utf_8', 'ascii']);
/** IANA's aliases (and the usual short ones) of encodings WHATWG knows under other labels. */
const ALIASES: Readonly<Record<string, string>> = {
  cp936: 'gbk', ms936: 'gbk', 'windows-936': 'gbk', gb18030_2000: 'gb18030', cp932: 'shift_jis', cp949: 'euc-kr', cp950: 'big5', eucjp: 'euc-jp', euckr: 'euc-kr',
  'extended_unix_code_packed_format_for_japanese': 'euc-jp', mac: 'macintosh', macroman: 'macintosh', cp878: 'koi8-r', 'iso-8859-8-e': 'iso-8859-8', 'iso-8859-6-e': 'iso-8859-6', 'iso-8859-6-i': 'iso-8859-6',
};
const SUGGESTED = [
  'utf-8', 'utf-16', 'utf-16le', 'utf-16be', 'ascii', 'latin1', 'iso-8859-1', 'iso-8859-2', 'iso-8859-5', 'iso-8859-15', 'windows-1250', 'windows-1251', 'windows-1252', 'gbk', 'gb2312', 'gb18030',
  'big5', 'shift_jis', 'euc-jp', 'euc-kr', 'iso-2022-jp', 'koi8-r', 'koi8-u', 'macintosh', 'cp437', 'cp850',
];
const SINGLE_BYTE = /^(?:iso-8859-|windows-|koi8-|ibm\d|macintosh$|x-mac-cyrillic$|x-user-defined$)/;

/**
 * The encoding a WHATWG label or IANA name stands for, in any case. `utf-16` is little-endian unless the file begins with
 * the other byte order mark (see `byteOrderMark`); `latin1` is windows-1252, as it is to WHATWG and the CloudWatch agent.
 */
export function resolveEncoding(label: string): Encoding | EncodingProblem {
  const key = label.trim().toLowerCase();
  if (UTF8_LABELS.has(key)) return { name: 'utf-8', unit: 1, bigEndian: false };
  if (key === 'utf-16' || key === 'utf16' || key === 'utf_16') return { name: 'utf-16', unit: 2, bigEndian: false };
  const page = /^(?:cp|ibm|ibm-|cp-)?(?:00)?(\d{3})$/.exec(key);
  if (page !== null && Object.hasOwn(CODE_PAGES, `ibm${page[1]}`)) return { name: `ibm${page[1]}`, unit: 1, bigEndian: false };
  let name: string;
  try {
    name = new TextDecoder(Object.hasOwn(ALIASES, key) ? ALIASES[key] : key).encoding;
  } catch {
    return { problem: `"${label}" is no encoding that can be read`, didYouMean: suggestion(key) };
  }
  return { name, unit: name.startsWith('utf-16') ? 2 : 1, bigEndian: name === 'utf-16be' };
}

/** The byte order mark that bytes[from, to) begin with (0 bytes if none), and the encoding it makes of `utf-16`. Ask at a file's start only. */
export function byteOrderMark(encoding: Encoding, bytes: Buffer, from: number, to: number): { readonly length: number; readonly encoding: Encoding } {
  if (encoding.name === 'utf-8' || encoding.name === 'gb18030') {
    const mark = encoding.name === 'utf-8' ? [0xef, 0xbb, 0xbf] : [0x84, 0x31, 0x95, 0x33];
    const found = from + mark.length <= to && mark.every((byte, i) => bytes[from + i] === byte);
    return { length: found ? mark.length : 0, encoding };
  }
  if (encoding.unit === 1 || from + 2 > to) return { length: 0, encoding };
  const big = bytes[from] === 0xfe && bytes[from + 1] === 0xff;
  const little = bytes[from] === 0xff && bytes[from + 1] === 0xfe;
  if (big && encoding.name === 'utf-16') return { length: 2, encoding: { name: 'utf-16be', unit: 2, bigEndian: true } };
  return { length: (encoding.bigEndian ? big : little) ? 2 : 0, encoding };
}

/** Writes lines of one encoding as UTF-8. What the encoding does not know becomes U+FFFD. Each line stands for itself. */
export class LineDecoder {
  readonly encoding: Encoding;
  /** For single-byte encodings: the UTF-8 of each byte, its length in the highest byte, its first byte in the lowest. */
  readonly #table: Uint32Array | null;
  readonly #decoder: TextDecoder | null;

  constructor(encoding: Encoding) {
    this.encoding = encoding;
    const { name, unit } = encoding;
    this.#table = SINGLE_BYTE.test(name) ? singleByteTable(name) : null;
    this.#decoder = this.#table !== null || unit === 2 || name === 'utf-8' ? null : new TextDecoder(name, { ignoreBOM: true });
  }

  /**
   * Decodes source[from, to), a whole line, to `target` from `at` on; answers the end of what was written.
   * `target` needs 3 * (to - from) + 3 bytes there, and must not overlap the source.
   */
  decode(source: Buffer, from: number, to: number, target: Buffer, at: number): number {
    if (this.#table !== null) return decodeSingle(this.#table, source, from, to, target, at);
    if (this.#decoder !== null) return at + target.write(this.#decoder.decode(source.subarray(from, to)), at, 'utf8');
    return this.encoding.unit === 2 ? decodeUtf16(this.encoding.bigEndian, source, from, to, target, at) : repairUtf8(source, from, to, target, at);
  }
}

/**
 * Copies source[from, to) to `target` from `at` on as valid UTF-8 and answers the end. Each maximal part of a broken code
 * point becomes one U+FFFD, as in WHATWG's decoder. `target` needs 3 * (to - from) bytes and must not overlap the source.
 */
export function repairUtf8(source: Buffer, from: number, to: number, target: Buffer, at: number): number {
  let out = at;
  for (let i = from; i < to;) {
    const lead = source[i]!;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    // The second byte excludes overlong forms, surrogates, and what lies beyond U+10FFFF (Unicode, table 3-7).
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let good = 1;
    while (good < length && i + good < to && source[i + good]! >= (good === 1 ? least : 0x80) && source[i + good]! <= (good === 1 ? most : 0xbf)) good++;
    if (good === length) for (let k = 0; k < good; k++) target[out++] = source[i + k]!;
    else out = put(target, out, 0xfffd);
    i += good;
  }
  return out;
}

/**
 * The largest place in (from, limit] at which bytes can be cut without parting a code point. Bytes that are not UTF-8, or
 * a code point longer than limit - from, are cut at `limit`.
 */
export function codePointCut(bytes: Buffer, from: number, limit: number): number {
  if (limit >= bytes.length) return limit;
  let cut = limit;
  while (cut > from && limit - cut < 3 && (bytes[cut]! & 0xc0) === 0x80) cut--;
  return cut === from || (bytes[cut]! & 0xc0) === 0x80 ? limit : cut;
}

function decodeSingle(table: Uint32Array, source: Buffer, from: number, to: number, target: Buffer, at: number): number {
  let out = at;
  for (let i = from; i < to; i++) {
    const packed = table[source[i]!]!;
    target[out++] = packed & 0xff;
    if (packed < 0x0200_0000) continue;
    target[out++] = (packed >> 8) & 0xff;
    if (packed >= 0x0300_0000) target[out++] = (packed >> 16) & 0xff;
  }
  return out;
}

function decodeUtf16(bigEndian: boolean, source: Buffer, from: number, to: number, target: Buffer, at: number): number {
  const unitAt = (i: number): number => (bigEndian ? (source[i]! << 8) | source[i + 1]! : source[i]! | (source[i + 1]! << 8));
  let out = at;
  let i = from;
  for (; i + 1 < to; i += 2) {
    const unit = unitAt(i);
    if (unit < 0xd800 || unit > 0xdfff) {
      out = put(target, out, unit);
      continue;
    }
    const next = i + 3 < to ? unitAt(i + 2) : 0;
    const paired = unit < 0xdc00 && next >= 0xdc00 && next <= 0xdfff;
    out = put(target, out, paired ? 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : 0xfffd);
    if (paired) i += 2;
    // WHATWG: half a pair and half a unit at the end are one error.
    else if (unit < 0xdc00 && i + 3 === to) return out;
  }
  return i < to ? put(target, out, 0xfffd) : out;
}

function put(target: Buffer, at: number, point: number): number {
  if (point < 0x80) {
    target[at] = point;
    return at + 1;
  }
  if (point < 0x800) {
    target[at] = 0xc0 | (point >> 6);
    target[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  if (point < 0x10000) {
    target[at] = 0xe0 | (point >> 12);
    target[at + 1] = 0x80 | ((point >> 6) & 0x3f);
    target[at + 2] = 0x80 | (point & 0x3f);
    return at + 3;
  }
  target[at] = 0xf0 | (point >> 18);
  target[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  target[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  target[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}

function singleByteTable(name: string): Uint32Array {
  const page = Object.hasOwn(CODE_PAGES, name) ? CODE_PAGES[name]! : null;
  const decoder = page === null ? new TextDecoder(name, { ignoreBOM: true }) : null;
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    const utf8 = Buffer.from(byte < 0x80 && page !== null ? String.fromCharCode(byte) : page?.[byte - 0x80] ?? decoder!.decode(Uint8Array.of(byte)));
    return utf8.reduce((packed, value, i) => packed | (value << (8 * i)), utf8.length << 24);
  });
}

/** The usual encoding whose name is nearest, or null if none is near. */
function suggestion(label: string): string | null {
  const bare = (name: string): string => name.replaceAll(/[^a-z0-9]/g, '');
  const wanted = bare(label.slice(0, 40));
  const ranked = SUGGESTED.map((name) => ({ name, away: distance(wanted, bare(name)) })).sort((a, b) => a.away - b.away);
  return ranked[0]!.away <= 2 && ranked[0]!.away < wanted.length ? ranked[0]!.name : null;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) next.push(Math.min(row[k]! + 1, next[k - 1]! + 1, row[k - 1]! + (a[i - 1] === b[k - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
