// The inner loops of the hot path, in AssemblyScript (compiled by `npm run kernel` into kernel.generated.ts).
// Everything works on one imported memory, the Arena; columns are described in flow.ts (Frames).
// kernel.ts holds the same two functions in JavaScript: the fallback, and the oracle of the property test.

/** Length of the longest entry of the last `index` call, bytes. */
export let longest: i32 = 0;
/** Source bytes the last `index` call has turned into entries, from its start. */
export let consumed: i32 = 0;
/** Where the last `encode` call stopped writing. */
export let written: i32 = 0;
/** Message bytes plus overhead taken by the last `encode` call. */
export let taken: i32 = 0;

@inline
function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 || byte == 0x0c;
}

/** The newlines among the 64 bytes at `at`, one bit each. */
@inline
function newlinesIn(at: i32, newline: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(v128.load(at), newline)) | <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 16), newline)) << 16
    | <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 32), newline)) << 32 | <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 48), newline)) << 48;
}

/**
 * Cuts [start, limit) at newlines into the three columns. With `joinIndented` a newline ends an entry only when a
 * byte that is no white space follows it; the entry before the last newline then stays open, unless `flush`.
 */
export function index(start: i32, limit: i32, joinIndented: i32, flush: i32, fromCol: i32, toCol: i32, endCol: i32, capacity: i32): i32 {
  const newline = i8x16.splat(0x0a);
  let count = 0, from = start, lastNewline = -1;
  longest = 0;
  let at = start;
  while (at < limit && count < capacity) {
    let mask = newlinesIn(at, newline);
    if (at + 64 > limit) mask &= (<u64>1 << (limit - at)) - 1;
    while (mask != 0) {
      const p = at + <i32>ctz(mask);
      mask &= mask - 1;
      lastNewline = p;
      if (joinIndented && (p + 1 >= limit || isSpace(load<u8>(p + 1)))) continue;
      store<i32>(fromCol + (count << 2), from);
      store<i32>(toCol + (count << 2), p);
      store<i32>(endCol + (count << 2), p + 1 - start);
      const length = p - from;
      if (length > longest) longest = length;
      from = p + 1;
      if (++count == capacity) break;
    }
    at += 64;
  }
  if (joinIndented && flush && count < capacity && lastNewline >= from) {
    store<i32>(fromCol + (count << 2), from);
    store<i32>(toCol + (count << 2), lastNewline);
    store<i32>(endCol + (count << 2), lastNewline + 1 - start);
    const length = lastNewline - from;
    if (length > longest) longest = length;
    from = lastNewline + 1;
    count++;
  }
  consumed = from - start;
  return count;
}

let digitsHigh: u64 = 0, digitsLow: u64 = 0;
let digitsOf: f64 = -1;

@inline
function writeDigits(out: i32, time: f64): void {
  if (time != digitsOf) {
    let rest = <u64>time;
    let text: v128 = i8x16.splat(0x30);
    v128.store(out, text);
    for (let i = 12; i >= 0; i--) {
      store<u8>(out + i, 0x30 + <u8>(rest % 10));
      rest /= 10;
    }
    digitsHigh = load<u64>(out);
    digitsLow = load<u64>(out + 8);
    digitsOf = time;
  }
  store<u64>(out, digitsHigh);
  store<u64>(out + 8, digitsLow);
}

const HEX = memory.data<u8>([0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66]);
/** `,{"timestamp":` padded to 16 bytes. */
const HEAD = memory.data<u8>([0x2c, 0x7b, 0x22, 0x74, 0x69, 0x6d, 0x65, 0x73, 0x74, 0x61, 0x6d, 0x70, 0x22, 0x3a, 0, 0]);
/** `,"message":"` padded to 16 bytes. */
const MIDDLE = memory.data<u8>([0x2c, 0x22, 0x6d, 0x65, 0x73, 0x73, 0x61, 0x67, 0x65, 0x22, 0x3a, 0x22, 0, 0, 0, 0]);

@inline
function escapeByte(out: i32, byte: u32): i32 {
  let short: u32 = 0;
  if (byte == 0x22 || byte == 0x5c) short = byte;
  else if (byte == 0x0a) short = 0x6e;
  else if (byte == 0x09) short = 0x74;
  else if (byte == 0x0d) short = 0x72;
  else if (byte == 0x08) short = 0x62;
  else if (byte == 0x0c) short = 0x66;
  if (short != 0) {
    store<u16>(out, <u16>(0x5c | (short << 8)));
    return out + 2;
  }
  store<u32>(out, 0x3030755c);
  store<u8>(out + 4, load<u8>(HEX + (byte >> 4)));
  store<u8>(out + 5, load<u8>(HEX + (byte & 15)));
  return out + 6;
}

/** For each set of positions among eight bytes the sources of sixteen: byte i is i, and 8, a backslash, goes before those of the set. */
const SPREADS = memory.data(256 * 16, 16);
for (let set = 0; set < 256; set++) {
  let to = SPREADS + (set << 4);
  for (let i = 0; i < 8; i++) {
    if (set & (1 << i)) store<u8>(to++, 8);
    store<u8>(to++, i);
  }
}

/** Writes the eight bytes at `at` with a backslash before those of `set`; writes sixteen bytes in any case. */
@inline
function spread(out: i32, at: i32, set: i32): void {
  v128.store(out, i8x16.swizzle(v128.or(v128.load64_zero(at), i64x2(0, 0x5c5c5c5c5c5c5c5c)), v128.load(SPREADS + (set << 4))));
}

/**
 * Writes entries [first, last) as `,{"timestamp":T,"message":"…"}` from `out` on. Stops before an entry that would
 * exceed `room` (message bytes plus `overhead` each), and before one whose worst case may not fit below `outLimit`.
 * Returns the index of the first entry not written. Times are 13-digit epoch milliseconds.
 */
export function encode(fromCol: i32, toCol: i32, timeCol: i32, first: i32, last: i32, room: i32, overhead: i32, out: i32, outLimit: i32): i32 {
  const quote = i8x16.splat(0x22), backslash = i8x16.splat(0x5c), control = i8x16.splat(0x1f);
  taken = 0;
  let i = first;
  for (; i < last; i++) {
    let at = load<i32>(fromCol + (i << 2));
    const to = load<i32>(toCol + (i << 2));
    const size = to - at + overhead;
    if (taken + size > room || out + 6 * (to - at) + 96 > outLimit) break;
    taken += size;
    v128.store(out, v128.load(HEAD));
    writeDigits(out + 14, load<f64>(timeCol + (i << 3)));
    v128.store(out + 27, v128.load(MIDDLE));
    out += 39;
    while (at + 32 <= to) {
      const a = v128.load(at), b = v128.load(at, 16), least = i8x16.min_u(a, b);
      if (v128.any_true(v128.or(
        v128.or(v128.or(i8x16.eq(a, quote), i8x16.eq(b, quote)), v128.or(i8x16.eq(a, backslash), i8x16.eq(b, backslash))),
        i8x16.eq(i8x16.min_u(least, control), least)))) break;
      v128.store(out, a);
      v128.store(out, b, 16);
      at += 32;
      out += 32;
    }
    // From the first byte to escape on, without a branch for each: they are too irregular to be foretold.
    while (at < to) {
      const text = v128.load(at);
      const marks = v128.or(i8x16.eq(text, quote), i8x16.eq(text, backslash));
      const step = min(to - at, 16);
      let mask = i8x16.bitmask(v128.or(marks, i8x16.eq(i8x16.min_u(text, control), text))) & ((1 << step) - 1);
      if ((mask & ~i8x16.bitmask(marks)) == 0) {
        const low = mask & 0xff;
        spread(out, at, low);
        spread(out + 8 + popcnt(low), at + 8, mask >> 8);
        at += step;
        out += step + popcnt(mask);
        continue;
      }
      v128.store(out, text);
      // Each escape is followed by the rest of the sixteen bytes again, so finding the next one does not wait for a load.
      let shift = out - at;
      while (mask != 0) {
        const special = at + ctz(mask);
        mask &= mask - 1;
        const after = escapeByte(special + shift, load<u8>(special));
        shift = after - (special + 1);
        v128.store(after, v128.load(special + 1));
      }
      at += step;
      out = at + shift;
    }
    store<u16>(out, 0x7d22);
    out += 2;
  }
  written = out;
  return i;
}
